"""Replays what FastAPI answered: every answer is the same, or differs as the table of differences says."""

import json
from pathlib import Path

import pytest

import differences
import exchange
import recorder
from client import Client
from conftest import ELSEWHERE
from postern import Server
import flags

GOLDEN = Path(__file__).parent.parent / "golden"
RECORDS = json.loads((GOLDEN / "answers.json").read_text())

pytestmark = pytest.mark.skipif(bool(ELSEWHERE), reason="needs a server of its own")


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """{name: answer} of a fresh server to every recorded request, in the recorded order."""
    server = Server(tmp_path_factory.mktemp("golden"), *flags.CHEAP_HASHING, *flags.BENCH, secret=exchange.SECRET).start()
    try:
        yield replay(server)
        server.stop()
    finally:
        server.kill()


def replay(server):
    got = {}
    for number, record in enumerate(RECORDS):
        if number == 2:
            learn_ids(server)
        got[record["name"]] = exchange.send(server.url, record, seen=recorder.record)
    return got


def learn_ids(server):
    with Client(server) as client:
        for token, email in (("good", "alice@example.com"), ("second", "bob@example.com")):
            me = client.me(client.token(email, "correct horse"))
            exchange.FIRST_USERS[token] = str(me.json()["id"])


@pytest.mark.parametrize("record", RECORDS, ids=[record["name"] for record in RECORDS])
def test_golden(answers, record):
    expected = differences.promised(record)
    actual = answers[record["name"]]
    assert differences.matches(expected, actual), explanation(record, expected, actual)


def explanation(record, expected, actual):
    asked = {name: value for name, value in record.items() if name != "answer"}
    return f"\nasked    {asked}\npromised {expected}\ngot      {actual}"


def test_every_difference_is_needed():
    for record in RECORDS:
        differences.promised(record)
    assert [d.title for d in differences.DIFFERENCES if not d.used] == []


def test_every_difference_is_documented():
    text = (GOLDEN.parent.parent / "docs" / "differences.md").read_text()
    assert sorted({d.title for d in differences.DIFFERENCES if d.title not in text}) == []
