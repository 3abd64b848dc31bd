"""What a failed connection means: every fault of the network as a Problem."""

import errno
import ssl

import aiohttp
from connector_sdk import Problem

from stripe_connector.client.answer import Fault


class DroppedError(Exception):
    """The connection ended before an answer came."""


def fault_of(error: Exception, place: str, proxy: str, seconds: tuple[float, float]) -> Fault:
    """The fault behind an exception of aiohttp. `place` and `proxy` are host and port without
    credentials, `seconds` what connecting and a whole attempt may take."""
    connect, whole = seconds
    match error:
        case aiohttp.ClientHttpProxyError():
            return Fault(proxy_refused(proxy, error.status), sent=False)
        case aiohttp.ClientProxyConnectionError():
            return _unsent(
                "proxy_unreachable",
                f"The proxy {proxy} can't be reached{_reason(error.os_error)}.",
                "Check the setting 'proxy' of the connection, and that the proxy runs.",
            )
        case aiohttp.ClientConnectorDNSError():
            return _unsent(
                "unknown_host",
                f"The name of {place} could not be resolved.",
                "Check the address for a slip, and the DNS and network of this machine.",
            )
        case aiohttp.InvalidURL() | UnicodeError():
            return _unsent(
                "invalid_host",
                f"The way to {place} leads over a name that no host can have.",
                "Check the settings 'address' and 'proxy' of the connection for a slip.",
            )
        case aiohttp.ClientConnectorCertificateError():
            return _unsent(
                "tls_certificate",
                f"The certificate of {place} was refused: {_certificate_fault(error)}.",
                "Check the address and this machine's clock. Where a proxy of your network opens "
                "TLS, name its authority in the environment variable SSL_CERT_FILE.",
            )
        case aiohttp.ClientSSLError():
            return _unsent(
                "tls_failed",
                f"No TLS connection to {place} came about{_reason(error.os_error)}.",
                "Check that the address begins with http:// where the server speaks no TLS, and "
                "that no proxy or firewall stands between.",
            )
        case aiohttp.ClientConnectorError():
            return _no_connection(error, place)
        case aiohttp.ConnectionTimeoutError():
            return _unsent(
                "connect_timeout",
                f"No connection to {place} came about within {connect:g} seconds.",
                "Check the network and its firewall, or set a proxy on the connection.",
            )
        case TimeoutError():
            return _perhaps_sent(
                "no_answer",
                f"{place} did not answer within {whole:g} seconds.",
                "Try again later, or raise the setting 'timeout' of the connection.",
            )
        case aiohttp.ClientResponseError():
            return _perhaps_sent(
                "not_http",
                f"What {place} answered is not HTTP.",
                "Check the address and the proxy of the connection.",
            )
    return _perhaps_sent(
        "connection_dropped",
        f"The connection to {place} was dropped before the answer was complete.",
        "Check the network between here and there, then go on.",
    )


def proxy_refused(proxy: str, status: int) -> Problem:
    """The Problem of a proxy that declines, or wants its own credentials (407)."""
    remedy = (
        "Give the proxy's user and password in the setting 'proxy' of the connection."
        if status == 407
        else "Ask who runs the proxy to let this address through, or correct the address."
    )
    return Problem(
        "proxy_refused",
        f"The proxy {proxy} declined to connect (status {status}).",
        remedy,
        status=status,
    )


def _no_connection(error: aiohttp.ClientConnectorError, place: str) -> Fault:
    if error.os_error.errno == errno.ECONNREFUSED:
        return _unsent(
            "connection_refused",
            f"{place} refused the connection: nothing listens there.",
            "Check the address and its port, and start the sandbox where it should answer.",
        )
    return _unsent(
        "connection_failed",
        f"No connection to {place} came about{_reason(error.os_error)}.",
        "Check the network and its firewall, or set a proxy on the connection.",
    )


def _unsent(code: str, message: str, remedy: str) -> Fault:
    return Fault(Problem(code, message, remedy), sent=False)


def _perhaps_sent(code: str, message: str, remedy: str) -> Fault:
    return Fault(Problem(code, message, remedy), sent=True)


def _certificate_fault(error: aiohttp.ClientConnectorCertificateError) -> str:
    inner = error.certificate_error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return inner.verify_message
    return "it can't be checked"


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f" ({error.reason.lower().replace('_', ' ')})" if error.reason else ""
    if error.errno == errno.ECONNREFUSED:
        return " (connection refused)"
    return f" ({error.strerror})" if error.errno and error.strerror else ""
