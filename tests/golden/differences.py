"""Where Postern answers otherwise than FastAPI on purpose: the table that the replaying test applies.

Each entry says for which recorded requests it holds and turns FastAPI's answer into the promised one. Whatever no entry
touches must be equal. The titles are those of docs/differences.md.
"""

import copy
import json
from dataclasses import dataclass
from typing import Callable

JSON_MEDIA = ("application/json",)


class Any:
    """Stands for every value, or for those that `accepts` lets pass."""

    def __init__(self, accepts=lambda value: True, text="anything"):
        self.accepts, self.text = accepts, text

    def __repr__(self):
        return f"<{self.text}>"


class Either:
    """Stands for one of several values: the contract leaves it open."""

    def __init__(self, *values):
        self.values = values

    def __repr__(self):
        return " or ".join(map(repr, self.values))


TEXT = Any(lambda v: isinstance(v, str) and v != "", "some text")
OFFSET = Any(lambda v: type(v) is int and v >= 0, "an offset")


def matches(expected, actual):
    if isinstance(expected, Any):
        return expected.accepts(actual)
    if isinstance(expected, Either):
        return any(matches(value, actual) for value in expected.values)
    if isinstance(expected, dict):
        return isinstance(actual, dict) and expected.keys() == actual.keys() and all(
            matches(value, actual[name]) for name, value in expected.items())
    if isinstance(expected, list):
        return isinstance(actual, list) and len(expected) == len(actual) and all(map(matches, expected, actual))
    return isinstance(expected, bool) == isinstance(actual, bool) and expected == actual


@dataclass
class Difference:
    title: str
    holds: Callable
    change: Callable
    used: int = 0


DIFFERENCES: list[Difference] = []


def difference(title, holds):
    def add(change):
        DIFFERENCES.append(Difference(title, holds, change))
        return change
    return add


def promised(record):
    """The answer that the contract promises for a recorded request: FastAPI's after every entry that holds."""
    answer = copy.deepcopy(record["answer"])
    for entry in DIFFERENCES:
        if entry.holds(record):
            entry.used += 1
            answer = entry.change(record, answer) or answer
    return answer


# What the entries ask of a record.

def name_starts(*beginnings):
    return lambda r: r["name"].startswith(beginnings)


def name_is(*names):
    return lambda r: r["name"] in names


def path_of(record):
    return record["path"].split("?")[0]


def faults(record_or_answer):
    body = record_or_answer.get("answer", record_or_answer)["body"]
    detail = body.get("detail") if isinstance(body, dict) else None
    return detail if isinstance(detail, list) else []


def has_fault(kind):
    return lambda r: any(fault["type"] == kind for fault in faults(r))


def media_type(record):
    found = [value for name, value in record.get("headers", []) if name.lower() == "content-type"]
    return found[0].split(";")[0].strip().lower() if found else None


def problem(status, detail, **headers):
    return {"status": status, "headers": {"content-type": "application/json", **headers}, "body": {"detail": detail}}


def validation(*found):
    return problem(422, list(found))


def fault(kind, loc, msg=TEXT, value=Any(), **more):
    return {"type": kind, "loc": loc, "msg": msg, "input": value, **more}


INVALID_JSON = validation(fault("json_invalid", ["body", OFFSET], "JSON decode error", {}, ctx={"error": TEXT}))
LOGGED_IN = {"access_token": "<access_token>", "token_type": "bearer", "expires_in": 1800, "refresh_token": "<refresh_token>",
             "refresh_expires_in": 14 * 86400}
NOT_UTF8 = problem(400, "There was an error parsing the body")
UNREADABLE = Either(problem(400, TEXT), problem(422, Any()))


# The table.

@difference("A trailing slash is not redirected", lambda r: r["answer"]["status"] == 307)
def _(record, answer):
    return problem(404, "Not Found")


JSON_ROUTES, FORM_ROUTES = ("/json", "/register"), ("/token",)
FORM_MEDIA = ("application/x-www-form-urlencoded", "multipart/form-data")


def is_other_media(record):
    media, body = media_type(record), record.get("body")
    if record["method"] != "POST" or media is None or not body:
        return False
    if path_of(record) in JSON_ROUTES:
        return media != "application/json" and not media.endswith("+json")
    return path_of(record) in FORM_ROUTES and media not in FORM_MEDIA


@difference("Another media type is 415", is_other_media)
def _(record, answer):
    return problem(415, "Unsupported Media Type")


@difference("Another media type is 415", name_is("media type text/x+json", "media type image/svg+xml"))
def _(record, answer):
    accepted = {"status": 200, "headers": {"content-type": "application/json"},
                "body": {"user_id": 1, "action": "a", "status": "ok"}}
    return Either(accepted, problem(415, "Unsupported Media Type"))


