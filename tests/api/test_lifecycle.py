"""Start, end, and the death of one of its processes."""

import contextlib
import os
import re
import signal
import statistics
import subprocess
import time
from pathlib import Path

import pytest

import flags
from client import PASSWORD, Client, Raw, in_parallel, new_email
from postern import EXTRA, alive, command, environment

pytestmark = pytest.mark.usefixtures("managed")

split = pytest.mark.skipif(flags.SINGLE_PROCESS in EXTRA, reason="one process alone")
# Several seconds of waiting, in which a sanitizer would find nothing.
patient = pytest.mark.skipif(os.environ.get("POSTERN_BUILD", "release") in ("asan", "tsan"), reason="waits, and tries no memory")
READY = b"GET /health/ready HTTP/1.1\r\nHost: x\r\n"


def register_head(body):
    return b"POST /register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(body)


def register_body():
    return b'{"email":"%s","password":"correct horse"}' % new_email().encode()


def login_head(body):
    return (b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(body))


def until(holds, seconds=5, step=0.001):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = holds()
        if value:
            return value
        time.sleep(step)
    raise AssertionError(f"not within {seconds} s")


def health(server, path):
    with Client(server, timeout=5) as client:
        return client.get(path).status_code


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


def end_within(server, seconds):
    """The exit code; nothing of the tree is left."""
    tree = server.processes()
    code = server.wait(seconds)
    until(lambda: not [pid for pid in tree if alive(pid)], seconds=10)
    server.check_log()
    return code


class TestSignals:
    def test_one_to_the_whole_group_leaves_nobody_unanswered(self, start):
        """As from a terminal or a supervisor: every process gets it, and the log-ins are in the keeper."""
        server = start("--hash-memory", "8192", "--hash-passes", "30", "--queue-wait", "30s", cheap=False)
        with Client(server) as client:
            email = client.register().json()["email"]
        body = b"username=%s&password=%s" % (email.encode(), PASSWORD.replace(" ", "+").encode())
        connections = [Raw(server, timeout=60) for _ in range(6)]
        for connection in connections:
            connection.send(login_head(body))
            assert connection.answer().status == 100
        for connection in connections:
            connection.send(body)
        os.killpg(server.process.pid, signal.SIGTERM)
        answers = [connection.answer("POST", "/token") for connection in connections]
        assert [answer and answer.status for answer in answers] == [200] * len(connections)
        assert end_within(server, 20) == 0

    def test_whoever_asks_twice_does_not_wait(self, start):
        for pause in (0, 0.001, 0.005, 0.02):
            server = start("--shutdown-timeout", "60s", "--head-timeout", "60s")
            with Raw(server) as connection:     # would be waited for
                connection.send(READY)
                tell_to_end(server)
                time.sleep(pause)
                if flags.SINGLE_PROCESS in EXTRA:
                    connection.send(b"\r\n")
                ask_again(server)
                assert end_within(server, 20) in (0, 1)

    def test_an_echo_of_the_signal_hurries_nobody(self, start):
        """A supervisor may signal the process, and then its group: what was accepted is answered all the same."""
        server = start("--hash-memory", "8192", "--hash-passes", "30", "--queue-wait", "30s", cheap=False)
        with Client(server) as client:
            email = client.register().json()["email"]
        body = b"username=%s&password=%s" % (email.encode(), PASSWORD.replace(" ", "+").encode())
        with Raw(server, timeout=60) as connection:
            connection.send(login_head(body))
            assert connection.answer().status == 100
            connection.send(body)
            tell_to_end(server)
            server.terminate()
            answer = connection.answer("POST", "/token")
            assert answer and answer.status == 200
        assert end_within(server, 20) == 0

    def test_a_hail_of_them_while_it_ends(self, start):
        """A handler that runs when what it touches is gone would show."""
        for one_process in (False, True):
            if flags.SINGLE_PROCESS in EXTRA and not one_process:
                continue
            server = start(*[flags.SINGLE_PROCESS] if one_process and flags.SINGLE_PROCESS not in EXTRA else [])
            ends = server.process.pid if one_process or flags.SINGLE_PROCESS in EXTRA else server.role("postern-front")
            server.terminate()
            with contextlib.suppress(ProcessLookupError):
                while alive(ends) and server.running():
                    os.kill(ends, signal.SIGTERM)
            assert end_within(server, 20) == 0

    @pytest.mark.parametrize("tell", [os.kill, os.killpg])
    def test_at_once_after_the_start(self, tmp_path, managed, tell):
        """From when it listens to signals at all, whatever it is doing then, it ends as it should."""
        for ms in range(0, 31, 2):
            with open(tmp_path / "stderr", "ab") as errors:
                process = subprocess.Popen(
                    command("serve", "--listen", "127.0.0.1:0", "--database", f"sqlite:{tmp_path}/postern.db", *EXTRA, *flags.CHEAP_HASHING),
                    env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True)
            until(lambda: signals(process.pid, "SigBlk", signal.SIGTERM), seconds=20, step=0)
            time.sleep(ms / 1000)
            tell(process.pid, signal.SIGTERM)
            assert process.wait(20) == 0, (ms, (tmp_path / "stderr").read_text())
        assert not re.search("Sanitizer|runtime error|died|impossible", (tmp_path / "stderr").read_text())


