"""Where Postern answers otherwise than FastAPI on purpose. Each rule names its sentence of docs/differences.md.

A rule says of which requests it holds, given FastAPI's answer, and turns that answer into the promised one; rules are
applied in their order, and whatever none of them touches must be equal. Where FastAPI stumbles over what does not matter,
it is asked without that (`instead`), and its answer then is the promise.
"""

import copy
import re
from dataclasses import dataclass
from pathlib import Path

import accounts
from asked import FORM_ROUTES, JSON_ROUTES, MULTIPART, URLENCODED, depth, values
from differences import Any, Difference, fault, matches, problem, validation

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "differences.md"
BODY_MAX, DEPTH_MAX, FIELDS_MAX = 64 * 1024, 32, 100
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
RULES = []
PLAINER = []

BAD_BODY = problem(400, "There was an error parsing the body")
NO_TOKEN = problem(401, "Not authenticated", **{"www-authenticate": "Bearer"})
BAD_TOKEN = problem(401, "Could not validate credentials", **{"www-authenticate": "Bearer"})


@dataclass
class Rule(Difference):
    final: bool = False


def rule(title, holds, final=False):
    """After a `final` one no other rule is asked."""
    def add(change):
        RULES.append(Rule(title, holds, change, final=final))
        return change
    return add


def instead(title, holds):
    def add(change):
        PLAINER.append(Difference(title, holds, change))
        return change
    return add


def asked_of_fastapi(request):
    """(the request that FastAPI's answer is wanted for, the titles of the rules that made it another)"""
    titles = []
    for one in PLAINER:
        if one.holds(request):
            one.used += 1
            titles.append(one.title)
            request = {**request, "headers": one.change(request["headers"])}
    return request, titles


def promised(asked, answer):
    """(the promised answer, the titles of the rules that made it what it is)"""
    titles = []
    for one in RULES:
        if one.holds(asked, answer):
            before = answer
            answer = copy.deepcopy(answer)
            answer = copy.deepcopy(one.change(asked, answer) or answer)
            if answer != before:
                one.used += 1
                titles.append(one.title)
            if isinstance(answer, Any):
                return answer, titles
            if one.final:
                break
    if asked.method == "HEAD":
        answer["body"] = None
    return answer, titles


def undocumented():
    text = " ".join(DOCUMENT.read_text().split())
    return sorted({one.title for one in RULES + PLAINER if one.title not in text})


def uses():
    """{title: how often it was needed}"""
    every = RULES + PLAINER
    return {one.title: sum(other.used for other in every if other.title == one.title) for one in every}


def faults(answer):
    detail = answer["body"].get("detail") if isinstance(answer["body"], dict) else None
    return detail if isinstance(detail, list) else []


def invalid_json(error=None):
    return validation(fault("json_invalid", ["body", Any()], "JSON decode error", {}, ctx={"error": error or Any()}))


# HTTP, requests and routes.

def has_header(name):
    return lambda request: any(given.lower() == name for given, _ in request["headers"])


def bends_http(asked, answer):
    hosts = asked.request.get("host", ["x"])
    other_host = asked.target.startswith("http:") and hosts != ["example.com"]
    return len(hosts) != 1 or hosts == [""] or other_host or "#" in asked.target or asked.request.get("extension")


@instead("`Upgrade` is ignored", has_header("upgrade"))
def _(headers):
    return [header for header in headers if header[0] not in ("Upgrade", "Connection")]


@rule("`OPTIONS *` is 204", lambda q, a: q.path == "*")
def _(asked, answer):
    return {"status": 204, "headers": {}, "body": None}


@rule("HTTP is read strictly", bends_http, final=True)
def _(asked, answer):
    return problem(400, "Bad Request")


@rule("A body has at most 64 KiB", lambda q, a: len(q.target) > 8192, final=True)
def _(asked, answer):
    return problem(414, "URI Too Long")


@rule("A body has at most 64 KiB", lambda q, a: len(q.request["headers"]) + 2 > 64, final=True)
def _(asked, answer):
    return problem(431, "Request Header Fields Too Large")


@rule("An unknown method is 501", lambda q, a: q.method not in METHODS, final=True)
def _(asked, answer):
    return problem(501, "Not Implemented")


@rule("there are no `/redoc` and no `/docs/oauth2-redirect`", lambda q, a: q.path in ("/redoc", "/docs/oauth2-redirect"),
      final=True)
