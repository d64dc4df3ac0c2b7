"""Whose word about a client's address is taken.  That it was taken shows in the log and in who has to wait."""

import pytest

from client import Client, new_email

pytestmark = pytest.mark.usefixtures("managed")

ENOUGH = 21  # wrong passwords from one network, at as many accounts


def lines(server, event):
    return [line for line in server.log().splitlines() if f"event={event} " in line + " "]


def guess(client, count, **headers):
    return [client.post("/token", data={"username": new_email("victim"), "password": "x"}, headers=headers).status_code
            for _ in range(count)]


@pytest.mark.parametrize("arguments, told", [
    ([], "networks=none"),
    (["--trusted-proxy", "127.0.0.1"], "networks=127.0.0.1/32"),
    (["--trusted-proxy", "10.0.0.0/8,::1", "--trusted-proxy", "192.0.2.0/24"], 'networks="10.0.0.0/8 ::1/128 192.0.2.0/24"'),
], ids=str)
def test_a_line_at_start_says_who_is_trusted(start, arguments, told):
    server = start(*arguments)
    (line,) = lines(server, "trusted_proxies")
    assert told in line


def test_an_untrusted_proxy_is_not_believed_and_warned_about_once(start):
    server = start("--limits", "on")
    with Client(server) as client:
        for n in range(ENOUGH - 1):
            assert guess(client, 1, **{"X-Forwarded-For": f"192.0.2.{n}"}) == [401]
        assert guess(client, 1, **{"X-Forwarded-For": "203.0.113.1"}) == [429]
        assert guess(client, 1, **{"Forwarded": "for=203.0.113.2"}) == [429]
    (line,) = lines(server, "untrusted_proxy")
    assert "address=127.0.0.1" in line and "--trusted-proxy" in line


def test_without_such_headers_there_is_no_warning(start):
    server = start()
    with Client(server) as client:
        client.new_user()
    assert lines(server, "untrusted_proxy") == []


@pytest.mark.parametrize("header", ["X-Forwarded-For: {}", "Forwarded: for={};proto=https"])
def test_a_trusted_proxy_is_believed(start, header):
    server = start("--limits", "on", "--trusted-proxy", "127.0.0.0/8")
    name, value = header.split(": ")
    with Client(server) as client:
        first = guess(client, ENOUGH, **{name: value.format("192.0.2.1")})
        assert first == [401] * (ENOUGH - 1) + [429]
        assert guess(client, 1, **{name: value.format("203.0.113.1")}) == [401]
        # What the client claimed to the left of it changes nothing.
        assert guess(client, 1, **{name: "for=6.6.6.6, " + value.format("192.0.2.1")}) == [429]
    assert lines(server, "untrusted_proxy") == []
