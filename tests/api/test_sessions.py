"""Sessions: refreshed, shown, ended; and what no fault may turn into an acceptance. docs/sessions.md has the rules."""

import sqlite3
import threading
import time

import jwt
import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import LegacyApplicationClient
from requests_oauthlib import OAuth2Session

import flags
from client import PASSWORD, Client, in_parallel, new_email
from conftest import ELSEWHERE, SECRET

pytestmark = pytest.mark.skipif(bool(ELSEWHERE), reason="the FastAPI service has no sessions")

DAY = 86400
NO_GRACE = ["--refresh-grace", "0ms"]   # the token before the newest is too late at once
NEW = "a better horse, staple"


def pair(client, email=None, password=PASSWORD):
    """Somebody's first pair of tokens; a new somebody's, unless an address is given."""
    answer = client.log_in(email or client.register().json()["email"], password)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refresh(client, token, **more):
    return client.post("/token", data={"grant_type": "refresh_token", "refresh_token": token, **more})


def refreshed(client, token):
    answer = refresh(client, token)
    assert answer.status_code == 200, answer.text
    return answer.json()


def bearer(tokens):
    return {"headers": {"Authorization": f"Bearer {tokens['access_token']}"}}


def is_refused(client, token):
    answer = refresh(client, token)
    assert answer.json().get("error") == "invalid_grant", answer.text
    return answer.status_code == 400


def has_ended(client, tokens):
    return client.me(tokens["access_token"]).status_code == 401 and is_refused(client, tokens["refresh_token"])


def lives(client, tokens):
    return client.me(tokens["access_token"]).status_code == 200


def sid(tokens):
    return jwt.decode(tokens["access_token"], options={"verify_signature": False})["sid"]


def sql(server, *statement):
    """Runs a statement in the server's database, as its operator might."""
    with sqlite3.connect(server.directory / "postern.db", timeout=10) as db:
        rows = db.execute(*statement).fetchall()
    db.close()
    return rows


