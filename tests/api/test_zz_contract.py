"""Runs last: every answer that any test got is one that its route declares, and everything declared was seen.

The server's own /openapi.json is the contract. A record is matched to its route by the path template, its status must be
declared, its body must fit the declared schema and its `detail` must be among the declared examples.
"""

import json
import re
from pathlib import Path

import jsonschema
import pytest

import recorder
from conftest import ELSEWHERE

pytestmark = pytest.mark.skipif(bool(ELSEWHERE), reason="FastAPI declares no problems")

# What any request to any path may get, declared or not: faults of the request as such, and of the moment.
GENERAL = {
    (400, None), (404, "Not Found"), (405, "Method Not Allowed"), (408, None), (413, None), (414, None), (415, None),
    (417, None), (429, None), (431, None), (500, None), (501, None), (503, None), (505, None),
}
# Paths that are served but are no part of the described API.
UNDESCRIBED = {"/openapi.json", "/docs", "/.well-known/jwks.json", "/health/live", "/health/ready", "/json"}
# (method, path, status, detail or None) declared but shown by no test here, with the place that shows it.
COVERED_ELSEWHERE = {}


@pytest.fixture(scope="module")
def document(request):
    from client import Client
    with Client(request.getfixturevalue("server")) as client:
        return client.get("/openapi.json").json()


def template_pattern(template):
    return re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in template.split("/")))


def operation_of(document, record):
    method = {"HEAD": "get"}.get(record["method"], record["method"].lower())
    for template, item in document["paths"].items():
        if method in item and template_pattern(template).fullmatch(record["path"]):
            return template, method, item[method]
    return None


def resolved(document, value):
    while "$ref" in value:
        target = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        value = target
    return value


def content_of(document, response):
    return resolved(document, response).get("content", {}).get("application/json", {})


def declared_details(document, response):
    """The texts of `detail` in a response's examples, wherever OpenAPI lets them stand."""
    content = content_of(document, response)
    schema = resolved(document, content.get("schema", {}))
    found = [e.get("value") for e in map(lambda e: resolved(document, e), content.get("examples", {}).values())]
    found += [content.get("example"), schema.get("example"), *schema.get("examples", [])]
    texts = {e["detail"] for e in found if isinstance(e, dict) and isinstance(e.get("detail"), str)}
    detail = resolved(document, schema.get("properties", {}).get("detail", {}))
    texts |= {t for t in [detail.get("const"), *detail.get("enum", []), *detail.get("examples", [])] if isinstance(t, str)}
    return texts


def complaint(document, record):
    """None, or what is wrong with an answer."""
    status, body = record["status"], record["body"]
    detail = body.get("detail") if isinstance(body, dict) else None
    general = any(status == s and (text is None or record["method"] == "HEAD" or text == detail) for s, text in GENERAL)
    if status >= 400 and record["method"] != "HEAD" and detail is None:
        return "a problem without a detail"
    found = operation_of(document, record)
    if status < 200 or record["method"] == "OPTIONS":
        return None
    if not found:
        return None if record["path"] in UNDESCRIBED or general else "an answer of no declared route"
    response = found[2]["responses"].get(str(status))
    if not response:
        return None if general else "a status that is not declared"
    schema = content_of(document, response).get("schema")
    if schema and body is not None:
        errors = list(jsonschema.Draft202012Validator({**document, **schema}).iter_errors(body))
        if errors:
            return f"does not fit its schema: {errors[0].message}"
    texts = declared_details(document, response)
    if texts and isinstance(detail, str) and detail not in texts and not (status, None) in GENERAL - {(400, None)}:
        return None if status == 400 and detail in PARSING else f"a detail that is not declared; declared: {texts}"
    return None


PARSING = {"There was an error parsing the body"}


def test_every_answer_is_declared(document):
    complaints = [f"{said}: {json.dumps(record)[:400]}" for record in recorder.every_record() if (said := complaint(document, record))]
    assert not complaints, "\n".join(complaints)


def test_everything_declared_was_seen(document, request):
    here = Path(__file__).parent
    asked = {Path(item.fspath) for item in request.session.items}
    if asked != set(here.glob("test_*.py")) or request.config.option.keyword:
        pytest.skip("only some of the tests run")
    seen = set()
    for record in recorder.every_record():
        found = operation_of(document, record)
        if found:
            detail = record["body"].get("detail") if isinstance(record["body"], dict) else None
            seen.add((found[1], found[0], record["status"], detail if isinstance(detail, str) else None))
            seen.add((found[1], found[0], record["status"], None))
    declared = set()
    for template, item in document["paths"].items():
        for method, operation in item.items():
            for status, response in operation["responses"].items():
                declared.add((method, template, int(status), None))
                declared |= {(method, template, int(status), text) for text in declared_details(document, response)}
    unseen = sorted(declared - seen - set(COVERED_ELSEWHERE), key=str)
    assert not unseen, "declared, but no test has seen it:\n" + "\n".join(map(str, unseen))
