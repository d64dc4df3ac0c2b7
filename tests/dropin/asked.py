"""What the rules ask of a request: its media type, its JSON as written, its form, read as the contract says.

Written from docs/differences.md and in Python's own way, so that a slip of Postern's readers is not repeated here.
"""

import json
import re
from functools import cached_property
from urllib.parse import unquote_to_bytes

JSON_ROUTES, FORM_ROUTES = ("/json", "/register"), ("/token",)
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
QUOTED = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\.)*"'
PARAMETER = rf"({TOKEN})=({TOKEN}|{QUOTED})"
HEADER = re.compile(rf"({TOKEN}):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")
MEDIA = re.compile(rf"({TOKEN}/{TOKEN})((?:[ \t]*;[ \t]*(?:{PARAMETER})?)*)[ \t]*")


class Object(list):
    """A JSON object as its (name, value) pairs, so that names given twice are seen."""

    def get(self, wanted):
        return next((value for name, value in reversed(self) if name == wanted), None)

    def repeated(self):
        names = [name for name, _ in self]
        return {name for name in names if names.count(name) > 1}


def inner(value):
    if isinstance(value, Object):
        return [value for _, value in value]
    return value if isinstance(value, list) else []


def values(value):
    """The value and all that it holds, names of members too."""
    yield value
    if isinstance(value, Object):
        yield from (name for name, _ in value)
    for held in inner(value):
        yield from values(held)


def depth(value):
    return 1 + max(map(depth, inner(value)), default=0) if isinstance(value, list) else 0


def read_media(text):
    """(type in lower case, {parameter: value}), or None when RFC 9110 does not allow the text."""
    found = MEDIA.fullmatch(text.strip(" \t"))
    if not found:
        return None
    pairs = [(name.lower(), value.strip('"')) for name, value in re.findall(PARAMETER, found[2])]
    twice = len({name for name, _ in pairs}) < len(pairs)
    return None if twice else (found[1].lower(), dict(pairs))


def read_part(part):
    """(name, value) of a part of a multipart body, "file", or None."""
    head, blank, value = part.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    headers = [HEADER.fullmatch(line.decode("latin-1")) for line in lines]
    if not blank or None in headers or len(head) > 2048:
        return None
    named = [(found[1].lower(), found[2]) for found in headers]
    dispositions = [read_media("x/" + text) for name, text in named if name == "content-disposition"]
    if len(dispositions) != 1 or not dispositions[0] or dispositions[0][0] != "x/form-data":
        return None
    for name, text in named:
        media = read_media(text) if name == "content-type" else ("", {})
        if media is None or media[1].get("charset", "utf-8").lower() not in ("utf-8", "us-ascii"):
            return None
        if name == "content-transfer-encoding" and text.lower() not in ("7bit", "8bit", "binary"):
            return None
    parameters = dispositions[0][1]
    if "name" not in parameters:
        return None
    if "filename" in parameters:
        return "file"
    try:
        name = parameters["name"].encode("latin-1").decode()
        return re.sub(r'\\(["\\])', r"\1", name), value.decode()
    except UnicodeDecodeError:
        return None


def read_multipart(body, boundary):
    """[(name, value)], "file", or None."""
    pieces = re.split(rb"(?:\A|\r\n)--" + re.escape(boundary.encode()), body)[1:]
    fields = []
    for piece in pieces:
        end = re.match(rb"(--)?[ \t]*(\r\n|\Z)", piece)
        if not end or (not end[1] and not end[2]):
            return None
        if end[1]:
            return fields or None
        # What follows is a part if another boundary ends it.
        fields.append(piece[end.end():])
    return None


class Asked:
    def __init__(self, request):
        self.request = request
        self.method = request["method"]
        self.target = request["path"]
        path = self.target.removeprefix("http://example.com").split("?")[0]
        self.path = unquote_to_bytes(path).decode("utf-8", "replace")
        self.body = request["body"] or b""

    def headers(self, wanted):
        return [value for name, value in self.request["headers"] if name.lower() == wanted]

    def posts_to(self, paths):
        return self.method == "POST" and self.path in paths

    @property
    def token_kind(self):
        """The kind of token asked with, if it is asked in the plain way."""
        found = [re.fullmatch(r"Bearer \{token:([^:]+):\d+\}", value) for value in self.headers("authorization")]
        return found[0][1] if len(found) == 1 and found[0] else None

    @cached_property
    def media(self):
        """As read_media() has it, ("", {}) where the request has none."""
        given = self.headers("content-type")
        return read_media(given[0]) if given else ("", {})

    # ---- JSON --------------------------------------------------------------------------------

    @cached_property
    def text(self):
        """The body as UTF-8, or None."""
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            return None

    @cached_property
    def json(self):
        """The body of a request to a JSON route as Python reads it, objects as pairs; None when it is none."""
        if not self.posts_to(JSON_ROUTES) or self.text is None:
            return None
        try:
            return json.loads(self.text, object_pairs_hook=Object, parse_int=lambda digits: int(digits[:4000]))
        except ValueError:
            return None

    @property
    def members(self):
        return self.json if isinstance(self.json, Object) else Object()

    @property
    def without_texts(self):
        return re.sub(r'"(\\.|[^"\\])*"', '""', self.text or "")

    # ---- Forms -------------------------------------------------------------------------------

    @property
    def is_urlencoded(self):
        return self.posts_to(FORM_ROUTES) and bool(self.media) and self.media[0] == URLENCODED

    @property
    def is_multipart(self):
        return self.posts_to(FORM_ROUTES) and bool(self.media) and self.media[0] == MULTIPART

    @cached_property
    def form(self):
        """[(name, value)] as the contract reads the form; "file" when it carries one; None when it is refused."""
        fields = self._urlencoded() if self.is_urlencoded else self._multipart()
        return None if fields is None or len(fields) > 100 and fields != "file" else fields

    def _urlencoded(self):
        try:
            pairs = [part.partition(b"=")[::2] for part in self.body.split(b"&") if part]
            return [tuple(unquote_to_bytes(text.replace(b"+", b" ")).decode() for text in pair) for pair in pairs]
        except UnicodeDecodeError:
            return None

    def _multipart(self):
        boundary = self.media[1].get("boundary")
        if not boundary:
            return None
        parts = read_multipart(self.body, boundary) if self.body else []
        if parts is None:
            return None
        fields = [read_part(part) for part in parts]
        return "file" if "file" in fields else None if None in fields else fields

    @property
    def fields_count(self):
        if self.is_urlencoded:
            return sum(part != b"" for part in self.body.split(b"&"))
        return len(self.form) if isinstance(self.form, list) else 0

    @property
    def is_read_otherwise(self):
        """Semicolons, a last name without its =, bytes as they are; what precedes a multipart body, and `Boundary=`."""
        if self.is_urlencoded:
            last = self.body.rstrip(b"&").rpartition(b"&")[2]
            return b";" in self.body or b"=" not in last or not self.body.isascii()
        mark = b"--" + self.media[1]["boundary"].encode()
        return not self.body.startswith(mark) or "boundary=" not in self.headers("content-type")[0]