class TestRefresh:
    def test_a_log_in_answers_both_tokens(self, client):
        answer = pair(client)
        assert list(answer) == ["access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in"]
        assert answer["expires_in"] == 1800 and 14 * DAY - 60 < answer["refresh_expires_in"] <= 14 * DAY
        assert len(answer["refresh_token"]) == 60 and len(sid(answer)) == 16

    def test_a_refresh_answers_the_next_pair_of_the_same_session(self, client):
        first = pair(client)
        second = refreshed(client, first["refresh_token"])
        assert list(second) == list(first) and sid(second) == sid(first)
        assert second["refresh_token"] != first["refresh_token"] and second["access_token"] != first["access_token"]
        assert lives(client, first) and lives(client, second)
        assert client.me(second["access_token"]).json() == client.me(first["access_token"]).json()

    def test_a_long_chain(self, client):
        tokens = pair(client)
        seen = {tokens["refresh_token"]}
        for _ in range(20):
            tokens = refreshed(client, tokens["refresh_token"])
            seen.add(tokens["refresh_token"])
        assert len(seen) == 21 and lives(client, tokens)

    def test_a_lost_answer_is_said_again(self, client):
        first = pair(client)
        answers = [refreshed(client, first["refresh_token"]) for _ in range(5)]
        assert len({a["refresh_token"] for a in answers}) == 1 and len({a["access_token"] for a in answers}) == 5
        assert all(lives(client, a) for a in answers)
        assert lives(client, refreshed(client, answers[0]["refresh_token"]))

    def test_an_older_token_ends_the_session_at_once(self, start):
        server = start()
        with Client(server) as client:
            first = pair(client)
            second = refreshed(client, first["refresh_token"])
            third = refreshed(client, second["refresh_token"])
            other = pair(client)
            assert is_refused(client, first["refresh_token"])
            for tokens in (first, second, third):
                assert has_ended(client, tokens)
            assert lives(client, other)
            [line] = [line for line in server.log().splitlines() if "event=refresh_token_reused" in line]
            assert sid(first) in line and not any(t["refresh_token"] in server.log() for t in (first, second, third))

    def test_the_previous_token_after_its_time_ends_the_session(self, start):
        with Client(start(*NO_GRACE)) as client:
            first = pair(client)
            second = refreshed(client, first["refresh_token"])
            assert is_refused(client, first["refresh_token"])
            assert has_ended(client, second)

    def test_two_tabs_with_one_jar_live_on(self, client):
        tokens = pair(client)
        for _ in range(10):
            one, other = refreshed(client, tokens["refresh_token"]), refreshed(client, tokens["refresh_token"])
            assert one["refresh_token"] == other["refresh_token"]
            tokens = other
        assert lives(client, tokens)

    def test_a_forger_ends_nobodys_session(self, client):
        tokens = pair(client)
        token = tokens["refresh_token"]
        for at in range(0, len(token), 5):
            assert is_refused(client, token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:])
        for wrong in (token[:-1], token + "A", token + "=", " " + token, token.lower(), "x", "0" * 60, "é" * 30, "a" * 5000):
            assert is_refused(client, wrong)
        assert lives(client, tokens) and refresh(client, token).status_code == 200

    def test_tokens_of_one_kind_are_none_of_the_other(self, client):
        tokens = pair(client)
        assert is_refused(client, tokens["access_token"])
        assert client.me(tokens["refresh_token"]).status_code == 401
        assert lives(client, tokens)

    def test_a_missing_token_is_an_invalid_request(self, client):
        answer = client.post("/token", data={"grant_type": "refresh_token"})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        answer = client.post("/token", data={"grant_type": "refresh_token", "username": "a", "password": "b"})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert refresh(client, "").json()["error"] == "invalid_grant"

    @pytest.mark.parametrize("grant", ["client_credentials", "authorization_code", "REFRESH_TOKEN", "refresh_token ", "x", ""])
    def test_another_grant_type_is_not_supported(self, client, grant):
        answer = client.post("/token", data={"grant_type": grant, "refresh_token": pair(client)["refresh_token"]})
        assert (answer.status_code, answer.json()) == (400, {
            "detail": "Unsupported grant type", "error": "unsupported_grant_type", "error_description": "Unsupported grant type"})

    def test_as_multipart_and_with_what_is_ignored(self, client):
        tokens = pair(client)
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "scope": "", "client_id": "app", "username": "x"}
        answer = client.post("/token", files={n: (None, v) for n, v in form.items()})
        assert answer.status_code == 200 and lives(client, answer.json())

    def test_the_last_of_two_grant_types_counts(self, client):
        tokens = pair(client)
        body = f"grant_type=password&refresh_token={tokens['refresh_token']}&grant_type=refresh_token"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert client.post("/token", data=body, headers=headers).status_code == 200
        assert client.post("/token", data=body + "&grant_type=password", headers=headers).status_code == 422

    def test_is_not_to_be_stored(self, client):
        tokens = pair(client)
        assert "no-store" in refresh(client, tokens["refresh_token"]).headers["Cache-Control"]

    def test_somebody_deactivated_is_refused(self, start):
        server = start()
        with Client(server) as client:
            tokens = pair(client)
            sql(server, "UPDATE users SET is_active = 0")
            assert has_ended(client, tokens)
            assert client.log_in("nobody@example.com").status_code == 401

    def test_requests_oauthlib_refreshes_by_itself(self, client, monkeypatch):
        monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        url, user, kept = client.server.url, client.register().json(), []
        session = OAuth2Session(client=LegacyApplicationClient(client_id="app"), auto_refresh_url=url + "/token",
                                auto_refresh_kwargs={"client_id": "app"}, token_updater=kept.append)
        session.trust_env = False
        token = session.fetch_token(url + "/token", username=user["email"], password=PASSWORD)
        session.token = {**token, "expires_in": -10, "expires_at": time.time() - 10}
        assert session.get(url + "/users/me").json() == user
        assert len(kept) == 1 and kept[0]["refresh_token"] != token["refresh_token"]

    def test_authlib_refreshes(self, client, monkeypatch):
        monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        url, user = client.server.url, client.register().json()
        session = AuthlibSession(token_endpoint_auth_method="none")
        session.trust_env = False
        token = dict(session.fetch_token(url + "/token", username=user["email"], password=PASSWORD))
        assert session.refresh_token(url + "/token", token["refresh_token"])["refresh_token"] != token["refresh_token"]
        assert session.get(url + "/users/me").json() == user


