"""More log-ins than the machine can hash: some are turned away at once with Retry-After, and nothing else suffers."""

import pytest

import flags
from client import Client, in_parallel, new_email

pytestmark = pytest.mark.usefixtures("managed")


def turned_away(answers):
    """Those answered 503; each says when to come again."""
    refused = [answer for answer in answers if answer.status_code == 503]
    for answer in refused:
        assert answer.json() == {"detail": "Service Unavailable"} and int(answer.headers["Retry-After"]) >= 1
    return refused


@pytest.fixture
def narrow(start):
    return start(*flags.NARROW, "--hash-memory", "19456", "--hash-passes", "20", cheap=False)


def test_log_ins_beyond_the_bound_are_503(narrow):
    with Client(narrow) as client:
        user, token = client.new_user()

        def attempt(n):
            with Client(narrow) as one:
                return one.me(token) if n % 8 == 0 else one.log_in(user["email"])

        answers = in_parallel(48, attempt)
        assert {answer.status_code for answer in answers[::8]} == {200}
        log_ins = [answer for n, answer in enumerate(answers) if n % 8]
        assert {answer.status_code for answer in log_ins} == {200, 503}
        assert turned_away(log_ins)
        assert client.log_in(user["email"]).status_code == 200


def test_registrations_beyond_the_bound_are_503_and_leave_nothing(narrow):
    emails = [new_email("crowd") for _ in range(16)]

    def attempt(n):
        with Client(narrow) as one:
            return one.register(emails[n])

    answers = in_parallel(len(emails), attempt)
    assert {answer.status_code for answer in answers} == {201, 503}
    assert turned_away(answers)
    with Client(narrow) as client:
        for email, answer in zip(emails, answers):
            assert client.log_in(email).status_code == (200 if answer.status_code == 201 else 401)
