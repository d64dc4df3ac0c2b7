"""GET /openapi.json: a sound document, and the one from which FastAPI's clients were generated."""

import json
from pathlib import Path

import jsonschema
import pytest

FASTAPI = json.loads((Path(__file__).parent.parent / "golden" / "openapi.json").read_text())
SHARED = [("/register", "post"), ("/token", "post"), ("/users/me", "get")]


@pytest.fixture
def document(client):
    answer = client.get("/openapi.json")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    return answer.json()


def every_object(value):
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from every_object(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from every_object(inner)


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def schema_of(document, name):
    return document["components"]["schemas"][name]


def without_words(value):
    """A schema without what only people read."""
    if isinstance(value, dict):
        return {n: without_words(v) for n, v in value.items() if n not in ("title", "description", "example", "examples", "writeOnly")}
    return [without_words(v) for v in value] if isinstance(value, list) else value


def test_is_openapi_31(document):
    assert document["openapi"].startswith("3.1.") and document["info"]["title"] and document["info"]["version"]


def test_every_reference_leads_somewhere(document):
    for value in every_object(document):
        if isinstance(value.get("$ref"), str):
            target = document
            for step in value["$ref"].removeprefix("#/").split("/"):
                target = target[step]


def test_every_schema_is_a_schema(document):
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["title"] == name


def test_every_operation_says_what_it_does(document):
    seen = set()
    for path, method, operation in operations(document):
        assert operation["operationId"] not in seen
        seen.add(operation["operationId"])
        assert operation["summary"], (path, method)
        for status, response in operation["responses"].items():
            assert status.isdigit() and response["description"], (path, status)


def test_every_problem_has_an_example_of_its_detail(document):
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400 and status != "422":
                assert "detail" in json.dumps(response), (path, method, status)


@pytest.mark.parametrize("path, method", SHARED)
def test_operations_are_named_as_fastapi_names_them(document, path, method):
    ours, theirs = document["paths"][path][method], FASTAPI["paths"][path][method]
    for member in ("operationId", "summary"):
        assert ours[member] == theirs[member]
    assert ours.get("security", []) == theirs.get("security", [])


@pytest.mark.parametrize("path, method", SHARED)
def test_bodies_have_fastapis_names(document, path, method):
    ours, theirs = document["paths"][path][method], FASTAPI["paths"][path][method]
    if "requestBody" in theirs:
        assert ours["requestBody"]["required"] is True
        for media, content in theirs["requestBody"]["content"].items():
            assert ours["requestBody"]["content"][media]["schema"] == content["schema"]
    for status, response in theirs["responses"].items():
        assert ours["responses"][status]["content"]["application/json"]["schema"] == \
            response["content"]["application/json"]["schema"], status


def test_what_is_sent_is_described_as_fastapi_does(document):
    for name in ("UserCreate", "Body_login_for_access_token_token_post"):
        ours, theirs = without_words(schema_of(document, name)), without_words(schema_of(FASTAPI, name))
        assert ours["type"] == theirs["type"] and sorted(ours["required"]) == sorted(theirs["required"])
        assert ours["properties"].keys() == theirs["properties"].keys()
    ours = without_words(schema_of(document, "UserCreate"))["properties"]
    assert ours["password"]["minLength"] == 8 and ours["password"]["maxLength"] == 1024
    assert ours["email"]["format"] == "email" and ours["email"]["type"] == "string"


def test_what_is_answered_is_described_as_fastapi_does(document):
    for name in ("UserResponse", "TokenResponse"):
        ours, theirs = schema_of(document, name), schema_of(FASTAPI, name)
        assert ours["properties"].keys() >= theirs["properties"].keys()
        assert set(ours["required"]) >= set(theirs["required"])
        for member, schema in theirs["properties"].items():
            assert ours["properties"][member].get("type") == schema.get("type"), member
            assert ours["properties"][member].get("format") == schema.get("format"), member
            assert ours["properties"][member].get("title") == schema.get("title"), member


def test_validation_errors_have_fastapis_names(document):
    theirs = schema_of(FASTAPI, "ValidationError")
    ours = schema_of(document, "ValidationError")
    assert set(ours["properties"]) >= set(theirs["properties"]) and set(ours["required"]) >= set(theirs["required"])
    assert schema_of(document, "HTTPValidationError")["properties"]["detail"]["items"] == {
        "$ref": "#/components/schemas/ValidationError"}


def test_the_security_scheme_is_fastapis(document):
    ours = without_words(document["components"]["securitySchemes"])
    assert ours["OAuth2PasswordBearer"]["flows"]["password"].pop("refreshUrl") == "token"
    assert ours == FASTAPI["components"]["securitySchemes"]


def test_a_refresh_is_told_beside_the_log_in(document):
    operation = document["paths"]["/token"]["post"]
    assert "grant_type=refresh_token" in operation["description"]
    told = operation["responses"]["400"]["content"]["application/json"]["examples"]
    assert {e["value"].get("error") for e in told.values()} >= {"invalid_grant", "invalid_request", "unsupported_grant_type"}


def test_answers_fit_their_schemas(client, document):
    user, token = client.new_user()
    for name, value in (("UserResponse", user), ("UserResponse", client.me(token).json()),
                        ("TokenResponse", client.log_in(user["email"]).json()),
                        ("HTTPValidationError", client.post("/register", json={}).json())):
        jsonschema.validate(value, {**document, "$ref": f"#/components/schemas/{name}"}, jsonschema.Draft202012Validator)