def _(asked, answer):
    return problem(404, "Not Found")


@rule("A trailing slash is not redirected", lambda q, a: a["status"] == 307, final=True)
def _(asked, answer):
    return problem(404, "Not Found")


def refuses_method(answer):
    return answer["status"] == 405


@rule("`Allow` names HEAD and OPTIONS", lambda q, a: refuses_method(a))
def _(asked, answer):
    answer["headers"]["allow"] = "GET, HEAD, OPTIONS" if answer["headers"]["allow"] == "GET" else "POST, OPTIONS"


def is_asked_of_me(asked, answer):
    return asked.path == "/users/me" and refuses_method(answer)


@rule("There are more routes", is_asked_of_me)
def _(asked, answer):
    answer["headers"]["allow"] = "GET, HEAD, PATCH, DELETE, OPTIONS"


@rule("There are more routes", lambda q, a: is_asked_of_me(q, a) and q.method in ("PATCH", "DELETE"), final=True)
def _(asked, answer):
    if asked.token_kind != "good":
        return NO_TOKEN
    missing = validation(fault("missing", ["body"], "Field required", None))
    members = validation(*(fault("missing", ["body", name], "Field required", None) for name in ("email", "current_password")))
    return members if asked.body else missing


def heads_a_get(asked, answer):
    return asked.method == "HEAD" and refuses_method(answer) and "GET" in answer["headers"]["allow"]


@rule("HEAD is answered where GET is", heads_a_get)
def _(asked, answer):
    if asked.token_kind == "good":
        return {"status": 200, "headers": {"content-type": "application/json"}, "body": None}
    return NO_TOKEN


@rule("OPTIONS is answered", lambda q, a: q.method == "OPTIONS" and refuses_method(a))
def _(asked, answer):
    return {"status": 204, "headers": {"allow": answer["headers"]["allow"]}, "body": None}


@rule("A body has at most 64 KiB", lambda q, a: len(q.body) > BODY_MAX, final=True)
def _(asked, answer):
    return problem(413, "Content Too Large")


def is_other_media(asked, answer):
    if asked.posts_to(JSON_ROUTES):
        return asked.media is None or not re.fullmatch(r"(application/(.*\+)?json)?", asked.media[0])
    if asked.posts_to(FORM_ROUTES):
        return asked.media is None or asked.media[0] not in ("", URLENCODED, MULTIPART)
    return False


@rule("Another media type is 415", is_other_media, final=True)
def _(asked, answer):
    return problem(415, "Unsupported Media Type")


# JSON.

def is_json(asked):
    return asked.posts_to(JSON_ROUTES)


@rule("Bodies are UTF-8", lambda q, a: is_json(q) and q.text is None, final=True)
def _(asked, answer):
    return BAD_BODY


@rule("a byte order mark is `json_invalid`", lambda q, a: is_json(q) and (q.text or "").startswith("\ufeff"), final=True)
def _(asked, answer):
    return invalid_json()


@rule("UTF-16 and UTF-32", lambda q, a: is_json(q) and "\0" in (q.text or "") and q.json is None, final=True)
def _(asked, answer):
    """Of ASCII alone they are UTF-8 too, and no JSON."""
    return invalid_json()


@rule("Malformed JSON: the place and the words", lambda q, a: any(f["type"] == "json_invalid" for f in faults(a)),
      final=True)
def _(asked, answer):
    return invalid_json()


def names_no_number(asked, answer):
    return is_json(asked) and asked.json is not None and re.search("NaN|Infinity", asked.without_texts)


@rule("NaN and Infinity are not JSON", names_no_number, final=True)
def _(asked, answer):
    return invalid_json()


def is_half(value):
    return isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value)


@rule("Half a surrogate pair is not text", lambda q, a: is_json(q) and any(map(is_half, values(q.json))), final=True)
def _(asked, answer):
    return invalid_json()


@rule("JSON nests 32 deep", lambda q, a: is_json(q) and depth(q.json) > DEPTH_MAX, final=True)
def _(asked, answer):
    return invalid_json("Too many nested levels")


def is_json_here(asked):
    """No rule above has refused it."""
    return is_json(asked) and asked.json is not None


def has_endless_number(asked, answer):
    return is_json_here(asked) and answer["status"] == 400 and re.search(r"\d{4301}", asked.without_texts)


@rule("Integers have 64 bits", has_endless_number)
def _(asked, answer):
    """Python reads no number of so many digits, not even where nobody asks for it."""
    return Any(lambda actual: actual["status"] in (200, 201, 422), "an answer")