@difference("Another media type is 415", name_is("form media type None"))
def _(record, answer):
    return Either(answer, problem(415, "Unsupported Media Type"))


@difference("HEAD is answered where GET is", lambda r: r["method"] == "HEAD" and r["path"] == "/users/me")
def _(record, answer):
    if "headers" in record:
        return {"status": 200, "headers": {"content-type": "application/json"}, "body": None}
    return {"status": 401, "headers": {"content-type": "application/json", "www-authenticate": "Bearer"}, "body": None}


@difference("HEAD is answered where GET is", lambda r: r["answer"]["headers"].get("allow") == "GET" and r["method"] != "HEAD")
def _(record, answer):
    answer["headers"]["allow"] = allowed("GET", "HEAD")


@difference("OPTIONS is answered", lambda r: r["answer"]["headers"].get("allow") == "POST")
def _(record, answer):
    answer["headers"]["allow"] = allowed("POST")


@difference("OPTIONS is answered", lambda r: r["method"] == "OPTIONS" and r["answer"]["status"] == 405)
def _(record, answer):
    answer.update(status=Either(200, 204), body=None)
    del answer["headers"]["content-type"]


def allowed(*methods):
    needed, possible = set(methods), set(methods) | {"OPTIONS"}
    return Any(lambda v: isinstance(v, str) and needed <= {m.strip() for m in v.split(",")} <= possible, f"Allow: {methods}")


@difference("Malformed JSON: the place and the words", has_fault("json_invalid"))
def _(record, answer):
    return copy.deepcopy(INVALID_JSON)


@difference("Members that appear twice are refused", name_starts("body same "))
def _(record, answer):
    """Inside of what is ignored nobody looks."""
    member = "x" if "unknown" in record["name"] else "user_id"
    refused = validation(fault("duplicate_member", ["body", member], TEXT, None))
    return Either(answer, refused) if "inner" in record["name"] else refused


@difference("NaN and Infinity are not JSON", name_is(
    "integer literal NaN", "integer literal Infinity", "integer literal -Infinity", "body NaN in unknown",
    "body Infinity in unknown"))
def _(record, answer):
    return copy.deepcopy(INVALID_JSON)


@difference("Half a surrogate pair is not text", name_is(
    "text high surrogate alone", "text low surrogate alone", "text surrogates in wrong order", "text two high surrogates"))
def _(record, answer):
    return copy.deepcopy(INVALID_JSON)


@difference("Bodies are UTF-8", name_is(
    "body UTF-16", "body UTF-16 LE", "body UTF-16 BE", "body UTF-32", "body surrogate in UTF-8"))
def _(record, answer):
    return Either(NOT_UTF8, INVALID_JSON)


@difference("Bodies are UTF-8", name_is("body UTF-8 with BOM"))
def _(record, answer):
    return Either(answer, INVALID_JSON)


TOO_BIG = "Unable to parse input string as an integer, exceeded maximum size"


def is_beyond_int64(record):
    body = record["answer"]["body"]
    value = body.get("user_id") if isinstance(body, dict) else None
    return record["answer"]["status"] == 200 and isinstance(value, int) and not -2**63 <= value < 2**63


@difference("Integers have 64 bits", is_beyond_int64)
def _(record, answer):
    return validation(fault("int_parsing_size", ["body", "user_id"], TOO_BIG, json.loads(record["body"])["user_id"]))


@difference("Integers have 64 bits", name_is("integer literal 1e400", "integer literal -1e400"))
def _(record, answer):
    return Either(validation(fault("int_parsing_size", ["body", "user_id"], TOO_BIG)),
                  validation(fault("finite_number", ["body", "user_id"])), INVALID_JSON)


def takes_secret(record):
    return path_of(record) == "/register" and any(f["type"] != "json_invalid" for f in faults(record))


@difference("No secret comes back", takes_secret)
def _(record, answer):
    """`input` is null for the password and for whatever holds one; where the body holds none, it may be."""
    if answer["status"] != 422:
        return
    for found in answer["body"]["detail"]:
        if found["loc"] == ["body", "password"] and found["type"] != "missing":
            found["input"] = None
        elif isinstance(found["input"], dict) and "password" in found["input"]:
            found["input"] = None
        elif found["loc"] == ["body"] or found["type"] == "missing":
            found["input"] = Either(None, found["input"]) if "horse" not in str(found["input"]) else None


@difference("A log-in that fails names the OAuth error", lambda r: path_of(r) == "/token" and r["answer"]["status"] == 401)
def _(record, answer):
    answer["body"].update(error="invalid_grant", error_description=TEXT)
    return Either(answer, {**answer, "headers": {**answer["headers"], "www-authenticate": "Bearer"}})


@difference("A log-in begins a session", lambda r: path_of(r) == "/token" and r["answer"]["status"] == 200)
def _(record, answer):
    answer["body"] = copy.deepcopy(LOGGED_IN)