class TestLifetimes:
    def test_an_access_token_ends_with_its_session(self, start):
        with Client(start("--session-lifetime", "3s", "--session-idle", "1h")) as client:
            tokens = pair(client)
            assert tokens["expires_in"] <= 3 and tokens["refresh_expires_in"] <= 3
            assert lives(client, refreshed(client, tokens["refresh_token"]))
            until = time.monotonic() + 10
            while (answer := refresh(client, tokens["refresh_token"])).status_code == 200 and time.monotonic() < until:
                tokens = answer.json()
                time.sleep(0.05)
            assert has_ended(client, tokens)

    def test_an_idle_session_ends(self, start):
        server = start("--session-idle", "60s")
        with Client(server) as client:
            tokens = pair(client)
            assert tokens["expires_in"] <= 60 and lives(client, tokens)
            sql(server, "UPDATE sessions SET rotated_at = rotated_at - 60000000")
            assert has_ended(client, tokens)

    def test_expired_rows_are_swept_by_later_log_ins(self, start):
        server = start()
        with Client(server) as client:
            user = client.register().json()
            for _ in range(40):
                pair(client, user["email"])
            kept = pair(client, user["email"])
            sql(server, "UPDATE sessions SET begun_at = begun_at - 40 * 86400000000 WHERE id <> ?", (int(sid(kept), 16),))
            for _ in range(200):
                pair(client, user["email"])
                if sql(server, "SELECT count(*) FROM sessions WHERE begun_at < 1000000 * (unixepoch() - 86400)") == [(0,)]:
                    break
            else:
                pytest.fail("expired rows are left")
            assert lives(client, kept)


class TestEnding:
    def test_log_out(self, client):
        tokens, other = pair(client), pair(client)
        answer = client.post("/logout", **bearer(tokens))
        assert (answer.status_code, answer.content) == (204, b"")
        assert has_ended(client, tokens) and lives(client, other)
        assert client.post("/logout", **bearer(tokens)).status_code == 401
        assert client.post("/logout").json() == {"detail": "Not authenticated"}

    def test_sessions_are_shown(self, client):
        user = client.register().json()
        mine = [client.post("/token", data={"username": user["email"], "password": PASSWORD},
                            headers={"User-Agent": agent}).json() for agent in ("phone/1", "desk/2", "x" * 300)]
        pair(client)
        refreshed(client, mine[0]["refresh_token"])
        answer = client.get("/sessions", **bearer(mine[1]))
        assert answer.status_code == 200
        assert [s["id"] for s in answer.json()] == [sid(mine[0]), sid(mine[2]), sid(mine[1])]
        assert [s["current"] for s in answer.json()] == [False, False, True]
        assert [s["agent"] for s in answer.json()][1:] == ["x" * 200, "desk/2"]
        for shown in answer.json():
            assert shown["address"] == "127.0.0.1" and shown["created_at"] <= shown["last_used_at"] < shown["expires_at"]
        assert client.get("/sessions").status_code == 401
        assert client.get("/sessions", headers={"Authorization": "Bearer x"}).status_code == 401

    def test_of_very_many_sessions_the_newest_are_read(self, start):
        """They are read on an event loop, which somebody with a million of them must not hold up."""
        server = start()
        with Client(server) as client:
            user = client.register().json()
            early = pair(client, user["email"])
            sql(server, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
                " INSERT INTO sessions SELECT i, user_id, 1, begun_at + i, rotated_at, '192.0.2.1', NULL FROM n, sessions")
            early = refreshed(client, early["refresh_token"])
            assert client.get("/sessions", **bearer(early)).json()[0]["current"]
            pair(client, user["email"])
            shown = client.get("/sessions", **bearer(early)).json()
            assert len(shown) == 100 and not any(s["current"] for s in shown)

    @pytest.mark.parametrize("agent", [None, b"", b"\xff\xfe", "é".encode() * 150])
    def test_an_agent_that_is_no_text_or_too_long(self, client, agent):
        user = client.register().json()
        tokens = client.post("/token", data={"username": user["email"], "password": PASSWORD}, headers={"User-Agent": agent}).json()
        [shown] = client.get("/sessions", **bearer(tokens)).json()
        assert shown["agent"] in (None, "", "é" * 100) or agent is None

    def test_one_is_ended_by_another(self, client):
        user = client.register().json()
        one, other = pair(client, user["email"]), pair(client, user["email"])
        answer = client.delete(f"/sessions/{sid(one)}", **bearer(other))
        assert (answer.status_code, answer.content) == (204, b"")
        assert has_ended(client, one) and lives(client, other)
        assert client.delete(f"/sessions/{sid(one)}", **bearer(other)).status_code == 404

    def test_nobody_ends_a_strangers_session(self, client):
        mine, strangers = pair(client), pair(client)
        answer = client.delete(f"/sessions/{sid(strangers)}", **bearer(mine))
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
        assert client.delete(f"/sessions/{sid(strangers)}").status_code == 401
        assert client.delete(f"/sessions/{sid(strangers)}", headers={"Authorization": "Bearer x"}).status_code == 401
        assert lives(client, strangers)

    @pytest.mark.parametrize("name, status", [("x", 404), ("0" * 16, 404), ("f" * 16, 404), ("0" * 15, 404), ("1", 404), ("x" * 65, 422)])
    def test_what_is_no_session(self, client, name, status):
        assert client.delete(f"/sessions/{name}", **bearer(pair(client))).status_code == status

    def test_all_others_are_ended(self, client):
        user = client.register().json()
        mine = [pair(client, user["email"]) for _ in range(5)]
        stranger = pair(client)
        answer = client.delete("/sessions", **bearer(mine[2]))
        assert (answer.status_code, answer.content) == (204, b"")
        assert [lives(client, tokens) for tokens in mine] == [False, False, True, False, False] and lives(client, stranger)
        assert len(client.get("/sessions", **bearer(mine[2])).json()) == 1
        assert client.delete("/sessions").status_code == 401
        assert client.delete("/sessions", **bearer(mine[0])).status_code == 401

    @pytest.mark.parametrize("which", ["access_token", "refresh_token"])
    @pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "other"])
    def test_revoke(self, client, which, hint):
        tokens = pair(client)
        answer = client.post("/revoke", data={"token": tokens[which], "token_type_hint": hint})
        assert (answer.status_code, answer.content) == (200, b"")
        assert has_ended(client, tokens)
        assert client.post("/revoke", data={"token": tokens[which]}).status_code == 200

    def test_revoke_of_what_says_nothing(self, client):
        tokens = pair(client)
        for token in ("x", "", tokens["refresh_token"][:-1], tokens["access_token"][:-3] + "AAA"):
            assert client.post("/revoke", data={"token": token}).status_code == 200
        assert lives(client, tokens)
        answer = client.post("/revoke", data={})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert client.post("/revoke", data={"token": "x", "client_id": "x" * 2000}).status_code == 422
        assert client.post("/revoke", data=b"token=%ff", headers={"Content-Type": "application/x-www-form-urlencoded"}).status_code == 400
        assert client.post("/revoke", json={"token": "x"}).status_code == 415

    def test_an_old_refresh_token_is_revoked_too(self, client):
        first = pair(client)
        second = refreshed(client, first["refresh_token"])
        assert client.post("/revoke", data={"token": first["refresh_token"]}).status_code == 200
        assert has_ended(client, second)


