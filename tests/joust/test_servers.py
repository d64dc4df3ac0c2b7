"""The servers of this folder do what they say, and count what they did."""

import http.client
import socket
import threading
import time

import pytest

from servers import BODY, MODES, OTHER_BODY, Bimodal, Fixed, HostileServer, LoggingServer, Stall

REQUEST = b"POST /json HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"


def ask(connection, body=b"hello"):
    connection.request("POST", "/json", body, {"X-Name": "value"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def connect(server):
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)


def drive(server, connections, requests):
    """A closed loop; what each request took, as its client saw it."""
    took = []

    def client():
        connection = connect(server)
        for _ in range(requests):
            begun = time.perf_counter_ns()
            assert ask(connection) == (200, BODY)
            took.append(time.perf_counter_ns() - begun)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def everything(server, requests=1):
    """All bytes that a request, sent so often, is answered with until the server closes or resets."""
    answer = b""
    with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
        sock.sendall(REQUEST * requests)
        try:
            while piece := sock.recv(1 << 16):
                answer += piece
        except ConnectionResetError:
            return answer, "reset"
    return answer, "closed"


def test_logs_every_request():
    with LoggingServer(Fixed(0.001)) as server:
        assert len(drive(server, 5, 20)) == 100
        log = server.log()
        assert len(log) == 100 and server.connections() == 5
        assert {r.connection for r in log} == set(range(5))
        for r in log:
            assert (r.method, r.target, r.body) == ("POST", "/json", b"hello")
            assert ("x-name", "value") in r.headers


def test_never_answers_early_and_tells_the_true_delay():
    with LoggingServer(Fixed(0.020)) as server:
        took = drive(server, 1, 10)
        log = server.log()
    for client_ns, r in zip(took, log, strict=True):
        assert r.wanted_ns == 20_000_000
        assert r.wanted_ns <= r.delay_ns <= client_ns


def test_gives_the_slow_delay_to_its_share():
    with LoggingServer(Bimodal(0.0, 0.002, 0.25, seed=3)) as server:
        drive(server, 1, 400)
        slow = sum(r.wanted_ns == 2_000_000 for r in server.log())
        again = Bimodal(0.0, 0.002, 0.25, seed=3).delays()
        assert slow == sum(next(again) > 0 for _ in range(400))
        assert 60 < slow < 140


def test_nothing_is_answered_in_a_stall():
    with LoggingServer(Fixed(0.001), stall=Stall(after=0.05, seconds=0.2)) as server:
        drive(server, 4, 100)
        log = server.log()
    begins = log[0].arrived_ns + 50_000_000
    assert not [r for r in log if begins <= r.written_ns < begins + 200_000_000]
    stalled = [r for r in log if r.arrived_ns < begins + 200_000_000 <= r.written_ns]
    assert len(stalled) >= 4 and len(log) == 400


def test_stalls_when_told_to():
    with LoggingServer() as server:
        connection = connect(server)
        begun = server.stall(0.2)
        assert ask(connection) == (200, BODY)
        connection.close()
        assert server.log()[0].written_ns >= begun + 200_000_000


def test_a_request_that_was_given_up_is_logged_unwritten():
    with LoggingServer(Fixed(1000)) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as sock:
            sock.sendall(REQUEST)
            sock.shutdown(socket.SHUT_WR)
            assert sock.recv(1) == b""
        assert [r.written_ns for r in server.log()] == [None]


@pytest.mark.parametrize("mode", ["ok", "dribble", "chunked_ok", "hundred_continue", "early_answer", "http10", "until_close",
                                  "says_close", "slow_accept"])
def test_right_in_an_unusual_way(mode):
    with HostileServer(mode) as server:
        connection = connect(server)
        assert [ask(connection) for _ in range(3)] == [(200, BODY)] * 3  # http.client connects anew
        connection.close()
        counts = server.counts()
        assert counts["requests"] == counts["misdeeds"] == counts["good"] == 3
        closing = mode in ("http10", "until_close", "says_close")
        assert counts["closes"] == (3 if closing else 0)
        assert counts["connections"] == (3 if closing else 1)


@pytest.mark.parametrize("mode, begins, ends, how", [
    ("close_early", b"HTTP/1.1 200 OK\r\n", BODY[:len(BODY) // 2], "closed"),
    ("close_in_head", b"HTTP/1.1 200 OK\r\n", b"Content-", "closed"),
    ("close_before", b"", b"", "closed"),
    ("reset_before", b"", b"", "reset"),
    ("wrong_length_short", b"HTTP/1.1 200 OK\r\n", BODY, "closed"),
])
def test_ends_a_connection(mode, begins, ends, how):
    with HostileServer(mode) as server:
        answer, ended = everything(server)
        assert answer.startswith(begins) and answer.endswith(ends) and ended == how
        assert answer == b"" or not answer.endswith(b"\r\n")
        counts = server.counts()
        assert counts["misdeeds"] == 1 and counts["good"] == 0
        assert counts["closes" if how == "closed" else "resets"] == 1


def test_resets_within_an_answer():
    with HostileServer("reset") as server:
        answer, ended = everything(server)
        assert ended == "reset" and not answer.endswith(BODY)
        assert server.counts()["resets"] == 1


@pytest.mark.parametrize("mode, holds", [
    ("endless_headers", b"X-1-1: y\r\n"),
    ("huge_chunk", b"\r\n\r\nffffffffffffffff\r\n"),
    ("bad_chunk", b"\r\n\r\nxyz\r\n"),
    ("bare_lf", b"HTTP/1.1 200 OK\n"),
    ("garbage", b"SSH-2.0"),
    ("wrong_length_long", BODY + b"surplus"),
])
def test_sends_what_is_malformed(mode, holds):
    with HostileServer(mode) as server:
        answer = b""
        with socket.create_connection(("127.0.0.1", server.port), 10) as sock:
            sock.sendall(REQUEST)
            while holds not in answer:
                answer += sock.recv(1 << 16)
        counts = server.counts()
        assert counts["misdeeds"] == counts["requests"] == 1 and counts["closes"] == 0


def test_never_answers():
    with HostileServer("no_answer") as server:
        with socket.create_connection(("127.0.0.1", server.port), 0.2) as sock:
            sock.sendall(REQUEST)
            with pytest.raises(TimeoutError):
                sock.recv(1)
        assert server.counts() == {"connections": 1, "requests": 1, "misdeeds": 1}


def test_lets_nobody_connect():
    with HostileServer("no_accept") as server:
        with pytest.raises(TimeoutError):
            socket.create_connection(("127.0.0.1", server.port), 0.3)
        assert not server.counts()


def test_alternates():
    with HostileServer("alternating") as server:
        connection = connect(server)
        assert [ask(connection)[0] for _ in range(6)] == [200, 500] * 3
        connection.close()
        counts = server.counts()
        assert (counts["good"], counts["statuses"]) == (3, 3)


def test_every_tenth_body_is_another():
    with HostileServer("wrong_body") as server:
        connection = connect(server)
        assert [ask(connection)[1] for _ in range(20)] == ([BODY] * 9 + [OTHER_BODY]) * 2
        connection.close()
        counts = server.counts()
        assert (counts["good"], counts["bodies"]) == (18, 2)


def test_misbehaves_only_as_often_as_asked():
    with HostileServer("close_before", every=3, good_first=2) as server:
        seen = []
        for _ in range(11):
            answer, _ = everything_of_one(server)
            seen.append(bool(answer))
        assert seen == [True, True] + [True, True, False] * 3
        counts = server.counts()
        assert (counts["requests"], counts["misdeeds"], counts["good"], counts["closes"]) == (11, 3, 8, 3)


def everything_of_one(server):
    """The answer to one request on a connection of its own, and whether it was whole."""
    connection = connect(server)
    try:
        return ask(connection)
    except http.client.RemoteDisconnected:
        return None, None
    finally:
        connection.close()


def test_every_mode_says_what_it_is():
    assert all(mode.__doc__ for mode in MODES.values())
