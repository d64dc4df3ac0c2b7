"""POST /token, and what real clients make of it."""

import time
from pathlib import Path

import jwt
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.jose import JsonWebKey, JsonWebToken
from oauthlib.oauth2 import LegacyApplicationClient, OAuth2Error
from requests_oauthlib import OAuth2Session

import recorder
from client import PASSWORD, new_email
from conftest import ELSEWHERE

own_keys = pytest.mark.skipif(bool(ELSEWHERE), reason="the FastAPI service has no keys of its own")


@pytest.fixture(autouse=True)
def plain_http_is_fine_here(monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


def test_answers_a_bearer_token(client):
    user = client.register().json()
    answer = client.log_in(user["email"])
    assert answer.status_code == 200
    assert list(answer.json())[:3] == ["access_token", "token_type", "expires_in"]
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 1800)


@own_keys
def test_is_not_to_be_stored(client):
    user = client.register().json()
    assert "no-store" in client.log_in(user["email"]).headers["Cache-Control"]


def test_urlencoded_and_multipart_are_the_same(client):
    user = client.register().json()
    form = {"username": user["email"], "password": PASSWORD, "grant_type": "password"}
    assert client.post("/token", data=form).status_code == 200
    assert client.post("/token", files={n: (None, v) for n, v in form.items()}).status_code == 200


@pytest.mark.parametrize("password", ["", " ", "wrong", PASSWORD + " ", PASSWORD.upper(), "x" * 5000], ids=range(6))
def test_a_wrong_password_is_401(client, password):
    user = client.register().json()
    answer = client.log_in(user["email"], password)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "Incorrect email or password"


@pytest.mark.parametrize("name", ["nobody@example.com", "nobody", "", " ", "a@localhost", "x" * 5000, "' or 1=1 --"], ids=range(7))
def test_an_unknown_user_is_the_same_401(client, name):
    user = client.register().json()
    wrong, unknown = client.log_in(user["email"], "wrong"), client.log_in(name)
    assert unknown.status_code == 401 and unknown.json() == wrong.json()


@own_keys
def test_a_failure_names_the_oauth_error(client):
    body = client.log_in("nobody@example.com").json()
    assert body["error"] == "invalid_grant" and body["error_description"]


def test_what_is_missing_is_422(client):
    answer = client.post("/token", data={"scope": "x"})
    assert answer.status_code == 422
    assert [f["loc"] for f in answer.json()["detail"]] == [["body", "username"], ["body", "password"]]


@own_keys
def test_the_address_may_be_written_in_another_way(client):
    local = new_email("Ren\u00e9").split("@")[0]
    assert client.register(f"{local}@bücher.example.org").status_code == 201
    for written in (f"{local}@xn--bcher-kva.example.org", f"{local}@BÜCHER.example.ORG", f"{local.lower()}@bücher.example.org",
                    f"{local.replace(chr(233), 'e' + chr(769))}@bücher.example.org"):
        assert client.log_in(written).status_code == 200, written


def cpu_ns(pid):
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def test_unknown_users_cost_the_same_work(start):
    """CPU time of the whole tree, which a busy machine does not stretch; the least of several rounds of each, in turns."""
    from client import Client
    server = start(cheap=False)
    with Client(server) as client:
        user = client.register().json()

        def cost(name):
            before = sum(map(cpu_ns, server.processes()))
            for _ in range(5):
                assert client.log_in(name, "wrong password").status_code == 401
            return sum(map(cpu_ns, server.processes())) - before

        cost(user["email"])
        rounds = [(cost(user["email"]), cost("nobody@example.com"), cost("no address at all")) for _ in range(5)]
        known, unknown, nonsense = map(min, zip(*rounds))
        assert 0.7 < known / unknown < 1.4 and 0.7 < known / nonsense < 1.4, rounds


def test_a_hash_of_a_lower_cost_does_not_tell_its_user(start, tmp_path):
    """Until the next good log-in a hash stays at the cost of its day; a wrong password for it costs today's all the same."""
    from client import Client
    database = f"sqlite:{tmp_path}/kept.db"
    server = start("--hash-memory", "19456", "--hash-passes", "1", cheap=False, database=database)
    with Client(server) as client:
        user = client.register().json()
    server.stop()
    server = start("--hash-memory", "19456", "--hash-passes", "4", cheap=False, database=database)
    with Client(server) as client:
        def cost(name):
            before = sum(map(cpu_ns, server.processes()))
            for _ in range(3):
                assert client.log_in(name, "wrong password").status_code == 401
            return sum(map(cpu_ns, server.processes())) - before

        cost(user["email"])
        rounds = [(cost(user["email"]), cost("nobody@example.com")) for _ in range(4)]
        known, unknown = map(min, zip(*rounds))
        assert 0.7 < known / unknown < 1.4, rounds


def test_requests_oauthlib(client):
    user = client.register().json()
    session = OAuth2Session(client=LegacyApplicationClient(client_id="app"))
    session.trust_env = False
    token = session.fetch_token(client.server.url + "/token", username=user["email"], password=PASSWORD)
    assert token["token_type"] == "bearer" and token["expires_in"] == 1800
    assert session.get(client.server.url + "/users/me").json() == user


