"""Counts are those of the server's log, delays those that it gave, connections those that the kernel knows."""

import os
import statistics

import pytest

from joust import ASKED_BEFORE, SHORT, histogram_of, target
from servers import BODY, Bimodal, Fixed, HostileServer, LoggingServer

MS = 1_000_000
ESTABLISHED = "01"


def counted(result, name, server, asked_before=ASKED_BEFORE):
    """Every request that the server has seen was sent by joust, and the other way round."""
    log = server.log()
    assert result.sent(name) + asked_before == len(log)
    return log


# --- Counts ---


@pytest.mark.parametrize("requests, blocks, connections, threads", [
    (1000, 4, 10, 1), (1003, 7, 10, 3), (38, 5, 7, 3), (1, 2, 1, 1), (2, 2, 16, 3), (5003, 3, 11, 3),
])
def test_as_many_requests_as_asked(joust, requests, blocks, connections, threads):
    if requests < blocks:
        run = joust.short("-n", requests, "--blocks", blocks, "a=http://127.0.0.1:1/")
        assert run.status == 2 and "less than one" in run.stderr
        return
    with LoggingServer() as a, LoggingServer(Fixed(0.001)) as b:
        run = joust.short("-n", requests, "--blocks", blocks, "-c", connections, "-t", threads,
                          target("a", a), target("b", b))
        assert run.status == 0, run
        for name, server in ("a", a), ("b", b):
            assert run.result.outcomes(name) == {"correct": requests}
            assert run.result.latency(name).count == requests
            per_block = [sum(r["steps"][0]["outcomes"].values()) for r in run.result.rounds(name)]
            assert len(per_block) == blocks and max(per_block) - min(per_block) <= 1
            assert all(r["connections_established"] == connections for r in run.result.rounds(name))
            log = counted(run.result, name, server)
            assert server.connections() == ASKED_BEFORE + connections * blocks
            assert len({r.connection for r in log}) <= server.connections()


@pytest.mark.parametrize("connections, threads", [(1, 1), (9, 2)])
def test_for_a_time(joust, connections, threads):
    with LoggingServer(Fixed(0.001)) as server:
        run = joust.short("-d", "600ms", "--blocks", 3, "-c", connections, "-t", threads, target("a", server))
        assert run.status == 0, run
        log = counted(run.result, "a", server)
    measured = run.result.outcomes("a")
    assert set(measured) == {"correct"} and measured["correct"] <= len(log)
    completed = sum(s["completed"] for s in run.result.steps("a"))
    assert abs(completed - measured["correct"]) <= connections * 3  # what is under way at both ends
    for r in run.result.rounds("a"):
        assert r["window_ns"] >= 200 * MS


@pytest.mark.parametrize("threads", [1, 3])
def test_at_a_rate(joust, threads):
    rate = 700
    with LoggingServer(Fixed(0.002)) as server:
        run = joust.short("-d", "600ms", "-c", 20, "-t", threads, "--rate", rate,
                          target("a", server), allow=("tail", "rate"))
        assert run.status == 0, run
        log = counted(run.result, "a", server)
    assert run.result.outcomes("a") == {"correct": run.result.sum("due", "a")}
    for r in run.result.rounds("a"):
        assert abs(r["due"] - rate * r["window_ns"] / 1e9) <= threads
    assert len(log) >= run.result.sum("due", "a")


def test_a_count_at_a_rate(joust):
    with LoggingServer() as server:
        run = joust.short("-n", 301, "-c", 5, "-t", 2, "--rate", 1500, target("a", server), allow=("tail", "rate"))
        assert run.status == 0, run
        assert run.result.outcomes("a") == {"correct": 301}
        counted(run.result, "a", server)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_connection_for_each_request(joust, threads):
    with LoggingServer() as server:
        run = joust.short("-n", 203, "-c", 5, "-t", threads, "--no-keepalive", target("a", server))
        assert run.status == 0, run
        assert run.result.outcomes("a") == {"correct": 203}
        log = counted(run.result, "a", server)
        assert server.connections() == len(log) == len({r.connection for r in log})
        assert all(("connection", "close") in r.headers for r in log)


def by_connection(log):
    requests = {}
    for r in log:
        requests.setdefault(r.connection, []).append(r)
    return requests


def asks_to_close(request):
    return ("connection", "close") in request.headers


