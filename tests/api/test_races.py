"""Many clients want the same address at the same moment: one gets it. ROUNDS says how often this is tried."""

import json
import http.client

import flags
import recorder
from client import Client, in_parallel, new_email

CLIENTS = 64


def test_one_registration_of_an_address_wins(server):
    rounds = [new_email("race") for _ in range(flags.ROUNDS)]
    results = in_parallel(CLIENTS, lambda n: register_each(server, rounds, n))
    for number, email in enumerate(rounds):
        statuses = sorted(result[number][0] for result in results)
        assert statuses == [201] + [400] * (CLIENTS - 1), (number, email, statuses)
        assert {result[number][1] for result in results if result[number][0] == 400} == {"Email already registered"}


def register_each(server, emails, n):
    """One connection registers each address in turn; the clients differ in letter case and password."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    results = []
    for email in emails:
        body = json.dumps({"email": email.upper() if n % 2 else email, "password": f"password of {n}"})
        connection.request("POST", "/register", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        results.append((answer.status, json.loads(content).get("detail")))
    recorder.record("POST", "/register", answer.status, answer.headers, content)
    connection.close()
    return results


def test_the_winner_keeps_its_password(server):
    email = new_email("race")

    def attempt(n):
        with Client(server) as client:
            return client.register(email, f"password of {n}").status_code

    winner = in_parallel(16, attempt).index(201)
    with Client(server) as client:
        assert [client.log_in(email, f"password of {n}").status_code for n in range(16)] == \
            [200 if n == winner else 401 for n in range(16)]


def test_who_registers_can_log_in_at_once(server):
    """An answer that says done is never older than the commit: on other connections too."""
    def attempt(_):
        with Client(server) as one, Client(server) as other:
            for _ in range(5):
                user = one.register().json()
                token = other.token(user["email"])
                assert one.me(token).json() == user
    in_parallel(8, attempt)


def test_answers_are_not_mixed_up(server):
    def attempt(_):
        with Client(server) as client:
            user, token = client.new_user()
            for n in range(50):
                assert client.me(token).json() == user
                assert client.post("/json", json={"user_id": n, "action": user["email"][:64]}).json()["user_id"] == n
    in_parallel(16, attempt)
