"""Passwords that are long enough and refused all the same: the commonest ones, and those made of the address or the service's name."""

import subprocess
from pathlib import Path

import pytest

from client import new_email


def refusal(answer):
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["detail"]
    assert fault["type"] == "value_error" and fault["loc"] == ["body", "password"]
    assert fault["input"] is None and fault["ctx"] == {"error": {}}
    assert fault["msg"].startswith("Value error, ")
    return fault["msg"]


@pytest.mark.parametrize("password", ["password", "PASSWORD", "12345678", "iloveyou", "Password1!", "sunshine2026"])
def test_common_ones_are_refused(client, password):
    assert "most common" in refusal(client.register(password=password))


def test_those_made_of_the_address_or_the_service_are_refused(client):
    email = new_email("lovelace")
    for password in (email, email.upper(), email.split("@")[0], "lovelace1815", "example-1", "Postern2026"):
        if password == "lovelace1815":
            assert "apart from" in refusal(client.register("lovelace.ada@example.com", password))
        else:
            assert "apart from" in refusal(client.register(email, password))


def test_who_was_refused_is_not_registered(client):
    email = new_email()
    refusal(client.register(email, "password"))
    assert client.log_in(email, "password").status_code == 401
    assert client.register(email).status_code == 201


def test_a_taken_address_does_not_come_before(client):
    """So that a refusal tells nothing about who has an account."""
    user, _ = client.new_user()
    refusal(client.register(user["email"], "password"))


def test_none_is_logged(client, server):
    refusal(client.register(password="superman99!"))
    assert "superman" not in server.log()


def test_other_faults_are_told_alone(client):
    answer = client.post("/register", json={"email": "nobody", "password": "password"})
    assert [fault["loc"] for fault in answer.json()["detail"]] == [["body", "email"]]


def test_a_list_with_the_line_ends_of_other_systems_is_the_same(tmp_path):
    words = [f"passphrase{n:04}" for n in range(1000)]
    made = []
    for end in ("\n", "\r\n"):
        path = tmp_path / "list.txt"
        path.write_text("".join(word + end for word in words), newline="")
        script = Path(__file__).resolve().parents[2] / "script/common-passwords"
        made.append(subprocess.run([script, path], check=True, capture_output=True).stdout)
    assert made[0] == made[1]