class TestOwnAccount:
    def change(self, client, tokens, current=PASSWORD, new=NEW):
        return client.post("/users/me/password", json={"current_password": current, "new_password": new}, **bearer(tokens))

    def test_a_password_change_ends_the_other_sessions(self, client):
        user = client.register().json()
        mine, other = pair(client, user["email"]), pair(client, user["email"])
        answer = self.change(client, mine)
        assert (answer.status_code, answer.content) == (204, b"")
        assert has_ended(client, other) and lives(client, mine) and refreshed(client, mine["refresh_token"])
        assert client.log_in(user["email"]).status_code == 401 and client.log_in(user["email"], NEW).status_code == 200

    @pytest.mark.parametrize("wrong", ["", "wrong", PASSWORD + " ", NEW])
    def test_the_current_password_is_needed(self, client, wrong):
        user = client.register().json()
        mine, other = pair(client, user["email"]), pair(client, user["email"])
        answer = self.change(client, mine, current=wrong)
        assert (answer.status_code, answer.json()) == (400, {"detail": "Incorrect password"})
        assert lives(client, other) and client.log_in(user["email"]).status_code == 200

    @pytest.mark.parametrize("new", ["", "short", "x" * 1025, "nul\0 inside", None, 12345678])
    def test_a_new_password_has_the_rules_of_the_first(self, client, new):
        answer = self.change(client, pair(client), new=new)
        assert answer.status_code == 422 and all(f["input"] is None for f in answer.json()["detail"])

    def test_what_else_a_change_may_be_told(self, client):
        tokens = pair(client)
        assert client.post("/users/me/password", json={}).status_code == 401
        assert client.post("/users/me/password", json={}, headers={"Authorization": "Bearer x"}).status_code == 401
        for path in ("/users/me/password", "/users/me"):
            method = "PATCH" if path == "/users/me" else "POST"
            assert client.request(method, path, data=b"\xff", **bearer(tokens)).status_code == 400
            more = {"headers": {**bearer(tokens)["headers"], "Content-Type": "text/plain"}}
            assert client.request(method, path, data=b"{}", **more).status_code == 415

    def update(self, client, tokens, email, password=PASSWORD):
        return client.patch("/users/me", json={"email": email, "current_password": password}, **bearer(tokens))

    def test_the_address_is_changed(self, client):
        user, email = client.register().json(), new_email("changed")
        tokens = pair(client, user["email"])
        answer = self.update(client, tokens, email.upper())
        local = email.upper().split("@")[0] + "@example.com"
        assert (answer.status_code, answer.json()) == (200, {**user, "email": local})
        assert client.me(tokens["access_token"]).json() == answer.json()
        assert client.log_in(user["email"]).status_code == 401 and client.log_in(email).status_code == 200
        assert client.register(user["email"]).status_code == 201

    def test_an_address_that_cannot_be_had(self, client):
        user, taken = client.register().json(), client.register().json()
        tokens = pair(client, user["email"])
        assert self.update(client, tokens, taken["email"]).json() == {"detail": "Email already registered"}
        assert self.update(client, tokens, "nobody").status_code == 422
        assert self.update(client, tokens, new_email(), "wrong").json() == {"detail": "Incorrect password"}
        assert client.patch("/users/me", json={"email": new_email()}, **bearer(tokens)).status_code == 422
        assert client.patch("/users/me", json={}).status_code == 401
        assert client.patch("/users/me", json={}, headers={"Authorization": "Bearer x"}).status_code == 401
        assert client.me(tokens["access_token"]).json() == user
        assert self.update(client, tokens, user["email"]).json() == user

    def test_an_account_is_deleted(self, client):
        user = client.register().json()
        mine, other, stranger = pair(client, user["email"]), pair(client, user["email"]), pair(client)
        answer = client.delete("/users/me", **bearer(mine))
        assert (answer.status_code, answer.content) == (204, b"")
        assert has_ended(client, mine) and has_ended(client, other) and lives(client, stranger)
        assert client.log_in(user["email"]).status_code == 401
        again = client.register(user["email"]).json()
        assert again["id"] != user["id"] and not lives(client, mine)
        assert client.delete("/users/me").status_code == 401
        assert client.delete("/users/me", **bearer(mine)).status_code == 401


