"""One request to a server and its answer, both as plain JSON-able values.

Shared by the recorder (which asks FastAPI) and by the replaying test (which asks Postern), so that both sides send the
same bytes and forget the same volatile parts. Standard library and PyJWT only.
"""

import base64
import http.client
import json
import re
import time
from urllib.parse import urlsplit

import jwt

SECRET = "golden-secret-of-more-than-32-bytes"
KEPT_HEADERS = ("content-type", "www-authenticate", "allow", "location", "retry-after")


def token(**changes):
    """A token as the service makes them, with some claims changed; None removes one."""
    claims = {"sub": "1", "exp": int(time.time()) + 1800, **changes}
    secret = claims.pop("secret", SECRET)
    algorithm = claims.pop("algorithm", "HS256")
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, None if algorithm == "none" else secret, algorithm=algorithm)


def tampered(text, part):
    parts = text.split(".")
    parts[part] = ("B" if parts[part][0] == "A" else "A") + parts[part][1:]
    return ".".join(parts)


FIRST_USERS = {"good": "1", "second": "2"}  # whose tokens these are: the ids of the first two users

TOKENS = {
    "good": lambda: token(sub=FIRST_USERS["good"]),
    "second": lambda: token(sub=FIRST_USERS["second"]),
    "expired": lambda: token(exp=int(time.time()) - 3600),
    "without-exp": lambda: token(exp=None),
    "exp-text": lambda: jwt_of({"sub": "1", "exp": "tomorrow"}),
    "not-yet": lambda: token(nbf=int(time.time()) + 3600),
    "without-sub": lambda: token(sub=None),
    "sub-number": lambda: token(sub=1),
    "sub-word": lambda: token(sub="alice"),
    "sub-empty": lambda: token(sub=""),
    "sub-unknown": lambda: token(sub="999999999"),
    "sub-zero": lambda: token(sub="0"),
    "sub-negative": lambda: token(sub="-1"),
    "other-secret": lambda: token(secret="another-secret-of-more-than-32-bytes"),
    "hs384": lambda: token(algorithm="HS384"),
    "hs512": lambda: token(algorithm="HS512"),
    "none": lambda: token(algorithm="none"),
    "changed-head": lambda: tampered(token(), 0),
    "changed-claims": lambda: tampered(token(), 1),
    "changed-signature": lambda: tampered(token(), 2),
    "without-signature": lambda: token().rsplit(".", 1)[0] + ".",
    "two-parts": lambda: token().rsplit(".", 1)[0],
    "four-parts": lambda: token() + ".e30",
    "padded": lambda: token() + "=",
    "more-claims": lambda: token(iat=int(time.time()), scope="read", jti="1", iss="someone"),
}


def jwt_of(claims):
    """A signed token whose claims PyJWT itself would refuse to sign."""
    return jwt.api_jws.encode(json.dumps(claims).encode(), SECRET, "HS256")


def bytes_of(request):
    if "body_base64" in request:
        return base64.b64decode(request["body_base64"])
    return request["body"].encode() if "body" in request else None


def send(address, request, timeout=30, seen=None):
    """Sends exactly the named headers (with Host, and Content-Length for a body) and gives the answer.

    `seen`, if any, is told the request and the whole answer: (method, path, status, headers, bytes)."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=timeout)
    body = bytes_of(request)
    connection.putrequest(request["method"], request["path"], skip_accept_encoding=True)
    for name, value in request.get("headers", []):
        value = re.sub(r"\{token:([^}]+)\}", lambda found: TOKENS[found[1]](), value)
        connection.putheader(name, value.encode("utf-8"))
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    if seen:
        seen(request["method"], request["path"], response.status, response.headers, content)
    return answer_of(response.status, response.headers, content)


def answer_of(status, headers, body):
    kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
    if "location" in kept:
        kept["location"] = urlsplit(kept["location"]).path
    try:
        value = json.loads(body) if body else None
    except ValueError:
        value = body.decode("utf-8", "replace")
    return {"status": status, "headers": kept, "body": without_volatile(value)}


def without_volatile(body):
    """Marks in place of what differs from run to run, where it has the promised form."""
    if not isinstance(body, dict):
        return body
    forms = {
        "id": lambda v: type(v) is int and 0 < v < 2**53,
        "created_at": lambda v: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", str(v)),
        "access_token": lambda v: re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", str(v)),
        "refresh_token": lambda v: re.fullmatch(r"[\w-]{60}", str(v)),
    }
    return {n: f"<{n}>" if n in forms and forms[n](v) else v for n, v in body.items()}
