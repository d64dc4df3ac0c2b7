"""Servers that misbehave: what they do is counted for what it is, and joust neither crashes nor hangs.

Each first answers well as often as it is asked before the load.  With one connection each fifth answer is wrong, so that
it is known to one how many a round has, wherever it begins; with several, all are.
"""

import pytest

from joust import ASKED_BEFORE, SHORT, target
from servers import HostileServer, LoggingServer

SECONDS = 20  # for a run that takes two

WRONG = {
    "close_early": {"short"},
    "close_in_head": {"short"},
    "close_before": {"reset"},
    "reset": {"short", "reset"},  # what came before it may not have been read
    "reset_before": {"reset"},
    "wrong_length_short": {"short"},
    "wrong_length_long": {"malformed"},
    "endless_headers": {"malformed"},
    "huge_chunk": {"malformed"},
    "bad_chunk": {"malformed"},
    "bare_lf": {"malformed"},
    "garbage": {"malformed"},
    "no_answer": {"timeout"},
}
RIGHT = ["dribble", "chunked_ok", "hundred_continue", "early_answer", "http10", "until_close", "says_close", "slow_accept"]
CLOSING = {"http10", "until_close", "says_close"}


def load_of(mode):
    return ["-d", "800ms", "--timeout", "150ms"] if mode == "no_answer" else ["-d", "200ms"]


def failed(outcomes):
    return {kind for kind in outcomes if kind != "correct"}


@pytest.mark.parametrize("mode", WRONG)
def test_each_fifth_is_wrong(joust, mode):
    with HostileServer(mode, every=5, good_first=ASKED_BEFORE) as server:
        run = joust.short(*load_of(mode), "-c", 1, target("a", server), seconds=SECONDS)
        counts = server.counts()
    assert run.status == 5, run
    assert failed(run.result.outcomes("a")) <= WRONG[mode]
    for step in run.result.steps("a"):
        requests = sum(step["outcomes"].values())
        wrong = requests - step["outcomes"]["correct"]
        assert requests // 5 <= wrong <= -(-requests // 5)
    assert run.result.sent("a") + ASKED_BEFORE == counts["requests"]
    assert run.result.broken() == {"failures"}
    assert "failures" in run.stdout


@pytest.mark.parametrize("mode", WRONG)
def test_all_are_wrong(joust, mode):
    with HostileServer(mode, good_first=ASKED_BEFORE) as server:
        run = joust.short(*load_of(mode), "-c", 6, "-t", 2, target("a", server), seconds=SECONDS)
        counts = server.counts()
    outcomes = run.result.outcomes("a")
    assert run.status == 5, run
    assert failed(outcomes) == set(outcomes) and failed(outcomes) <= WRONG[mode]
    assert counts["requests"] == run.result.sent("a") + ASKED_BEFORE
    assert counts["misdeeds"] == run.result.sent("a")
    assert run.result.latency("a").count == 0
    figures = run.result.analysis("a")
    assert not figures["throughput_requests_per_second"] or figures["throughput_requests_per_second"]["value"] == 0


@pytest.mark.parametrize("mode", RIGHT)
def test_unusual_and_right(joust, mode):
    with HostileServer(mode) as server:
        run = joust.short("-d", "200ms", "-c", 6, "-t", 2, "-b", "a body", target("a", server), seconds=SECONDS)
        counts = server.counts()
    assert run.status == 0, run
    assert set(run.result.outcomes("a")) == {"correct"}
    assert run.result.sent("a") + ASKED_BEFORE == counts["requests"] == counts["good"]
    closes = counts["requests"] - ASKED_BEFORE if mode in CLOSING else 0
    assert run.result.sum("reconnects", "a") == closes


@pytest.mark.parametrize("mode", sorted(CLOSING))
def test_a_connection_closed_after_each_answer(joust, mode):
    """Each request but the first of a connection that joust opened has one of its own."""
    with HostileServer(mode) as server:
        run = joust.short("-n", 60, "-c", 4, target("a", server), seconds=SECONDS)
        counts = server.counts()
    assert run.status == 0, run
    assert run.result.outcomes("a") == {"correct": 60}
    assert counts["connections"] == counts["requests"] == counts["closes"]