@rule("Members that appear twice are refused", lambda q, a: is_json_here(q) and q.members.repeated())
def _(asked, answer):
    places = [["body", name] for name in asked.members.repeated()]

    def names_all(actual):
        found = actual["body"]["detail"] if actual["status"] == 422 else []
        twins = [f for f in found if matches(fault("duplicate_member", f["loc"], "Member given more than once", None), f)]
        return sorted(f["loc"] for f in twins) == sorted(places)

    return Any(names_all, f"duplicate_member for {places}")


def is_beyond(value):
    if isinstance(value, str):
        is_integer = re.fullmatch(r"[+-]?\d[\d_]*(\.0*)?", value.strip()) and len(value) < 4300
        value = int(value.split(".")[0].replace("_", "")) if is_integer else 0
    return isinstance(value, (int, float)) and not -2**63 <= value < 2**63


def is_infinite(value):
    return isinstance(value, float) and value in (float("inf"), float("-inf"))


def has_infinite_number(asked, answer):
    return is_json_here(asked) and answer["status"] == 500 and any(map(is_infinite, values(asked.json)))


@rule("`1e400` is `finite_number`", has_infinite_number)
def _(asked, answer):
    """FastAPI finds the fault, and then cannot write what it was given."""
    def finds_it(actual):
        found = actual["body"]["detail"] if actual["status"] == 422 else []
        told = [f["type"] for f in found if f["loc"] == ["body", "user_id"]]
        return bool(found) and (not is_infinite(asked.members.get("user_id")) or told == ["finite_number"])

    return Any(finds_it, "422, and finite_number for a user_id beyond all bounds")


def has_large_integer(asked, answer):
    read = is_json_here(asked) and asked.path == "/json" and answer["status"] in (200, 422)
    return read and is_beyond(asked.members.get("user_id"))


@rule("Integers have 64 bits", has_large_integer)
def _(asked, answer):
    given = asked.members.get("user_id")
    others = [f for f in faults(answer) if f["loc"] != ["body", "user_id"]]
    words = "Unable to parse input string as an integer, exceeded maximum size"
    return validation(fault("int_parsing_size", ["body", "user_id"], words, given), *others)


# Secrets.

def refuses_account(asked, answer):
    return asked.path == "/register" and answer["status"] == 422


@rule("No secret comes back", refuses_account)
def _(asked, answer):
    """`input` is null for the password, and for a body or object that holds or should hold one."""
    for found in faults(answer):
        if found["loc"] != ["body", "email"] or found["type"] == "missing":
            found["input"] = None


def has_nul(asked, answer):
    password = asked.members.get("password")
    return asked.path == "/register" and is_json_here(asked) and isinstance(password, str) and "\0" in password \
        and not any(f["loc"] == ["body", "password"] for f in faults(answer))


@rule("A password has no U+0000", has_nul)
def _(asked, answer):
    refused = fault("value_error", ["body", "password"], Any(), None, ctx=Any())
    return validation(*faults(answer), refused)


@rule("A refused address literal is explained in fewer words", lambda q, a: q.path == "/register" and faults(a))
def _(asked, answer):
    for found in faults(answer):
        if found["loc"] == ["body", "email"] and "reason" in found.get("ctx", {}):
            reason = accounts.in_fewer_words(found["ctx"]["reason"])
            found.update(msg=f"value is not a valid email address: {reason}", ctx={"reason": reason})


# Forms.

def is_form(asked):
    return asked.is_urlencoded or asked.is_multipart


@rule("A form has at most 100 fields", lambda q, a: is_form(q) and q.fields_count > FIELDS_MAX, final=True)
def _(asked, answer):
    return BAD_BODY


@rule("Forms carry no files", lambda q, a: is_form(q) and q.form == "file", final=True)
def _(asked, answer):
    return BAD_BODY


@rule("Multipart bodies are read strictly", lambda q, a: is_form(q) and q.is_multipart and q.form is None, final=True)
def _(asked, answer):
    return BAD_BODY


@rule("Forms are read strictly", lambda q, a: is_form(q) and q.is_urlencoded and q.form is None, final=True)
def _(asked, answer):
    return BAD_BODY


def read_otherwise(asked, answer):
    """FastAPI has read other fields than those that stand there."""
    return is_form(asked) and isinstance(asked.form, list) and asked.is_read_otherwise