def signals(pid, which, number):
    """Is it in that mask of the process (SigBlk: blocked, to be taken in its own time; ShdPnd: not yet taken)?"""
    try:
        mask = re.search(rf"^{which}:\s*([0-9a-f]+)$", Path(f"/proc/{pid}/status").read_text(), re.M)[1]
    except (OSError, TypeError):
        return False
    return bool(int(mask, 16) >> (number - 1) & 1)


def tell_to_end(server):
    """SIGTERM, and it was taken: two that wait are one."""
    server.terminate()
    until(lambda: not signals(server.process.pid, "ShdPnd", signal.SIGTERM), seconds=20)


def ask_again(server):
    """SIGTERM until it ends: what comes within a second of the first is taken for its echo."""
    def ended():
        if server.running():
            server.terminate()
        return not server.running()
    until(ended, seconds=20, step=0.05)


@split
class TestHangs:
    """A process that does nothing any more is no reason for the others to."""

    @patient
    def test_a_front_that_does_not_end_is_ended(self, start):
        server = start("--shutdown-timeout", "500ms")
        os.kill(server.role("postern-front"), signal.SIGSTOP)
        before = time.monotonic()
        server.terminate()
        assert end_within(server, 30) == 1
        assert time.monotonic() - before > 3    # it had its time

    def test_and_at_once_when_asked_twice(self, start):
        server = start("--shutdown-timeout", "60s")
        os.kill(server.role("postern-front"), signal.SIGSTOP)
        tell_to_end(server)
        ask_again(server)
        assert end_within(server, 20) == 1

    @patient
    def test_a_keeper_that_hangs_is_told_to_a_load_balancer(self, start):
        server = start()
        keeper = server.role("postern-keeper")
        until(lambda: health(server, "/health/ready") == 200)
        time.sleep(1.5)     # the front has heard of it
        os.kill(keeper, signal.SIGSTOP)
        try:
            until(lambda: health(server, "/health/ready") == 503, seconds=20, step=0.05)
            assert health(server, "/health/live") == 200
        finally:
            os.kill(keeper, signal.SIGCONT)
        until(lambda: health(server, "/health/ready") == 200, seconds=20, step=0.05)
        with Client(server) as client:
            assert client.register().status_code == 201

    def test_a_log_that_nobody_reads_any_more(self, start):
        """Standard error is a pipe without a reader when the death of a front is to be told."""
        unread = ("import os, signal, sys; r, w = os.pipe(); os.dup2(w, 2); os.close(r);"
                  "signal.signal(signal.SIGPIPE, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])")
        server = start(wrapper=["/usr/bin/python3", "-c", unread])
        for _ in range(2):
            old = server.role("postern-front")
            os.kill(old, signal.SIGKILL)
            until(lambda: old not in server.processes(), seconds=20)
            until(lambda: serves(server), seconds=20)


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
        old = {server.role("postern-keeper"), server.role("postern-front")}
        os.kill(server.role("postern-keeper"), signal.SIGKILL)

        def settled():
            return not server.running() or (not old & set(server.processes()) and serves(server))
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

    def test_after_a_kill_its_place_is_free_for_the_next(self, start):
        """At once, with the same address and database: what the kernel still ends is waited for."""
        server = start()
        for _ in range(4):
            connections = [Raw(server) for _ in range(200)]     # which take time to end
            os.kill(server.process.pid, signal.SIGKILL)
            server = start("--listen", f"127.0.0.1:{server.port}")
            assert serves(server)
            for connection in connections:
                connection.socket.close()


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