def test_alternating_statuses(joust):
    with HostileServer("alternating", every=2, good_first=ASKED_BEFORE) as server:
        run = joust.short("-n", 400, "-c", 1, target("a", server))
        assert run.status == 5, run
        assert run.result.outcomes("a") == {"correct": 300, "status": 100}
        assert {r["example_status"] for r in run.result.rounds("a")} == {500}
        counts = server.counts()
    assert counts["requests"] == run.result.sent("a") + ASKED_BEFORE


def test_a_failure_is_allowed_when_asked(joust):
    for words, allow in (["--failures", "3%"], SHORT), ([], (*SHORT, "failures")):
        with HostileServer("close_before", every=50, good_first=ASKED_BEFORE) as server:
            run = joust.short("-n", 100, "-c", 1, *words, target("a", server), allow=allow)
        assert run.status == 0, run
        assert run.result.outcomes("a") == {"correct": 98, "reset": 2}


def test_nobody_connects(joust):
    with HostileServer("no_accept") as server:
        run = joust.short("-d", "100ms", "--timeout", "200ms", target("silent", server), seconds=SECONDS)
        assert not server.counts()
    assert run.status == 2 and "silent" in run.stderr and "in time" in run.stderr, run


@pytest.mark.parametrize("mode", ["close_early", "endless_headers", "bad_chunk", "no_answer", "reset_before", "garbage"])
def test_wrong_from_the_first_answer_on(joust, mode):
    with HostileServer(mode) as server:
        run = joust.short("-d", "100ms", "--timeout", "300ms", target("odd", server), seconds=SECONDS)
    assert run.status == 2 and run.stderr.startswith("joust: odd: "), run
    assert run.stderr.count("\n") == 1 and run.result is None


def test_open_loop_against_a_server_that_fails(joust):
    """Whatever happens, what was due is accounted for."""
    with HostileServer("reset_before", every=3, good_first=ASKED_BEFORE) as server:
        run = joust.short("-d", "300ms", "-c", 8, "-t", 2, "--rate", 500, target("a", server), allow=("tail", "rate"))
        counts = server.counts()
    outcomes = run.result.outcomes("a")
    assert run.status == 5, run
    assert failed(outcomes) == {"reset"}
    assert sum(outcomes.values()) == run.result.sum("due", "a")
    assert counts["requests"] == run.result.sent("a") + ASKED_BEFORE


def test_what_is_due_and_not_sent_is_unsent(joust):
    """Two connections that wait for answers that never come, and a schedule that goes on."""
    with HostileServer("no_answer", good_first=ASKED_BEFORE) as server:
        run = joust.short("-d", "200ms", "-c", 2, "--rate", 200, "--timeout", "100ms",
                          target("a", server), allow=("tail", "rate"))
        counts = server.counts()
    outcomes = run.result.outcomes("a")
    assert run.status == 5, run
    assert set(outcomes) <= {"timeout", "unsent"} and outcomes["timeout"] > 0
    hung = sum(outcomes.values()) - run.result.sum("due", "a")      # since before the window, one a connection
    assert 0 <= hung <= 2 * 2
    assert run.result.latency("a").unanswered == sum(outcomes.values())
    assert counts["requests"] == run.result.sent("a") + ASKED_BEFORE


def test_no_answer_steers_the_terminal(joust):
    """Escape sequences, C1 controls and those of direction, in a body's members and in a media type."""
    body = b'{"user_id": 1, "a\\u001b[2J\\u009b31m\\u202eb": 1}'
    with LoggingServer(body=b'{"user_id": 1}') as a, LoggingServer(body=body) as b, \
            LoggingServer(media_type="text/\u009b31m\u202ex") as c:
        for other in b, c:
            run = joust.short("-d", "100ms", "-c", 1, target("good", a), target("other", other))
            assert run.status == 5 and "31m" in run.stderr, run
            assert not any(char in run.stderr for char in "\x1b\x9b\u202e"), run
