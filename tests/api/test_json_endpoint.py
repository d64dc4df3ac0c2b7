"""POST /json, the benchmark's workload."""

import pytest

import flags
from client import Client


def test_answers_the_two_members_and_ok(client):
    answer = client.post("/json", json={"user_id": 7, "action": "login"})
    assert (answer.status_code, answer.text) == (200, '{"user_id":7,"action":"login","status":"ok"}')
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("sent, kept", [("12", 12), (" 12 ", 12), (1e3, 1000), (True, 1), (-1, -1), (2**53 - 1, 2**53 - 1)])
def test_integers_are_coerced(client, sent, kept):
    value = client.post("/json", json={"user_id": sent, "action": "a"}).json()["user_id"]
    assert type(value) is int and value == kept


def test_action_has_at_most_64_characters(client):
    assert client.post("/json", json={"user_id": 1, "action": "😀" * 64}).status_code == 200
    fault = client.post("/json", json={"user_id": 1, "action": "😀" * 65}).json()["detail"][0]
    assert (fault["type"], fault["ctx"]) == ("string_too_long", {"max_length": 64})


@pytest.mark.usefixtures("managed")
def test_is_not_there_unless_asked_for(start):
    server = start()
    with Client(server) as client:
        assert client.get("/openapi.json").json()["paths"].keys().isdisjoint({"/json"})
        answer = client.post(server.url + "/json", json={"user_id": 1, "action": "a"})
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


@pytest.mark.usefixtures("managed")
def test_is_there_with_the_option(start):
    with Client(start(*flags.BENCH)) as client:
        assert "/json" in client.get("/openapi.json").json()["paths"]
