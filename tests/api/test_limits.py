"""Resisting guessing, with the real binary: who waits, who does not, and what a kill leaves.  The numbers and the growing
delays are tested on a clock of their own in tests/unit/auth/test_guessing.c."""

import itertools
import os
import sqlite3
import time

import pytest

from client import PASSWORD, Client, in_parallel, new_email

pytestmark = pytest.mark.usefixtures("managed")

HOME = "198.51.100.7"
_networks = itertools.count(1)


def network():
    """An address whose neighbourhood no other has."""
    n = next(_networks)
    return f"100.{64 + (n >> 8)}.{n & 255}.1"


@pytest.fixture
def limited(start):
    return start("--limits", "on", "--trusted-proxy", "127.0.0.1")


class From(Client):
    """A client with an address of its choice."""

    def __init__(self, server, address):
        super().__init__(server)
        self.headers["X-Forwarded-For"] = address


def attack(server, email, count=10):
    """Wrong passwords from all over the world; the statuses."""
    def one(_):
        with From(server, network()) as client:
            return client.log_in(email, "wrong").status_code
    return [one(n) for n in range(count)]


def test_a_429_says_when_to_come_again(limited):
    with From(limited, HOME) as client:
        user, _ = client.new_user()
    assert attack(limited, user["email"]) == [401] * 10
    with From(limited, network()) as client:
        answer = client.log_in(user["email"], "wrong")
        assert answer.status_code == 429
        assert answer.json() == {"detail": "Too many attempts, try again later"}
        assert 1 <= int(answer.headers["Retry-After"]) <= 2
        assert client.log_in(user["email"]).status_code == 429      # the right one is not tried either


def test_the_owner_at_home_notices_nothing(limited):
    with From(limited, HOME) as client:
        user, _ = client.new_user()
        attack(limited, user["email"], 12)
        for _ in range(30):
            assert client.log_in(user["email"]).status_code == 200


def test_guesses_at_the_same_time_count_too(limited):
    """Sixty-four at once are no way around ten."""
    with From(limited, HOME) as client:
        user, _ = client.new_user()

    def one(_):
        with From(limited, network()) as client:
            return client.log_in(user["email"], "wrong").status_code

    answers = in_parallel(64, one)
    assert answers.count(401) == 10 and answers.count(429) == 54, answers


def test_the_document_says_429(limited):
    with From(limited, HOME) as client:
        paths = client.get("/openapi.json").json()["paths"]
    described = {path for path, methods in paths.items() for operation in methods.values() if "429" in operation["responses"]}
    assert described == {"/token", "/register", "/users/me", "/users/me/password"}
    assert "429" not in paths["/users/me"]["get"]["responses"]


def test_a_stolen_token_is_no_way_to_guess_the_password(limited):
    """Changing password or address asks for it once more: by the counters of a log-in, and no later with them."""
    with From(limited, HOME) as client:
        user, token = client.new_user()
    bearer = {"Authorization": f"Bearer {token}"}

    def guess(n, password="wrong"):
        with From(limited, network()) as thief:
            if n % 2:
                return thief.patch("/users/me", json={"email": new_email(), "current_password": password}, headers=bearer)
            return thief.post("/users/me/password", json={"current_password": password, "new_password": "another horse"}, headers=bearer)

    assert [guess(n).status_code for n in range(10)] == [400] * 10
    for n in range(2):
        answer = guess(n, PASSWORD)
        assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
    assert attack(limited, user["email"], 1) == [429]
    with From(limited, HOME) as client:
        assert client.log_in(user["email"]).status_code == 200


def test_a_change_of_address_is_no_cheaper_way_to_ask_who_has_an_account(limited):
    with From(limited, HOME) as client:
        other, _ = client.new_user()
        _, token = client.new_user()

        def ask():
            return client.patch("/users/me", json={"email": other["email"], "current_password": PASSWORD},
                                headers={"Authorization": f"Bearer {token}"})

        assert [ask().status_code for _ in range(20)] == [400] * 20
        assert ask().status_code == 429


