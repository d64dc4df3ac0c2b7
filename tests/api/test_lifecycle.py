"""Start, end, and the death of one of its processes."""

import os
import signal
import statistics
import time

import pytest

import flags
from client import Client, Raw, in_parallel, new_email
from postern import EXTRA, alive

pytestmark = pytest.mark.usefixtures("managed")

split = pytest.mark.skipif(flags.SINGLE_PROCESS in EXTRA, reason="one process alone")
READY = b"GET /health/ready HTTP/1.1\r\nHost: x\r\n"


def register_head(body):
    return b"POST /register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(body)


def register_body():
    return b'{"email":"%s","password":"correct horse"}' % new_email().encode()


def until(holds, seconds=5, step=0.001):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = holds()
        if value:
            return value
        time.sleep(step)
    raise AssertionError(f"not within {seconds} s")


def serves(server):
    try:
        with Client(server, timeout=5) as client:
            return client.get("/health/live").status_code == 200
    except OSError:
        return False


class TestEnd:
    @pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
    def test_a_signal_ends_it_with_exit_0(self, start, name):
        server = start()
        tree = server.processes()
        server.process.send_signal(getattr(signal, name))
        assert server.wait() == 0
        assert not [pid for pid in tree if alive(pid)]

    def test_idle_connections_do_not_delay_the_end(self, start):
        server = start()
        connections = [Raw(server) for _ in range(20)]
        for connection in connections:
            connection.send(READY + b"\r\n")
            assert connection.answer(path="/health/ready").status == 200
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 5
        assert all(connection.closed() for connection in connections)

    def test_what_was_accepted_is_answered(self, start):
        """The server says that it took the head (100 Continue), is told to end, gets the body, answers, ends."""
        server, body = start(), register_body()
        with Raw(server) as connection:
            connection.send(register_head(body) + b"Expect: 100-continue\r\n\r\n")
            assert connection.answer().status == 100
            server.terminate()
            connection.send(body)
            answer = connection.answer("POST", "/register")
            assert answer.status == 201 and answer.closes and connection.closed()
        assert server.wait() == 0

    def test_many_that_were_accepted_are_answered(self, start):
        server = start()
        connections = [(Raw(server), register_body()) for _ in range(32)]
        for connection, body in connections:
            connection.send(register_head(body) + b"Expect: 100-continue\r\n\r\n")
        for connection, _ in connections:
            assert connection.answer().status == 100
        server.terminate()
        for connection, body in connections:
            connection.send(body)
        assert [connection.answer("POST", "/register").status for connection, _ in connections] == [201] * 32
        assert server.wait() == 0

    def test_ready_is_503_while_it_ends(self, start):
        """One request keeps the server from ending while another one, begun before, asks whether it is ready."""
        server, body = start(), register_body()
        with Raw(server) as slow, Raw(server) as asking:
            slow.send(register_head(body) + b"Expect: 100-continue\r\n\r\n")
            assert slow.answer().status == 100
            asking.send(READY + b"\r\n" + READY)
            assert asking.answer(path="/health/ready").status == 200
            server.terminate()
            until(lambda: not accepts(server))
            asking.send(b"\r\n")
            answer = asking.answer(path="/health/ready")
            assert answer.status == 503 and answer.closes
            slow.send(body)
            assert slow.answer("POST", "/register").status == 201
        assert server.wait() == 0

    def test_nothing_new_is_accepted_while_it_ends(self, start):
        server, body = start(), register_body()
        with Raw(server) as slow:
            slow.send(register_head(body) + b"Expect: 100-continue\r\n\r\n")
            assert slow.answer().status == 100
            server.terminate()
            until(lambda: not accepts(server))
            slow.send(body)
            assert slow.answer("POST", "/register").status == 201
        assert server.wait() == 0

    def test_a_request_that_never_ends_does_not_hold_it_for_ever(self, start):
        server = start(*flags.SHUTDOWN_TIMEOUT)
        with Raw(server) as connection:
            connection.send(READY)
            server.terminate()
            assert server.wait() == 0

    def test_it_can_be_started_again_at_once(self, start):
        for _ in range(3):
            server = start()
            assert serves(server)
            server.stop()


def accepts(server):
    try:
        with Raw(server, timeout=1) as connection:
            connection.send(READY + b"Connection: close\r\n\r\n")
            return connection.answer() is not None
    except OSError:
        return False