@own_keys
def test_requests_oauthlib_understands_a_failure(client):
    session = OAuth2Session(client=LegacyApplicationClient(client_id="app"))
    session.trust_env = False
    with pytest.raises(OAuth2Error) as caught:
        session.fetch_token(client.server.url + "/token", username="nobody@example.com", password=PASSWORD)
    assert caught.value.error == "invalid_grant"


def test_authlib(client):
    user = client.register().json()
    session = AuthlibSession(token_endpoint_auth_method="none")
    session.trust_env = False
    session.fetch_token(client.server.url + "/token", username=user["email"], password=PASSWORD, grant_type="password")
    assert session.get(client.server.url + "/users/me").json() == user


class TestSecret:
    """With JWT_SECRET: the article's own line, verbatim."""

    def test_the_articles_line(self, secret_client):
        user, token = secret_client.new_user()
        SECRET_KEY = secret_client.server.secret
        ALGORITHM = "HS256"
        payload = jwt.decode(token, SECRET_KEY, algorithms=[ALGORITHM])
        assert payload["sub"] == str(user["id"])
        assert abs(payload["exp"] - time.time() - 1800) < 60
        assert "aud" not in payload
        assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}

    def test_no_key_is_published(self, secret_client):
        if ELSEWHERE:
            pytest.skip("not FastAPI's")
        answer = secret_client.get("/.well-known/jwks.json")
        assert answer.status_code == 200 and answer.json() == {"keys": []}

    def test_authlib_verifies(self, secret_client):
        user, token = secret_client.new_user()
        claims = JsonWebToken(["HS256"]).decode(token, secret_client.server.secret)
        claims.validate()
        assert claims["sub"] == str(user["id"])


@own_keys
class TestKeysOfItsOwn:
    """Without JWT_SECRET: ES256, claims by RFC 9068, keys at /.well-known/jwks.json."""

    def test_pyjwt_verifies_with_the_published_keys(self, client):
        user, token = client.new_user()
        address = client.server.url + "/.well-known/jwks.json"
        key = jwt.PyJWKClient(address).get_signing_key_from_jwt(token)
        unverified = jwt.decode(token, options={"verify_signature": False})
        payload = jwt.decode(token, key.key, algorithms=["ES256"], audience=unverified["aud"], issuer=unverified["iss"])
        assert payload["sub"] == str(user["id"])

    def test_authlib_verifies_with_the_published_keys(self, client):
        user, token = client.new_user()
        keys = JsonWebKey.import_key_set(client.get("/.well-known/jwks.json").json())
        claims = JsonWebToken(["ES256"]).decode(token, keys)
        claims.validate()
        assert claims["sub"] == str(user["id"])

    def test_the_claims_of_rfc_9068(self, client):
        _, token = client.new_user()
        header = jwt.get_unverified_header(token)
        assert (header["alg"], header["typ"]) == ("ES256", "at+jwt") and header["kid"]
        claims = jwt.decode(token, options={"verify_signature": False})
        assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} <= claims.keys()
        assert claims["exp"] - claims["iat"] == 1800 and abs(claims["iat"] - time.time()) < 60

    def test_every_token_has_its_own_id(self, client):
        user = client.register().json()
        ids = {jwt.decode(client.token(user["email"]), options={"verify_signature": False})["jti"] for _ in range(5)}
        assert len(ids) == 5

    def test_published_keys_are_public(self, client):
        answer = client.get("/.well-known/jwks.json")
        assert answer.status_code == 200
        [key] = answer.json()["keys"]
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
        assert key["kid"] and "d" not in key and "k" not in key

    def test_the_key_outlives_a_restart(self, start):
        from client import Client
        server = start()
        with Client(server) as client:
            before = client.get("/.well-known/jwks.json").json()
        server.stop()
        with Client(start()) as client:
            assert client.get("/.well-known/jwks.json").json() == before

    def test_each_installation_has_its_own_key(self, client, start):
        from client import Client
        with Client(start()) as other:
            assert other.get("/.well-known/jwks.json").json() != client.get("/.well-known/jwks.json").json()


@own_keys
class TestHashSettings:
    def test_a_hash_is_raised_on_log_in_when_the_settings_rise(self, start):
        from client import Client
        cheap = start()
        with Client(cheap) as client:
            user = client.register().json()
        cheap.stop()
        for _ in range(2):
            dear = start("--hash-memory", "64", "--hash-passes", "2", cheap=False)
            with Client(dear) as client:
                assert client.log_in(user["email"]).status_code == 200
                assert client.log_in(user["email"], "wrong").status_code == 401
            dear.stop()
        with Client(start()) as client:
            assert client.log_in(user["email"]).status_code == 200


def test_the_recorder_works(client):
    requests.get(client.server.url + "/openapi.json", timeout=10)
    client.get("/openapi.json")
    assert any(r["path"] == "/openapi.json" for r in recorder.every_record())
