"""GET /docs: one page that a strict Content-Security-Policy lets work, and nothing from elsewhere."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from conftest import ELSEWHERE

pytestmark = pytest.mark.skipif(bool(ELSEWHERE), reason="Swagger UI is not ours")


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.inline, self._open = [], {"script": [], "style": []}, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open = tag if tag in self.inline and "src" not in dict(attrs) else None
        if self._open:
            self.inline[tag].append("")

    def handle_data(self, data):
        if self._open:
            self.inline[self._open][-1] += data

    def handle_endtag(self, tag):
        self._open = None


@pytest.fixture
def answer(client):
    return client.get("/docs")


@pytest.fixture
def page(answer):
    return Page(answer.text)


@pytest.fixture
def policy(answer):
    parts = [part.split() for part in answer.headers["Content-Security-Policy"].split(";") if part.strip()]
    return {name: sources for name, *sources in parts}


def test_is_html(answer):
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].replace(" ", "").lower() == "text/html;charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text.lower().startswith("<!doctype html>")


def test_fits_20_kilobytes(answer):
    assert len(answer.content) <= 20 * 1024


def test_the_policy_is_strict(policy):
    assert policy["default-src"] == ["'none'"]
    assert policy["connect-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"] and policy["base-uri"] == ["'none'"]
    for sources in policy.values():
        for source in sources:
            assert source in ("'none'", "'self'", "data:") or source.startswith("'sha256-"), source


@pytest.mark.parametrize("kind", ["script", "style"])
def test_the_hashes_are_those_of_the_inline_parts(page, policy, kind):
    hashes = {"'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'" for text in page.inline[kind]}
    assert hashes and hashes == {source for source in policy[f"{kind}-src"] if source.startswith("'sha256-")}


def test_nothing_needs_what_the_policy_forbids(page):
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
        assert not (attributes.get("href") or "").startswith("javascript:")


def test_nothing_is_loaded_from_elsewhere(page, answer):
    for tag, attributes in page.tags:
        for name in ("src", "href", "action", "data"):
            value = attributes.get(name) or ""
            if tag != "a":
                assert not re.match(r"(https?:)?//", value), (tag, value)
    assert "url(http" not in answer.text and "@import" not in answer.text


def test_is_written_for_everyone(page):
    html = next(attributes for tag, attributes in page.tags if tag == "html")
    assert html.get("lang")
    assert any(tag == "meta" and a.get("name") == "viewport" for tag, a in page.tags)
    assert any(tag == "title" for tag, _ in page.tags)


def test_is_not_in_the_document_of_the_api(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert "/docs" not in paths and "/openapi.json" not in paths
