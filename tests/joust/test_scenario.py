"""Several steps a connection, against a service that checks what each gives to the next."""

import json

import pytest

from joust import SHORT
from service import Service

REGISTER = {"name": "register", "method": "POST", "path": "/register",
            "json": {"email": "{{email}}", "password": "correct horse"}, "expect": 201}
TOKEN = {"name": "log in", "method": "POST", "path": "/token",
         "headers": {"Content-Type": "application/x-www-form-urlencoded"},
         "body": "username={{email}}&password=correct+horse", "take": {"token": "/access_token"}}
ME = {"name": "me", "path": "/me", "headers": {"Authorization": "Bearer {{token}}"}}
EMAIL = {"email": "user-{{random}}@example.com"}


@pytest.fixture
def scenario(tmp_path):
    def write(*steps, let=EMAIL):
        file = tmp_path / "scenario.json"
        file.write_text(json.dumps({"let": let, "steps": steps} if let else {"steps": steps}))
        return file
    return write


@pytest.fixture
def service():
    with Service() as service:
        yield service


def at(name, service):
    return f"{name}=http://127.0.0.1:{service.port}"


def by_step(result, name):
    return [result.outcomes(name, step=i) for i in range(len(result.tree["steps"]))]


@pytest.mark.parametrize("connections, threads", [(1, 1), (7, 2)])
def test_register_log_in_and_call(joust, scenario, service, connections, threads):
    run = joust.short("-n", 600, "-c", connections, "-t", threads,
                      "--scenario", scenario(REGISTER, TOKEN, ME), at("a", service))
    assert run.status == 0, run
    steps, told = by_step(run.result, "a"), service.about()
    assert [s["name"] for s in run.result.tree["steps"]] == ["register", "log in", "me"]
    assert sum(steps[i]["correct"] for i in range(3)) == 600 and all(set(s) == {"correct"} for s in steps)
    assert all(abs(s["correct"] - 200) <= 2 * connections for s in steps)  # passes cut by a block's ends
    # Nothing but what was asked for, each with a token of its own; before the load: is it up, and one pass.
    assert set(told["counts"]) == {"POST /register 201", "POST /token 200", "GET /me 200"}
    assert told["counts"]["POST /register 201"] == told["accounts"] and told["counts"]["POST /token 200"] == told["logins"]
    assert sum(told["counts"].values()) == run.result.sent("a") + 4
    for name in ("register", "log in", "me"):
        assert name in run.stdout


def test_a_step_done_once(joust, scenario, service):
    once = [{**REGISTER, "once": True}, {**TOKEN, "once": True}]
    run = joust.short("-n", 400, "-c", 5, "-t", 2, "--scenario", scenario(*once, ME), at("a", service))
    assert run.status == 0, run
    assert by_step(run.result, "a") == [{}, {}, {"correct": 400}]
    assert [s["measured"] for s in run.result.tree["steps"]] == [False, False, True]
    counts = service.about()["counts"]
    assert counts["POST /token 200"] == 2 * 5 + 1  # two blocks of five connections, and the pass before
    assert counts["POST /register 201"] == 2 * 5 + 2  # and whether it is up
    assert counts["GET /me 200"] + counts["POST /token 200"] + counts["POST /register 201"] == run.result.sent("a") + 4
    assert set(counts) == {"POST /token 200", "POST /register 201", "GET /me 200"}


def test_two_targets(joust, scenario):
    with Service() as a, Service() as b:
        run = joust.short("-n", 300, "-c", 4, "--scenario", scenario(REGISTER, TOKEN, ME), at("a", a), at("b", b))
        assert run.status == 0, run
        for name, service in ("a", a), ("b", b):
            assert sum(run.result.outcomes(name).values()) == 300
            assert set(run.result.outcomes(name)) == {"correct"}
            assert sum(service.about()["counts"].values()) == run.result.sent(name) + 4


def test_a_step_that_fails_begins_anew(joust, scenario, service):
    """An e-mail address that stays the connection's is taken at the second pass: 201 is not its answer then."""
    register = {**REGISTER, "json": {"email": "c{{connection}}-{{seq}}", "password": "correct horse"}}
    wrong = {"name": "wrong", "path": "/me", "headers": {"Authorization": "Bearer none"}, "expect": 401}
    run = joust.short("-n", 90, "-c", 3, "--scenario", scenario(register, wrong, let=None), at("a", service))
    assert run.status == 0, run
    assert by_step(run.result, "a")[1].keys() == {"correct"}
    assert service.about()["counts"]["GET /me 401"] >= 44


def test_a_step_that_is_refused_under_load(joust, scenario, service):
    """Registering the same address again: what comes behind is never asked with what it did not give."""
    register = {**REGISTER, "json": {"email": "one-of-{{seq}}", "password": "correct horse"}}
    same = {**REGISTER, "name": "again", "json": {"email": "taken", "password": "correct horse"}}
    run = joust.short("-n", 60, "-c", 2,
                      "--scenario", scenario(register, same, ME | {"headers": {}, "expect": 401}, let=None), at("a", service))
    assert run.status == 5, run
    first, second, third = by_step(run.result, "a")
    assert set(first) == {"correct"} and set(second) == {"status"} and not third
    counts = service.about()["counts"]
    assert counts["POST /register 409"] >= second["status"] and counts["GET /me 401"] == 1


@pytest.mark.parametrize("step, says", [
    ({**TOKEN, "body": "username=nobody&password=x"}, "a: log in: answered 401"),
    ({**REGISTER, "expect": 200, "take": {"token": "/email"}}, "a: register: answered 201, not 200"),
])
def test_a_step_that_is_wrong_before_the_load(joust, scenario, service, step, says):
    run = joust.short("-n", 60, "-c", 2, "--scenario", scenario(step, ME), at("a", service), allow=SHORT)
    assert run.status == 2 and says in run.stderr, run


@pytest.mark.parametrize("text, says", [
    ('{"steps": [{"path": "/{{token}}"}]}', "token"),
    ('{"steps": []}', "no \"steps\""),
    ('{"steps": [{"path": "/", "once": true}]}', "measures nothing"),
    ('{"steps": [{"path": "/", "verb": "GET"}]}', "verb"),
    ('{"steps": [', "line 1"),
])
def test_a_file_that_is_wrong(joust, tmp_path, text, says):
    file = tmp_path / "wrong.json"
    file.write_text(text)
    run = joust.short("-n", 60, "--scenario", file, "a=http://127.0.0.1:1")
    assert run.status == 2 and says in run.stderr and run.stderr.count("\n") == 1, run