class TestWithSecret:
    """Who has JWT_SECRET signs tokens of no session."""

    def signed(self, user, **claims):
        return {"access_token": jwt.encode({"sub": str(user["id"]), "exp": int(time.time()) + 600, **claims}, SECRET, "HS256")}

    def test_ours_name_their_session_and_end_with_it(self, secret_client):
        tokens = pair(secret_client)
        assert len(sid(tokens)) == 16
        assert secret_client.post("/logout", **bearer(tokens)).status_code == 204
        assert has_ended(secret_client, tokens)

    def test_those_of_others_count_and_cannot_be_ended(self, secret_client):
        user = secret_client.register().json()
        tokens = self.signed(user)
        assert lives(secret_client, tokens)
        for answer in (secret_client.post("/logout", **bearer(tokens)), secret_client.post("/revoke", data={"token": tokens["access_token"]})):
            assert (answer.status_code, answer.json()["detail"]) == (400, "This token belongs to no session")
        assert [s["current"] for s in secret_client.get("/sessions", **bearer(tokens)).json()] == []

    @pytest.mark.parametrize("claim", ["", "x", "0" * 16, "f" * 16, "A" * 16, "1" * 16, "1" * 17, "another issuer's"])
    def test_a_session_that_is_none(self, secret_client, claim):
        user = secret_client.register().json()
        assert not lives(secret_client, self.signed(user, sid=claim))

    def test_a_session_of_somebody_else(self, secret_client):
        user, tokens = secret_client.register().json(), pair(secret_client)
        assert not lives(secret_client, self.signed(user, sid=sid(tokens)))

    def test_own_tokens_only(self, start):
        with Client(start("--own-tokens-only", secret=SECRET)) as client:
            user = client.register().json()
            assert lives(client, pair(client, user["email"])) and not lives(client, self.signed(user))

    def test_refresh_tokens_are_not_made_with_it(self, start):
        """They are the master key's: with another secret, or none, they stay what they are."""
        one = start(secret=SECRET)
        with Client(one) as client:
            tokens = pair(client)
        one.stop()
        for secret in (None, SECRET + "!"):
            with Client(start(secret=secret)) as client:
                tokens = refreshed(client, tokens["refresh_token"])
                client.server.stop()