@rule("Multipart bodies are read strictly", lambda q, a: read_otherwise(q, a) and q.is_multipart)
@rule("Forms are read strictly", lambda q, a: read_otherwise(q, a) and q.is_urlencoded)
def _(asked, answer):
    fields = dict(asked.form)
    grant = fields.get("grant_type", "password")
    other = fault("string_pattern_mismatch", ["body", "grant_type"], "String should match pattern 'password'", grant,
                  ctx={"pattern": "password"})
    absent = [name for name in ("username", "password") if name not in fields]
    found = [] if "password" in grant else [other]
    found += [fault("missing", ["body", name], "Field required", None) for name in absent]
    return validation(*found) if found else problem(401, "Incorrect email or password")


def logs_in(asked, answer):
    if answer["status"] != 401 or not isinstance(asked.form, list):
        return None
    fields = dict(asked.form)
    return accounts.account_of(fields.get("username", ""), fields.get("password", ""))


@rule("A log-in may write the address in any of its forms", logs_in)
def _(asked, answer):
    return {"status": 200, "headers": {"content-type": "application/json"},
            "body": {"access_token": f"<token of {logs_in(asked, answer)}>", "token_type": "bearer", "expires_in": 1800}}


@rule("A log-in begins a session", lambda q, a: q.posts_to(FORM_ROUTES) and a["status"] == 200)
def _(asked, answer):
    answer["body"].update(refresh_token="<refresh_token>", refresh_expires_in=14 * 86400)


@rule("Another grant type is an OAuth error",
      lambda q, a: q.posts_to(FORM_ROUTES) and any(f["loc"] == ["body", "grant_type"] for f in faults(a)))
def _(asked, answer):
    refreshes = dict(asked.form).get("grant_type") == "refresh_token"
    error, detail = ("invalid_request", "A parameter is missing") if refreshes else ("unsupported_grant_type", "Unsupported grant type")
    return {**problem(400, detail), "body": {"detail": detail, "error": error, "error_description": detail}}


@rule("A log-in that fails names the OAuth error", lambda q, a: q.posts_to(FORM_ROUTES) and a["status"] == 401)
def _(asked, answer):
    answer["body"].update(error="invalid_grant", error_description="Incorrect email or password")


@rule("`WWW-Authenticate: Bearer` is on every 401", lambda q, a: a["status"] == 401)
def _(asked, answer):
    answer["headers"]["www-authenticate"] = "Bearer"


# Who is asking.

STRICT_TOKENS = {
    "padded", "other-spelling",                                                 # base64url in its one spelling
    "sub-twice", "exp-twice", "claims-bom",                                     # JSON as everywhere
    "exp-number-in-text",                                                       # a number
    "sub-fraction", "sub-true", "sub-plus", "sub-blank", "sub-underscore", "sub-other-digits",  # an id, in its digits
    "typ-other", "typ-number", "kid-number", "crit",                            # a header that means something else
}
TOKENS_BEYOND = {"sub-beyond-2-63", "sub-beyond-2-64", "exp-infinite"}


@rule("Tokens are read strictly", lambda q, a: q.token_kind in STRICT_TOKENS and a["status"] == 200)
def _(asked, answer):
    return BAD_TOKEN


@rule("a token whose `sub` is beyond that is refused", lambda q, a: q.token_kind in TOKENS_BEYOND and a["status"] == 500)
def _(asked, answer):
    return BAD_TOKEN


def is_protected(asked):
    return asked.path == "/users/me" and asked.method == "GET"


def holds_other_letters(asked, answer):
    return is_protected(asked) and answer["status"] == 200 and not asked.headers("authorization")[0].isascii()


@rule("Tokens are read strictly", holds_other_letters)
def _(asked, answer):
    """PyJWT skips what is no letter of base64."""
    return BAD_TOKEN


BLANKS = re.compile(r"(Bearer )[ \t]+(.*?)|(Bearer .*?)\t+", re.I | re.S)


def has_blanks(request):
    return any(name == "Authorization" and BLANKS.fullmatch(value) for name, value in request["headers"])


@instead("Blanks after Bearer", has_blanks)
def _(headers):
    return [[name, BLANKS.sub(r"\1\2\3", value) if name == "Authorization" else value] for name, value in headers]


@rule("Two Authorization headers are none", lambda q, a: is_protected(q) and len(q.headers("authorization")) > 1)
def _(asked, answer):
    return NO_TOKEN
