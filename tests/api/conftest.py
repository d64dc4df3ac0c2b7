"""Servers and clients for the API tests.

    make && /usr/bin/python3 -m pytest tests/api             against build/release/postern
    POSTERN=build/asan/postern ROUNDS=5 …                    another build, shorter races and durability
    POSTERN_TEST_ARGS="--single-process" …                   more arguments for each server
    POSTERN_URL=http://127.0.0.1:8000 JWT_SECRET=… …         a server that runs already: what needs a process is skipped
"""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "golden"))

import flags  # noqa: E402
from client import Client, Raw  # noqa: E402
from postern import Elsewhere, Server, run  # noqa: E402

SECRET = "a secret of the tests, more than 32 bytes long"
ELSEWHERE = os.environ.get("POSTERN_URL")


@pytest.fixture(scope="session", autouse=True)
def binary():
    if not ELSEWHERE and not Path(flags.BINARY).exists():
        pytest.exit(f"{flags.BINARY} is not there: make it, or name another with POSTERN", returncode=2)


def session_server(tmp_path_factory, name, **more):
    if ELSEWHERE:
        yield Elsewhere(ELSEWHERE)
        return
    server = Server(tmp_path_factory.mktemp(name), *flags.CHEAP_HASHING, *flags.BENCH, **more).start()
    try:
        yield server
        server.stop()
    finally:
        server.kill()


@pytest.fixture(scope="session")
def server(tmp_path_factory, binary):
    """The server of most tests: keys of its own (ES256), cheap hashing, the benchmark's endpoint."""
    yield from session_server(tmp_path_factory, "server")


@pytest.fixture(scope="session")
def secret_server(tmp_path_factory, binary):
    """The same with JWT_SECRET (HS256)."""
    yield from session_server(tmp_path_factory, "secret", secret=SECRET)


@pytest.fixture
def client(server):
    with Client(server) as made:
        yield made


@pytest.fixture
def secret_client(secret_server):
    if not secret_server.secret:
        pytest.skip("the running server's JWT_SECRET is not known")
    with Client(secret_server) as made:
        yield made


@pytest.fixture
def raw(server):
    """raw() is a new connection to `server`."""
    opened = []

    def connect(to=server, **more):
        opened.append(Raw(to, **more))
        return opened[-1]

    yield connect
    for one in opened:
        one.socket.close()


@pytest.fixture
def managed():
    if ELSEWHERE:
        pytest.skip("needs a server of its own")


@pytest.fixture
def start(tmp_path, managed):
    """start(*arguments, secret=…, database=…) is a new server; each ends as promised, or was killed by the test."""
    started = []

    def begin(*arguments, cheap=True, directory=tmp_path, **more):
        hashing = flags.CHEAP_HASHING if cheap else []
        made = Server(directory, *hashing, *arguments, **more)
        started.append(made)
        return made.start()

    yield begin
    failures = []
    for one in started:
        try:
            one.stop()
            one.check_log()
        except AssertionError as error:
            failures.append(error)
        finally:
            one.kill()
    if failures:
        raise failures[0]


@pytest.fixture
def refuses(tmp_path, managed):
    """refuses(*arguments, **environment) runs `postern serve` to its end and gives the one line it complains with."""

    def attempt(*arguments, code=None, listen="127.0.0.1:0", database=None, user=None, **variables):
        given = ["--listen", listen] if listen else []
        given += ["--database", database or f"sqlite:{tmp_path}/postern.db"] if database != "" else []
        done = run("serve", *given, *arguments, user=user, **variables)
        assert done.returncode not in (0, None) and done.returncode > 0, f"exit {done.returncode}: {done}"
        if code is not None:
            assert done.returncode == code, done
        assert done.stdout == "", done
        lines = [line for line in done.stderr.splitlines() if line]
        assert len(lines) == 1, done.stderr
        return lines[0]

    return attempt