class TestSurvival:
    def test_kill_9_forgets_no_rotation_and_no_ending(self, start):
        server = start(*flags.ISSUER)
        with Client(server) as client:
            first, ended, thief = pair(client), pair(client), pair(client)
            second = refreshed(client, first["refresh_token"])
            newest = refreshed(client, refreshed(client, thief["refresh_token"])["refresh_token"])
            assert client.post("/logout", **bearer(ended)).status_code == 204
            assert is_refused(client, thief["refresh_token"])
        server.kill()
        with Client(start(*flags.ISSUER)) as client:
            assert has_ended(client, ended) and has_ended(client, newest)
            assert refreshed(client, first["refresh_token"])["refresh_token"] == second["refresh_token"]
            assert lives(client, second) and lives(client, refreshed(client, second["refresh_token"]))
            assert is_refused(client, first["refresh_token"]) and has_ended(client, second)

    def test_kill_9_in_the_middle_of_refreshing(self, start):
        """Whoever had an answer, or lost one, goes on with what he has; nobody is given two successors."""
        tokens = None
        for _ in range(min(flags.ROUNDS, 5)):
            server = start(*flags.ISSUER, "--refresh-grace", "60s")
            with Client(server) as client:
                if tokens is None:
                    tokens = [pair(client)["refresh_token"] for _ in range(8)]
                successors = [refreshed(client, token)["refresh_token"] for token in tokens]
                assert [refreshed(client, token)["refresh_token"] for token in tokens] == successors
            tokens = successors
            threads = [threading.Thread(target=refresh_for_ever, args=(server, tokens, n)) for n in range(len(tokens))]
            for thread in threads:
                thread.start()
            time.sleep(0.1)
            server.kill()
            for thread in threads:
                thread.join()

    def test_a_backup_that_is_put_back_mixes_nobody_up(self, start, tmp_path):
        """Sessions begun after the backup are unknown to it, and no new one takes their place."""
        server = start(*flags.ISSUER)
        with Client(server) as client:
            early, other = client.register().json(), client.register().json()
        server.stop()
        backup = (tmp_path / "postern.db").read_bytes()
        server = start(*flags.ISSUER)
        with Client(server) as client:
            late = pair(client, early["email"])
        server.stop()
        for suffix in ("-wal", "-shm"):
            (tmp_path / f"postern.db{suffix}").unlink(missing_ok=True)
        (tmp_path / "postern.db").write_bytes(backup)
        with Client(start(*flags.ISSUER)) as client:
            for _ in range(5):
                pair(client, other["email"])
            assert has_ended(client, late)


def refresh_for_ever(server, tokens, n):
    with Client(server) as client:
        try:
            while True:
                answer = refresh(client, tokens[n])
                assert answer.status_code == 200, answer.text
                tokens[n] = answer.json()["refresh_token"]
        except OSError:
            pass