@pytest.mark.parametrize("each", [1, 4, 101, 1000])
def test_so_many_requests_on_a_connection(joust, each):
    """Two visits by one connection at a time: the last may end before it is due."""
    visits = [102, 101]
    with LoggingServer() as server:
        run = joust.short("-n", sum(visits), "-c", 1, "--settle", 0, "--requests-per-connection", each, target("a", server))
        assert run.status == 0, run
        log = counted(run.result, "a", server)
        assert server.connections() == ASKED_BEFORE + sum(-(-visit // each) for visit in visits)
    assert run.result.outcomes("a") == {"correct": sum(visits)}
    assert run.result.sum("reconnects", "a") == 0
    assert run.result.tree["requests_per_connection"] == each
    loaded = [requests for number, requests in sorted(by_connection(log).items()) if number >= ASKED_BEFORE]
    full, rest = divmod(visits[0], each)
    assert [len(requests) for requests in loaded][:full + bool(rest)] == [each] * full + [rest] * bool(rest)
    for requests in loaded:
        assert [asks_to_close(r) for r in requests] == [i + 1 == each for i in range(len(requests))]


@pytest.mark.parametrize("threads, how", [(1, ["-n", 1203]), (2, ["-n", 1203]), (2, ["-d", "300ms", "--rate", 900])])
def test_many_connections_that_are_renewed(joust, threads, how):
    with LoggingServer() as server:
        run = joust.short(*how, "-c", 5, "-t", threads, "--requests-per-connection", 3, "-b", '{"n":{{seq}}}',
                          target("a", server), allow=(*SHORT, "rate"))
        assert run.status == 0, run
        log = counted(run.result, "a", server, asked_before=2)
        accepted = server.connections()
    assert set(run.result.outcomes("a")) == {"correct"} and run.result.sum("reconnects", "a") == 0
    loaded = [requests for number, requests in by_connection(log).items() if number >= 2]
    cut = [requests for requests in loaded if len(requests) < 3]
    assert max(map(len, loaded)) == 3 and len(cut) <= 5 * 2  # a visit ends with five under way at most
    assert accepted - 2 - len(loaded) <= 5 * 2  # opened and never asked
    assert all([asks_to_close(r) for r in requests] == [False, False, True][:len(requests)] for requests in loaded)


def test_what_the_server_closes_before_is_a_reconnect(joust):
    """Of 100 requests a visit: five, which end the connection as asked, then two, of which the server ends the second; but the
    105th request is the fifth of the second visit's first connection, and the end of both."""
    with HostileServer("says_close", every=7, good_first=ASKED_BEFORE) as server:
        run = joust.short("-n", 200, "-c", 1, "--settle", 0, "--requests-per-connection", 5, target("a", server))
        counts = server.counts()
    assert run.status == 0, run
    assert run.result.outcomes("a") == {"correct": 200}
    assert counts["misdeeds"] == 28 and run.result.sum("reconnects", "a") == 27


@pytest.mark.parametrize("mode, outcome", [("close_before", "reset"), ("alternating", "status"), ("wrong_body", "body")])
def test_servers_that_fail(joust, mode, outcome):
    """Two of ten requests, by one connection, so that a block of ten has two wherever it begins."""
    every = {"close_before": 5, "alternating": 5, "wrong_body": 1}[mode]
    period = {"close_before": 5, "alternating": 10, "wrong_body": 10}[mode]
    with HostileServer(mode, every=every, good_first=ASKED_BEFORE) as server:
        run = joust.short("-n", 40 * period, "-c", 1, target("a", server))
        assert run.status == 5, run
        assert run.result.outcomes("a") == {"correct": 40 * (period - 1), outcome: 40}
        assert run.result.broken() == {"failures"}
        counts = server.counts()
    assert run.result.sent("a") + ASKED_BEFORE == counts["requests"]


def test_what_was_asked(joust):
    """The request that the log has is the one of the command line, each time."""
    with LoggingServer() as server:
        run = joust.short("-n", 50, "-c", 3, "-b", '{"n":{{seq}},"r":"{{random}}"}',
                          "-H", "X-Name: value-{{connection}}", "-X", "PUT",
                          target("a", server, "/path?q=1"))
        assert run.status == 0, run
        log = counted(run.result, "a", server, asked_before=2)  # answers to requests that differ are asked for once
    assert {(r.method, r.target) for r in log} == {("PUT", "/path?q=1")}
    assert all(("content-type", "application/json") in r.headers for r in log)
    assert {dict(r.headers)["x-name"] for r in log} == {f"value-{i}" for i in range(3)}
    loaded = [r.body for r in log[2:]]
    assert len(set(loaded)) == len(loaded)
    assert all(r.startswith(b'{"n":') and r.endswith(b'"}') for r in loaded)


# --- Connections ---


def connections_of(port):
    """The clients of a server, as the kernel has them, on the server's side."""
    with open("/proc/net/tcp") as table:
        rows = (line.split() for line in table if f":{port:04X} " in line)
        return {row[2] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == ESTABLISHED}


def sockets_of(pid):
    held = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        try:
            held.add(os.readlink(entry.path))
        except FileNotFoundError:
            pass
    return {name for name in held if name.startswith("socket:")}


def at_once(look, what):
    """What is in both of two looks was there between them: one alone is no moment."""
    return len(look(what) & look(what))


def test_the_kernel_counts_as_many_connections(joust):
    with LoggingServer(Fixed(0.002)) as server:
        held, connected = [0], [0]
        with joust.begin("-d", "1.6s", "--blocks", 2, "--warm-up", 0, "-c", 37, "-t", 3, target("a", server)) as running:
            while running.is_running() and server.connections() <= ASKED_BEFORE:
                continue  # the do-nothing server is driven with as many
            while running.is_running():
                held.append(at_once(sockets_of, running.process.pid))
                connected.append(at_once(connections_of, server.port))
            run = running.end()
        assert server.connections() == ASKED_BEFORE + 2 * 37
    assert max(held) == max(connected) == 37
    assert [r["connections_established"] for r in run.result.rounds("a")] == [37, 37]
    assert not connections_of(server.port)


# --- Delays ---


def true_quantile(sorted_ns, q):
    return sorted_ns[-int(-q * len(sorted_ns) // 1) - 1]


def delays_beside_log(joust, delay):
    """By how much mean, p50 and p99 are off, as parts of what may be; how late the server itself was at its p99."""
    with LoggingServer(delay) as server:
        run = joust("--warm-up", 0, "--settle", 0, "--blocks", 2, "--allow", ",".join(SHORT), "-d", "600ms", "-c", 6,
                    target("a", server))
        assert run.status == 0, run
        requests = server.log()[ASKED_BEFORE:]
    log = sorted(r.delay_ns for r in requests)
    histogram = run.result.latency("a")
    found = histogram.mean_ns, histogram.quantile_ns(0.5), histogram.quantile_ns(0.99)
    true = statistics.mean(log), true_quantile(log, 0.5), true_quantile(log, 0.99)
    late = true_quantile(sorted(r.delay_ns - r.wanted_ns for r in requests), 0.99)
    return [abs(f - t) / max(0.01 * t, 0.3 * MS) for f, t in zip(found, true)], late


def medians(runs):
    """Of mean, p50 and p99, those of the five runs in which the server was least late."""
    best = sorted(runs, key=lambda run: run[1])[:5]
    return [statistics.median(errors) for errors in zip(*(errors for errors, _ in best))]


@pytest.mark.parametrize("delay", [Fixed(0.020), Bimodal(0.020, 0.060, 0.10, seed=5)], ids=["fixed", "bimodal"])
def test_delays_are_those_of_the_log(joust, delay):
    runs = [delays_beside_log(joust, delay) for _ in range(5)]
    if max(medians(runs)) > 1:  # a machine may be busy once
        runs += [delays_beside_log(joust, delay) for _ in range(5)]
    late = sorted(late for _, late in runs)[4]
    if max(medians(runs)) > 1 and late > MS:
        pytest.skip(f"this machine is too busy: the server itself was {late / MS:.1f} ms late")
    assert max(medians(runs)) <= 1, runs


def test_figures_are_those_of_the_histograms(joust):
    with LoggingServer(Bimodal(0.002, 0.006, 0.10, seed=5)) as server:
        run = joust.short("-d", "600ms", "-c", 8, target("a", server))
        assert run.status == 0, run
    found, told = run.result.latency("a"), run.result.analysis("a")
    assert told["p99_ns"]["value"] == pytest.approx(found.quantile_ns(0.99), rel=1e-9)
    medians = [histogram_of(r["steps"][0]["latency"]).quantile_ns(0.5) for r in run.result.rounds("a")]
    assert 0.999 * min(medians) <= told["p50_ns"]["value"] <= 1.001 * max(medians)
    completed = sum(s["completed"] for s in run.result.steps("a"))
    seconds = run.result.sum("window_ns", "a") / 1e9
    assert told["throughput_requests_per_second"]["value"] == pytest.approx(completed / seconds, rel=0.02)


# --- A stall ---

STALL_S, CONNECTIONS, RATE = 0.6, 16, 400


def stalled(joust, *words):
    """The second of two windows has a stall in it."""
    with LoggingServer(Fixed(0.001)) as server:
        with joust.begin("-d", "2.4s", "--blocks", 2, "--warm-up", 0, "--settle", "50ms", "-c", CONNECTIONS,
                         "--allow", "tail,little,rate", *words, target("a", server)) as running:
            running.wait_for("block 1/2")
            assert running.goes_on_for(0.3)
            began = server.stall(STALL_S)
            run = running.end()
        log = server.log()
    assert run.status == 0, run
    waiting = sum(r.arrived_ns < began + STALL_S * 1e9 <= r.written_ns for r in log)
    assert waiting >= CONNECTIONS
    return run.result


def test_the_open_loop_sees_a_stall(joust):
    due = RATE * STALL_S / 2
    for _ in range(2):  # a machine may be busy once
        result = stalled(joust, "--rate", RATE)
        late = result.latency("a").at_least(STALL_S / 2 * 1e9)
        if abs(late - due) <= 0.2 * due:
            break
    assert late == pytest.approx(due, rel=0.2)
    assert result.latency("a").quantile_ns(0.99) >= STALL_S / 2 * 1e9
    assert result.outcomes("a") == {"correct": result.sum("due", "a")}


def test_the_closed_loop_hides_it(joust):
    result = stalled(joust)
    late = result.latency("a").at_least(STALL_S / 2 * 1e9)
    assert 1 <= late <= CONNECTIONS
    assert result.latency("a").quantile_ns(0.99) < STALL_S / 4 * 1e9


# --- What is never answered ---


def test_the_unanswered_are_the_tail(joust):
    """3 % of the requests of one connection: of each 100 exactly 3, wherever they begin."""
    with HostileServer("no_answer", every=100, good_first=ASKED_BEFORE) as server:
        run = joust.short("-n", 200, "-c", 1, "--timeout", "150ms", target("a", server))
        assert run.result.outcomes("a") == {"correct": 198, "timeout": 2}
        assert run.result.analysis("a")["p99_ns"]["at_least"] is False  # the 198th of 200
    with HostileServer("no_answer", every=33, good_first=ASKED_BEFORE) as server:
        run = joust.short("-n", 330, "-c", 1, "--timeout", "150ms", target("a", server))
        counts = server.counts()
    result = run.result
    assert run.status == 5, run
    assert result.outcomes("a") == {"correct": 320, "timeout": 10}
    assert result.sent("a") + ASKED_BEFORE == counts["requests"] == counts["good"] + counts["misdeeds"]
    assert 10 <= counts["misdeeds"] <= 10 + (counts["requests"] - 330) // 33 + 1
    assert result.broken() == {"failures"}
    assert set(result.gate("failures", "a")["voids"]) == {"throughput", "p50", "p99", "cpu"}
    p99 = result.analysis("a")["p99_ns"]
    assert p99["at_least"] is True and p99["value"] >= 150 * MS
    latency = result.latency("a")
    assert (latency.count, latency.unanswered) == (320, 10) and latency.quantile_ns(0.99) is None
    assert "at least" in run.stdout or ">" in run.stdout or "≥" in run.stdout


def test_the_body_is_the_same_as_before(joust):
    """A server whose answers become others under load does not get away with it."""
    with HostileServer("wrong_body", good_first=ASKED_BEFORE, body=BODY) as server:
        run = joust.short("-d", "200ms", "-c", 4, target("a", server))
        assert run.status == 5, run
        outcomes = run.result.outcomes("a")
    assert set(outcomes) == {"correct", "body"}
    assert outcomes["body"] == pytest.approx(sum(outcomes.values()) / 10, abs=8)
