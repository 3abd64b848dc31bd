import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from connector_sdk import MemoryHost, Problem, SettingError, UncertainError, UnreachableError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from stripe_connector.catalogue import load
from stripe_connector.client import Client, Retry, Settings

from tests.stripe_connector.client.loopback import Reply, loopback


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def _fault(address: str, proxy: str = "", timeout: float = 5.0) -> Problem:
    """The Problem of a write with a key, which stays surely undone."""
    settings = Settings("sk_test_x", address=address, proxy=proxy, timeout=timeout)
    async with Client(settings, MemoryHost(), Retry(retries=1, first=0.001)) as client:
        with pytest.raises(UnreachableError) as caught:
            await client.send(load().api_calls["customers.create"], {}, key="k")
        assert "secret" not in str(caught.value)
        assert caught.value.problem.remedy
        return caught.value.problem


async def test_a_port_where_nothing_listens() -> None:
    port = _free_port()
    problem = await _fault(f"http://127.0.0.1:{port}")
    assert problem.code == "connection_refused"
    assert f"127.0.0.1:{port}" in problem.message


async def test_a_name_that_does_not_exist() -> None:
    problem = await _fault("https://nowhere.invalid")
    assert problem.code == "unknown_host"
    assert "nowhere.invalid" in problem.message


@pytest.mark.parametrize("host", ["a..b", "a" * 70 + ".invalid", "1.2.3.4.5"])
async def test_a_name_that_no_host_can_have(host: str) -> None:
    assert (await _fault(f"http://{host}")).code == "invalid_host"
    assert (await _fault("https://api.stripe.com", f"http://{host}:3128")).code == "invalid_host"


async def test_a_proxy_where_nothing_listens() -> None:
    port = _free_port()
    for address in ("https://api.stripe.com", "http://127.0.0.1:1"):
        problem = await _fault(address, f"http://user:secret@127.0.0.1:{port}")
        assert problem.code == "proxy_unreachable"
        assert f"127.0.0.1:{port}" in problem.message


@pytest.mark.parametrize("address", ["https://api.stripe.com", "http://127.0.0.1:1"])
async def test_a_proxy_that_wants_other_credentials(address: str) -> None:
    async with loopback(Reply(407, b"<html>who?")) as proxy:
        problem = await _fault(address, f"http://user:secret@127.0.0.1:{proxy.port}")
    assert (problem.code, problem.status) == ("proxy_refused", 407)
    assert "user and password" in problem.remedy
    assert proxy.seen[0].headers["proxy-authorization"].startswith("Basic ")


async def test_a_proxy_that_does_not_let_through() -> None:
    async with loopback(Reply(403, b"no")) as proxy:
        problem = await _fault("https://api.stripe.com", proxy.address)
    assert (problem.code, problem.status) == ("proxy_refused", 403)
    assert proxy.seen[0].target == "api.stripe.com:443"


async def test_a_proxy_that_works() -> None:
    async with loopback() as proxy:
        settings = Settings("sk_test_x", address="http://elsewhere.invalid", proxy=proxy.address)
        async with Client(settings, MemoryHost()) as client:
            await client.send(load().api_calls["balance.retrieve"], {})
    assert proxy.seen[0].target == "http://elsewhere.invalid/v1/balance"


@pytest.mark.parametrize("proxy", ["nonsense", "socks5://user:secret@h:1", "http://", "http://h:x"])
def test_a_proxy_that_is_none(proxy: str) -> None:
    with pytest.raises(SettingError) as caught:
        Client(Settings("sk_test_x", proxy=proxy), MemoryHost())
    assert caught.value.problem.code == "invalid_proxy"
    assert "secret" not in str(caught.value)


async def test_tls_towards_a_server_that_speaks_none() -> None:
    async with loopback("HTTP/1.1 400 no\r\n\r\n") as served:
        problem = await _fault(f"https://127.0.0.1:{served.port}")
    assert problem.code == "tls_failed"


@asynccontextmanager
async def _tls_server(folder: Path) -> AsyncIterator[int]:
    """A server whose certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    async with _tls_server(tmp_path) as port:
        problem = await _fault(f"https://localhost:{port}")
    assert problem.code == "tls_certificate"
    assert "self-signed certificate" in problem.message
    assert "SSL_CERT_FILE" in problem.remedy


async def test_a_port_that_accepts_but_never_connects() -> None:
    """A full backlog: connecting is never answered."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(0)
        port = taken.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            problem = await _fault(f"http://127.0.0.1:{port}", timeout=0.1)
        finally:
            for filler in fillers:
                filler.close()
    assert problem.code == "connect_timeout"


async def test_what_is_not_http() -> None:
    async with loopback("SSH-2.0-server\r\n") as served:
        settings = Settings("sk_test_x", address=served.address, retries=0)
        async with Client(settings, MemoryHost()) as client:
            with pytest.raises(UncertainError) as caught:
                await client.send(load().api_calls["customers.create"], {}, key="k")
    assert caught.value.problem.code == "not_http"