class TestRaces:
    CLIENTS = 64
    ROUNDS = min(flags.ROUNDS, 20)

    def rounds(self, client):
        user = client.register().json()
        return user, [pair(client, user["email"]) for _ in range(self.ROUNDS)]

    def test_one_successor(self, server):
        with Client(server) as client:
            _, rounds = self.rounds(client)

        def attempt(_):
            with Client(server, timeout=120) as client:
                return [refreshed(client, tokens["refresh_token"])["refresh_token"] for tokens in rounds]

        successors = [set(found) for found in zip(*in_parallel(self.CLIENTS, attempt))]
        assert [len(found) for found in successors] == [1] * self.ROUNDS
        with Client(server) as client:
            assert all(refresh(client, found.pop()).status_code == 200 for found in successors)

    def test_a_log_out_beats_every_refresh(self, server):
        with Client(server) as client:
            _, rounds = self.rounds(client)

        def attempt(n):
            with Client(server, timeout=120) as client:
                answers = []
                for tokens in rounds:
                    if n == 0:
                        assert client.post("/logout", **bearer(tokens)).status_code == 204
                    else:
                        answers.append(refresh(client, tokens["refresh_token"]))
                return [a.json() for a in answers if a.status_code == 200]

        given = [tokens for found in in_parallel(8, attempt) for tokens in found]
        with Client(server) as client:
            assert all(has_ended(client, tokens) for tokens in rounds + given)

    def test_no_session_of_an_old_password_outlives_its_change(self, server):
        for _ in range(min(self.ROUNDS, 5)):
            with Client(server) as client:
                user = client.register().json()
                mine = pair(client, user["email"])

            def attempt(n):
                with Client(server, timeout=120) as client:
                    if n == 0:
                        return client.post("/users/me/password", json={"current_password": PASSWORD, "new_password": NEW},
                                           **bearer(mine))
                    return client.log_in(user["email"])

            change, *log_ins = in_parallel(16, attempt)
            assert change.status_code == 204 and {a.status_code for a in log_ins} <= {200, 401, 503}
            with Client(server) as client:
                assert not any(lives(client, a.json()) for a in log_ins if a.status_code == 200)
                assert lives(client, mine)

    def test_a_hash_that_is_raised_refuses_nobody(self, start):
        """The first log-in at a higher cost changes the row that the others were checked against."""
        server = start()
        with Client(server) as client:
            users = [client.register().json() for _ in range(10)]
        server.stop()
        server = start("--hash-memory", "4096", "--hash-passes", "2", "--hash-threads", "8", cheap=False)

        def attempt(_):
            with Client(server, timeout=120) as client:
                return [client.log_in(user["email"]).status_code for user in users]

        assert {status for found in in_parallel(16, attempt) for status in found} == {200}

    def test_an_ended_session_is_refused_on_every_connection(self, server):
        """Log-out on one connection, the next call on another, which another loop may serve."""
        with Client(server) as client, Client(server) as first, Client(server) as second:
            user = client.register().json()
            for _ in range(self.ROUNDS):
                tokens = pair(client, user["email"])
                assert lives(first, tokens) and lives(second, tokens)
                assert client.post("/logout", **bearer(tokens)).status_code == 204
                assert not lives(first, tokens) and not lives(second, tokens)


class TestStorageFaults:
    def test_what_cannot_be_written_is_not_answered_as_done(self, start, tmp_path):
        with Client(start()) as client:
            user = client.register().json()
            tokens = pair(client, user["email"])
            other = sqlite3.connect(tmp_path / "postern.db", timeout=5, isolation_level=None)
            try:
                other.execute("BEGIN IMMEDIATE")
                answers = [
                    client.log_in(user["email"]), refresh(client, tokens["refresh_token"]), client.post("/logout", **bearer(tokens)),
                    client.delete("/sessions", **bearer(tokens)), client.delete(f"/sessions/{sid(tokens)}", **bearer(tokens)),
                    client.post("/revoke", data={"token": tokens["refresh_token"]}), client.delete("/users/me", **bearer(tokens)),
                    client.patch("/users/me", json={"email": new_email(), "current_password": PASSWORD}, **bearer(tokens)),
                    client.post("/users/me/password", json={"current_password": PASSWORD, "new_password": NEW}, **bearer(tokens)),
                ]
                assert [a.status_code for a in answers] == [503] * len(answers)
                assert all(int(a.headers["Retry-After"]) > 0 for a in answers)
                other.execute("ROLLBACK")
            finally:
                other.close()
            until = time.monotonic() + 15
            while (answer := refresh(client, tokens["refresh_token"])).status_code != 200 and time.monotonic() < until:
                assert answer.status_code == 503
                time.sleep(0.05)
            assert lives(client, tokens) and lives(client, answer.json()) and client.log_in(user["email"]).status_code == 200

    def test_what_cannot_be_read_is_not_believed(self, start, tmp_path):
        import fcntl
        with Client(start(), timeout=60) as client:
            tokens = pair(client)
            with open(tmp_path / "postern.db-shm", "r+b") as index:
                try:
                    fcntl.lockf(index, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 123)
                except OSError:
                    pytest.skip("the server keeps these locks to itself")
                assert client.get("/sessions", **bearer(tokens)).status_code == 503
                assert client.me(tokens["access_token"]).status_code == 503