def has_other_grant(record):
    return any(f["loc"] == ["body", "grant_type"] for f in faults(record))


@difference("Another grant type is an OAuth error", has_other_grant)
def _(record, answer):
    error = "invalid_request" if "refresh_token" in record["body"] else "unsupported_grant_type"
    return {**problem(400, TEXT), "body": {"detail": TEXT, "error": error, "error_description": TEXT}}


@difference("A password has no U+0000", name_is("register password with NUL"))
def _(record, answer):
    return Either(validation(fault(TEXT, ["body", "password"], TEXT, None)),
                  validation(fault(TEXT, ["body", "password"], TEXT, None, ctx=Any())))


@difference("A log-in may write the address in any of its forms", name_is("form user with spaces"))
def _(record, answer):
    logged_in = {"status": 200, "headers": {"content-type": "application/json"},
                 "body": LOGGED_IN}
    return Either(answer, logged_in)


@difference("A refused address literal is explained in fewer words", name_is("register e-mail 76 'a@[1.2.3]'"))
def _(record, answer):
    """FastAPI's text ends with the words of Python's ipaddress module."""
    for found in faults(answer):
        found.update(msg=TEXT, ctx={"reason": TEXT})


@difference("Forms are read strictly", name_is("form semicolons"))
def _(record, answer):
    return validation(fault("missing", ["body", "password"], "Field required", None))


@difference("Forms are read strictly", lambda r: name_starts("form percent with", "form bad UTF-8", "form raw latin-1")(r)
            or r["name"] in ("form username twice, last good", "form username twice, last wrong",
                             "form password twice, last wrong", "multipart username twice"))
def _(record, answer):
    return Either(answer, UNREADABLE)


def is_broken_multipart(record):
    return record["name"].startswith("multipart ") and record["answer"]["status"] == 400


@difference("Multipart bodies are read strictly", is_broken_multipart)
def _(record, answer):
    without_boundary = record["name"].startswith("multipart type")
    return Either(problem(400, TEXT), problem(415, TEXT)) if without_boundary else problem(400, TEXT)


@difference("Multipart bodies are read strictly", name_is("multipart not closed", "multipart cut in a head"))
def _(record, answer):
    return problem(400, TEXT)


@difference("Multipart bodies are read strictly", name_is("multipart nothing", "multipart no part"))
def _(record, answer):
    absent = [fault("missing", ["body", name], "Field required", None) for name in ("username", "password")]
    return Either(validation(*absent), problem(400, TEXT))


@difference("Multipart bodies are read strictly", name_is("multipart preamble", "multipart Multipart/Form-Data; Boundary=XX",
                                                          "multipart type Multipart/Form-Data; Boundary=XX"))
def _(record, answer):
    logged_in = {"status": 200, "headers": {"content-type": "application/json"},
                 "body": LOGGED_IN}
    return Either(logged_in, problem(400, TEXT))


@difference("Forms carry no files", name_is("multipart file", "multipart file as password"))
def _(record, answer):
    return Either(problem(400, TEXT), problem(415, TEXT), problem(422, Any()))


@difference("Tokens are read strictly", name_is("me token padded"))
def _(record, answer):
    return problem(401, "Could not validate credentials", **{"www-authenticate": "Bearer"})


@difference("Tokens are read strictly", name_is("me token sub-number"))
def _(record, answer):
    return Either(answer, problem(401, "Could not validate credentials", **{"www-authenticate": "Bearer"}))


@difference("Blanks after Bearer", name_is("me scheme 'Bearer  '", "me scheme 'Bearer   '", "me scheme 'Bearer\\t'"))
def _(record, answer):
    me = {"status": 200, "headers": {"content-type": "application/json"},
          "body": {"id": "<id>", "email": "alice@example.com", "is_active": True, "created_at": "<created_at>"}}
    answer["body"]["detail"] = Either("Could not validate credentials", "Not authenticated")
    return Either(me, answer)


@difference("Paths are read strictly", name_is("GET /users%2Fme", "GET /%zz", "GET /%00", "GET //users/me"))
def _(record, answer):
    return Either(answer, problem(404, "Not Found"), problem(400, TEXT))


def is_asked_of_me(record):
    return path_of(record) == "/users/me" and record["answer"]["status"] == 405


@difference("There are more routes", is_asked_of_me)
def _(record, answer):
    if "allow" in answer["headers"]:
        answer["headers"]["allow"] = allowed("GET", "HEAD", "PATCH", "DELETE")


@difference("There are more routes", lambda r: is_asked_of_me(r) and r["method"] in ("PATCH", "DELETE"))
def _(record, answer):
    return problem(401, "Not authenticated", **{"www-authenticate": "Bearer"})