def test_a_stranger_and_nobody_are_limited_alike(limited):
    with From(limited, HOME) as client:
        user, _ = client.new_user()
    assert attack(limited, user["email"], 14) == attack(limited, new_email("nobody"), 14)


def test_registering_is_limited(limited):
    with From(limited, HOME) as client:
        answers = [client.register() for _ in range(101)]
    assert [answer.status_code for answer in answers] == [201] * 100 + [429]
    assert int(answers[-1].headers["Retry-After"]) == 1
    with From(limited, network()) as client:
        assert client.register().status_code == 201


def counters(server):
    with sqlite3.connect(f"file:{server.database.removeprefix('sqlite:')}?mode=ro", uri=True) as database:
        return database.execute("SELECT slot, level FROM counters ORDER BY slot").fetchall()


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def test_counters_survive_a_kill(start, tmp_path):
    """What was counted a second before is still counted after kill -9, and who is familiar still is."""
    arguments = ["--limits", "on", "--trusted-proxy", "127.0.0.1"]
    server = start(*arguments)
    with From(server, HOME) as client:
        user, _ = client.new_user()
    attack(server, user["email"])
    wait_until(lambda: any(level >= 9500 for _, level in counters(server)))
    server.kill()
    again = start(*arguments, database=server.database)
    assert attack(again, user["email"], 1) in ([429], [401])    # 401: two seconds have passed meanwhile
    assert attack(again, user["email"], 1) == [429]
    with From(again, HOME) as client:
        assert client.log_in(user["email"]).status_code == 200


def test_a_429_writes_nothing(limited):
    with From(limited, HOME) as client:
        user, _ = client.new_user()
    attack(limited, user["email"])
    wait_until(lambda: any(level >= 9500 for _, level in counters(limited)))
    before = counters(limited)
    assert attack(limited, user["email"], 50).count(429) >= 49  # one may be let in when two seconds are over
    limited.stop()
    changed = set(counters(limited)) - set(before)
    assert len(changed) <= 3


def test_no_address_and_no_name_is_stored_with_the_counters(limited):
    with From(limited, HOME) as client:
        user, _ = client.new_user()
    with From(limited, "203.0.113.77") as stranger:
        for _ in range(3):
            stranger.log_in("somebody-else@example.com", "wrong")
    limited.stop()
    path = limited.database.removeprefix("sqlite:")
    stored = b"".join(open(path + end, "rb").read() for end in ("", "-wal") if os.path.exists(path + end))
    assert user["email"].encode() in stored
    assert b"somebody-else" not in stored and b"203.0.113.77" not in stored


def test_a_flood_of_guesses_does_not_reach_those_who_are_at_home(start):
    """Ten times as many hostile log-ins, each from a network of its own at an account of its own: nothing limits those but
    the machine.  One hash at a time, and nobody waits for long."""
    server = start("--limits", "on", "--trusted-proxy", "127.0.0.1", "--hash-threads", "1", "--queue-wait", "2s",
                   "--hash-memory", "19456", "--hash-passes", "15", cheap=False)
    emails = [new_email("honest") for _ in range(4)]
    for email in emails:
        with From(server, HOME) as client:
            assert client.register(email).status_code == 201
    done = []

    def hostile(_):
        answers = []
        while len(done) < 4:
            with From(server, network()) as client:
                answers.append(client.log_in(new_email("victim"), "wrong").status_code)
        return answers

    def honest(n):
        with From(server, HOME) as client:
            answers = [client.log_in(emails[n % 4], PASSWORD).status_code for _ in range(3)]
        done.append(n)
        return answers

    answers = in_parallel(44, lambda n: honest(n) if n < 4 else hostile(n))
    mine = [status for each in answers[:4] for status in each]
    theirs = [status for each in answers[4:] for status in each]
    assert mine == [200] * len(mine)
    assert set(theirs) <= {401, 503} and 503 in theirs, set(theirs)