@split
class TestProcesses:
    def test_are_a_parent_a_keeper_and_a_front(self, start):
        server = start()
        names = sorted(server.processes().values())
        assert names == ["postern", "postern-front", "postern-keeper"]

    def test_a_killed_front_is_replaced(self, start):
        server, times = start(), []
        with Client(server) as client:
            user, token = client.new_user()
        for _ in range(5):
            old = server.role("postern-front")
            before = time.monotonic()
            os.kill(old, signal.SIGKILL)
            until(lambda: old not in server.processes())
            until(lambda: serves(server))
            times.append(time.monotonic() - before)
            assert server.role("postern-front") != old
            with Client(server) as client:
                assert client.me(token).json() == user
                assert client.log_in(user["email"]).status_code == 200
        assert statistics.median(times) < 2, times

    def test_a_killed_front_takes_only_its_connections(self, start):
        server = start()
        keeper, body = server.role("postern-keeper"), register_body()
        with Raw(server) as connection:
            connection.send(register_head(body) + b"Expect: 100-continue\r\n\r\n")
            assert connection.answer().status == 100
            os.kill(server.role("postern-front"), signal.SIGKILL)
            assert connection.answer() is None
        until(lambda: serves(server))
        assert server.role("postern-keeper") == keeper

    def test_a_killed_front_in_the_middle_of_work(self, start):
        """Log-ins are being worked on when the front dies: the keeper's late answers must harm nobody."""
        server = start("--hash-passes", "20", "--hash-memory", "8192", cheap=False)
        with Client(server) as client:
            user = client.register().json()

        def ask(n):
            if n == 0:
                time.sleep(0.05)
                os.kill(server.role("postern-front"), signal.SIGKILL)
                return None
            try:
                with Client(server) as client:
                    return client.log_in(user["email"]).status_code
            except OSError:
                return None

        assert set(in_parallel(8, ask)) <= {None, 200}
        until(lambda: serves(server))
        with Client(server) as client:
            assert client.log_in(user["email"]).status_code == 200

    def test_a_killed_keeper_is_not_served_around(self, start):
        """Without its keeper the service either gets another or ends and says so; it never hangs."""
        server = start()
        old = server.role("postern-keeper")
        os.kill(old, signal.SIGKILL)

        def settled():
            return not server.running() or (old not in server.processes() and serves(server))
        until(settled, seconds=10)
        if server.running():
            with Client(server) as client:
                assert client.register().status_code == 201
        else:
            assert server.process.returncode != 0 and "keeper" in server.log()
            server.kill()

    def test_the_children_do_not_outlive_the_parent(self, start):
        server = start()
        tree = server.processes()
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        until(lambda: not [pid for pid in tree if alive(pid)], seconds=10)

    def test_after_a_kill_of_the_parent_it_can_be_started_again(self, start):
        server = start()
        with Client(server) as client:
            user = client.register().json()
        server.kill()
        with Client(start()) as client:
            assert client.log_in(user["email"]).status_code == 200


@split
@pytest.mark.skipif(flags.NO_SANDBOX in EXTRA, reason="no sandbox was asked for")
@pytest.mark.skipif(os.geteuid() != 0, reason="the processes cannot be looked into by others than root")
class TestConfinement:
    @pytest.mark.parametrize("role", ["postern-front", "postern-keeper"])
    def test_no_new_privileges_and_a_filter(self, start, role):
        import pathlib
        server = start()
        status = pathlib.Path(f"/proc/{server.role(role)}/status").read_text()
        assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status

    def test_the_front_has_not_opened_the_database_key(self, start):
        import pathlib
        server = start()
        opened = [os.readlink(f) for f in pathlib.Path(f"/proc/{server.role('postern-front')}/fd").iterdir()]
        assert not [name for name in opened if name.endswith(".key")]

    def test_the_keeper_has_no_network_socket(self, start):
        import pathlib
        server = start()
        tcp = {line.split()[9] for file in ("tcp", "tcp6") for line in pathlib.Path(f"/proc/net/{file}").read_text().splitlines()[1:]}
        opened = [os.readlink(f) for f in pathlib.Path(f"/proc/{server.role('postern-keeper')}/fd").iterdir()]
        assert not [name for name in opened if name.startswith("socket:[") and name[8:-1] in tcp]


def test_single_process(start):
    server = start(*([] if flags.SINGLE_PROCESS in EXTRA else [flags.SINGLE_PROCESS]))
    assert list(server.processes().values()) == ["postern"]
    with Client(server) as client:
        user, token = client.new_user()
        assert client.me(token).json() == user
