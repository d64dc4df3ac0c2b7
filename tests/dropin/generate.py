"""Requests from a seed: valid ones, and broken in every way the schemas allow.

    python tests/dropin/generate.py --seed 7 --count 20         prints them, one a line

Each is {"method", "path", "headers", "body", "chunked"}; their order matters, since accounts are made on the way. What only
the asked server can know stands as a mark: `{token:KIND:N}` in a header is a token of the N-th account (tokens.py).
"""

import argparse
import json
import random
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "golden"), str(HERE.parent / "email")]
import addresses  # noqa: E402
import questions  # noqa: E402
from tokens import KINDS  # noqa: E402

JSON, FORM = questions.JSON, questions.FORM
FIELDS = ["grant_type", "scope", "client_id", "client_secret", "otp", "USERNAME", "username[]", ""]
SCRIPTS = ["abcdefgh 0123456789", "äöüßéèñ", "абвгд", "漢字仮名", "😀🎉👩‍🚀", "\u0301\u200b\ufeff", "\"\\/'<>&%+=;,{}[]"]
ROUTES = {"/register": "POST", "/token": "POST", "/users/me": "GET", "/json": "POST"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
EDGE_TEXTS = ["", " ", "\u0000", "null", "true", "0", "a" * 64, "a" * 65, "é" * 64, "😀" * 65, "</script>", "\u2028", "x" * 300]
LITERALS = ["a@[1.2.3]", "a@[IPv6:::g]", "a@[127.0.0.256]", "a@[127.0.0.1]", "a@[]"]
NUMBERS = questions.INTEGER_LITERALS + ["2e0", "1.000", "-1e-1", "123456789.5", "1e15", "4.5e15", "-7"]


class Literal(str):
    """A JSON text that stands as it is."""


def text(r, least=0, most=20):
    letters = r.choice(SCRIPTS) if r.randrange(3) == 0 else SCRIPTS[0]
    return "".join(r.choice(letters) for _ in range(r.randint(least, most)))


def json_text(r, value, spaced=0.2):
    """A value as JSON, its blanks and escapes chosen at random."""
    blank = (lambda: r.choice(["", " ", "\t", "\n ", "\r\n"])) if r.random() < spaced else (lambda: "")

    def written(value):
        if isinstance(value, Literal):
            return str(value)
        if isinstance(value, dict):
            value = value.items()
        elif isinstance(value, list):
            return "[" + ",".join(blank() + written(v) + blank() for v in value) + "]"
        elif isinstance(value, str):
            escaped = json.dumps(value, ensure_ascii=r.randrange(4) == 0)
            if r.randrange(20) == 0:
                escaped = '"' + "".join(f"\\u{ord(c):04x}" if ord(c) < 0xffff else json.dumps(c)[1:-1] for c in value) + '"'
            return escaped
        if not hasattr(value, "__iter__"):
            return json.dumps(value)
        return "{" + ",".join(blank() + written(n) + blank() + ":" + blank() + written(v) + blank() for n, v in value) + "}"

    return blank() + written(value) + blank()


def any_value(r, depth=0):
    kind = r.randrange(11)
    if kind < 2:
        return r.choice([None, True, False])
    if kind < 4:
        return Literal(r.choice(NUMBERS))
    if kind == 4:
        return r.choice(questions.INTEGER_TEXTS)
    if kind == 5:
        return r.choice(EDGE_TEXTS)
    if kind < 8 or depth > 2:
        return text(r)
    if kind == 8:
        return [any_value(r, depth + 1) for _ in range(r.randrange(4))]
    return {text(r, 1, 6): any_value(r, depth + 1) for _ in range(r.randrange(4))}


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.accounts = []  # [e-mail address, password] of those that both services must have
        self.addresses = iter(addresses.drawn(seed, 4000))

    # ---- The parts of requests -------------------------------------------------------------

    def request(self, method, path, headers=(), body=None, chunked=False):
        return {"method": method, "path": path, "headers": [list(h) for h in headers], "body": body, "chunked": chunked}

    def post(self, path, body, media=JSON, headers=()):
        r = self.random
        body = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        named = [] if media is None else [[r.choice(["Content-Type"] * 5 + ["content-type", "CONTENT-TYPE"]), media]]
        path += "" if r.randrange(30) else self.query()
        return self.request("POST", path, [*headers, *self.common_headers(), *named], body, r.randrange(25) == 0)

    def common_headers(self):
        r = self.random
        if r.randrange(4):
            return []
        return r.sample([
            ["Accept", r.choice(["*/*", "application/json", "text/html", "application/xml;q=0.9", ""])],
            ["Accept-Encoding", r.choice(["gzip", "br, gzip;q=0.5", "identity", "*"])],
            ["Accept-Language", "de, en;q=0.5"], ["User-Agent", text(r, 1, 30).encode("ascii", "replace").decode().strip()],
            ["X-Request-Id", "a-b-c"], ["Cookie", "session=1; access_token=x"], ["Referer", "https://example.com/?a=b"],
            ["X-Forwarded-For", "10.0.0.1"], ["If-None-Match", '"x"'], ["Cache-Control", "no-cache"], ["X-Empty", ""],
            ["Range", "bytes=0-1"], ["X-HTTP-Method-Override", "DELETE"], ["Upgrade-Insecure-Requests", "1"],
        ], r.randint(1, 4))

    def query(self):
        r = self.random
        return "?" + r.choice(["", "a=b", "a=b&a=c", "user_id=2", "email=x", "%", "%zz", "=&&=", "a/b", "?", "%00", "a=%ff", "token=x"])

    def password(self):
        r = self.random
        base = text(r, 8, 24) if r.randrange(3) else text(r, 4, 10) + "-" + str(r.randrange(10**9)) + "-pass"
        return "long enough " * 40 if r.randrange(60) == 0 else base

    def account(self):
        return self.random.choice(self.accounts)

    def other_case(self, email):
        r = self.random
        return "".join(r.choice([c.lower(), c.upper()]) if c.isascii() else c for c in email)

    # ---- Accounts --------------------------------------------------------------------------

    def register(self):
        r = self.random
        local = r.choice(["ann", "Bob", "c.d", "e+tag", "o'neil", "é", "用户", "under_score", "X-1"]) + str(len(self.accounts))
        domain = r.choice(["example.com", "EXAMPLE.org", "sub.example.co.uk", "bücher.de", "xn--bcher-kva.de", "日本.jp", "BÜCHER.de"])
        email, password = f"{local}@{domain}", self.password()
        self.accounts.append([email, password])
        members = [["email", email], ["password", password]]
        if r.randrange(4) == 0:
            members.append([r.choice(["id", "is_active", "x"]), r.choice([1, False, None, "y", [{}], {"a": 1.5}])])
        r.shuffle(members)
        media = r.choice([JSON] * 6 + ["application/json; charset=utf-8", None])
        return {**self.post("/register", json_text(r, dict(members)), media), "account": len(self.accounts) - 1}

    def register_again(self):
        email = self.other_case(self.account()[0])
        return self.post("/register", json_text(self.random, {"email": email, "password": self.password()}))

    def register_address(self):
        """Any address, good or bad: each service makes of it what it will."""
        r = self.random
        kind = r.randrange(24)
        email = r.choice(LITERALS) if kind == 0 else r.choice(addresses.chosen()) if kind < 8 else next(self.addresses)
        return self.post("/register", json_text(r, {"email": email, "password": self.password()}))

    def register_password(self):
        r = self.random
        password = r.choice(["a" * 7, "é" * 7, "😀" * 8, "a" * 1024, "é" * 1025, "12345678\u0000", "\u0000" * 8, " " * 8, "\t" * 9,
                             "e\u0301" * 4, "\r\n" * 4, "\ufeff" * 8, "x" * r.randint(1, 1100), text(r, 0, 12)])
        return self.post("/register", json_text(r, {"email": f"p{r.randrange(10**12)}@example.com", "password": password}))

    def log_in(self):
        r = self.random
        email, password = self.account()
        kind = r.randrange(10)
        if kind == 0:
            email = self.other_case(email)
        elif kind == 1:
            password = r.choice([password + " ", password.swapcase() + "x", password[:-1], "", " ", text(r), password * 2])
        elif kind == 2:
            email = r.choice(["nobody@example.com", "", " ", "x", "@", "a@localhost", email + "x", text(r)])
        elif kind == 3:
            email = r.choice([" ", "\t", "", "\u3000"]) + email + r.choice([" ", "\n", ""])
        fields = [["username", email], ["password", password]]
        if r.randrange(3) == 0:
            fields.append(["grant_type", "password"])
        if r.randrange(4) == 0:
            fields.append([r.choice(["scope", "client_id", "client_secret", "otp"]), text(r)])
        r.shuffle(fields)
        return self.send_form(fields)

    def send_form(self, fields):
        return self.multipart(fields) if self.random.randrange(4) == 0 else self.urlencoded(fields)

    # ---- JSON ------------------------------------------------------------------------------

    def action(self):
        r = self.random
        user_id = r.choice([r.randrange(1000), -r.randrange(10**6), r.randrange(2**53), str(r.randrange(99)), Literal("3.0"), True])
        return {"user_id": user_id, "action": text(r, 0, 64)}

    def valid_json(self):
        r = self.random
        media = r.choice([JSON] * 5 + ["application/json;charset=UTF-8", "application/vnd.api+json", None])
        return self.post("/json", json_text(r, self.action()), media)

    def some_members(self):
        r = self.random
        if r.randrange(3):
            return "/json", self.action()
        return "/register", {"email": f"m{r.randrange(10**12)}@example.com", "password": "correct horse"}

    def broken_members(self):
        """Types, bounds, what is missing, null, too much, written otherwise, or no object at all."""
        r = self.random
        path, body = self.some_members()
        if r.randrange(8) == 0:
            return self.post(path, json_text(r, any_value(r)))
        for _ in range(r.choice([1, 1, 2, 3])):
            name = r.choice(list(body) or ["x"])
            kind = r.randrange(8)
            if kind < 4:
                body[name] = any_value(r)
            elif kind == 4:
                body.pop(name, None)
            elif kind == 5:
                body[r.choice([name.upper(), name + " ", "x", "", text(r, 1, 5)])] = any_value(r)
            elif kind == 6 and path == "/json":
                body["user_id"] = r.choice([*map(Literal, NUMBERS), *questions.INTEGER_TEXTS])
            elif kind == 7:
                body[name] = r.choice(EDGE_TEXTS)
        members = list(body.items())
        r.shuffle(members)
        return self.post(path, json_text(r, dict(members)))

    def repeated_members(self):
        r = self.random
        path, body = self.some_members()
        members = list(body.items())
        name = r.choice(list(body) + ["x"])
        again = [(name, r.choice([body.get(name, 1), any_value(r)])) for _ in range(r.choice([1, 1, 2]))]
        if name == "x":
            again.append(("x", 1))
        if r.randrange(4) == 0:
            members.append(("inner", Literal('{"y": 1, "y": 2}')))
        r.shuffle(members)
        return self.post(path, "{" + ", ".join(json_text(r, n) + ":" + json_text(r, v) for n, v in members + again) + "}")

    def malformed(self):
        """A JSON text with some of its letters changed."""
        r = self.random
        path, body = self.some_members()
        if r.randrange(8) == 0:
            body = any_value(r)
        whole = json_text(r, body, 0.5)
        for _ in range(r.choice([1, 1, 1, 2, 4])):
            at = r.randrange(len(whole) + 1)
            whole = whole[:at] + r.choice(["", *'{}[]",:\\0 -+.eEtn/*#\n\t\0é', "//", "NaN", "-Infinity", "'", "\\u", "\\ud800", "\\x",
                                           "\u00a0", "\ufeff", "null", "1e999"]) + whole[at + r.choice([0, 0, 1, 1, 2, 5]):]
        return self.post(path, whole[:r.randrange(len(whole) + 1)] if r.randrange(6) == 0 else whole)

    def odd_text(self):
        """Half surrogate pairs, numbers that are none, depth, size, and nothing."""
        r = self.random
        depth = r.choice([5, 20, 30, 31, 32, 33, 40, 100])
        deep = r.choice(["[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth])
        kind = r.randrange(7)
        value = [r.choice(["NaN", "Infinity", "-Infinity"]), r.choice(['"\\ud83d"', '"\\ude00x"', '"\\ud83d\\ud83d"', '"\\ude00\\ud83d"']),
                 deep, "1" * r.choice([50, 400, 4301]), '"' + "x" * r.choice([1000, 70000]) + '"', r.choice(["1e999", "-1e400"]), "\"\\u0000\""]
        path, body = self.some_members()
        name = r.choice(list(body) + ["x"])
        if r.randrange(12) == 0:
            return self.post(path, r.choice(["", " ", "\n", deep, value[kind], "\ufeff{}", "nul", '"', "{}{}", "[]"]))
        return self.post(path, json_text(r, {**body, name: Literal(value[kind])}))

    def encodings(self):
        r = self.random
        path, body = self.some_members()
        whole = json_text(r, {**body, "x": "é😀"}, 0)
        kind = r.randrange(4)
        if kind == 0:
            raw = whole.encode(r.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-8-sig", "utf-8-sig", "utf-7"]))
        elif kind == 1:
            raw = whole.replace("😀", "").encode("latin-1", "replace")
        else:
            raw = bytearray(whole.encode())
            for _ in range(r.choice([1, 1, 3])):
                at = r.randrange(len(raw) + 1)
                raw[at:at + r.randrange(2)] = r.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\x80", b"\xe2\x82", b"\xf4\x90\x80\x80", b"\xc3"])
            raw = bytes(raw)
        return self.post(path, raw)

    def media_types(self):
        r = self.random
        media = r.choice([
            "text/plain", "text/json", "application/jsonp", "application/x-json", "application/xml", "application/octet-stream",
            "application/json-seq", "application/ld+json", "application/json; charset=latin-1", "APPLICATION/JSON", " application/json ",
            "application/json;", "application/json; x", "application/json;charset=\"utf-8\"", "application/problem+JSON; x=y", "json", "/",
            "application", "*/*", "application/json, text/plain", "multipart/form-data", FORM, FORM + "; charset=utf-8", FORM.upper(), None,
            "".join(r.choice("abc+/; =json") for _ in range(r.randint(1, 20))).strip() or None,
        ])
        if r.randrange(3) == 0:
            email, password = self.account()
            return self.post("/token", f"username={quote_plus(email)}&password={quote_plus(password)}", media)
        path, body = self.some_members()
        return self.post(path, json_text(r, body), media)

    # ---- Forms -----------------------------------------------------------------------------

    def urlencoded(self, fields):
        r = self.random

        def escaped(value):
            kind = r.randrange(8)
            if kind == 0:
                return "".join(f"%{b:02x}" for b in value.encode())
            if kind == 1 and not set(value) & set("%&=+;\0\r\n"):
                return value
            return (quote(value, safe="@'!*()/,:$-") if kind == 2 else quote_plus(value)).replace("%40", r.choice(["%40", "@"]))

        return self.post("/token", "&".join(escaped(n) + "=" + escaped(v) for n, v in fields), FORM)

    def broken_fields(self):
        r = self.random
        email, password = self.account()
        fields = [["username", email], ["password", password]]
        for _ in range(r.choice([1, 1, 2, 3])):
            kind = r.randrange(5)
            at = r.randrange(len(fields)) if fields else 0
            if kind == 0 and fields:
                del fields[at]
            elif kind == 1 and fields:
                fields[at] = [fields[at][0], r.choice(["", " ", text(r), "x" * 1100])]
            elif kind == 2:
                fields.append(["grant_type", r.choice(["password", "", "client_credentials", "PASSWORD", "password ", "passwords", "xpasswordx",
                                                       "refresh_token", "p\u00e4ssword", "x" * 70])])
            elif kind == 3:
                fields.insert(at, [r.choice(FIELDS), text(r)])
            elif fields:
                fields.append([fields[at][0], r.choice([fields[at][1], text(r, 1)])])
        return self.send_form(fields)

    def odd_form(self):
        """What only a form's text can hold."""
        r = self.random
        email, password = self.account()
        good = f"username={quote_plus(email)}&password={quote_plus(password)}"
        kind = r.randrange(4)
        if kind == 0:
            at = r.randrange(len(good) + 1)
            whole = good[:at] + r.choice(["%", "%zz", "%4", "&", "&&", "=", ";", "+", "%00", " ", "\r\n", "é", "?", "#", "[]"]) + good[at + r.randrange(3):]
        elif kind == 1:
            whole = r.choice([good.replace("&", ";"), "&" + good + "&", "?" + good, good + "&x", good + "&=", "=" + good, good + "\r\n",
                              "", "&", "=", json.dumps({"username": email, "password": password}), "username&password", "username=a=b&password=c"])
        elif kind == 2:
            at = r.randrange(len(good) + 1)
            whole = good[:at].encode() + r.choice([b"%ff", b"\xff", b"%C0%AF", b"\xc3\xa9", b"%c3%a9", b"\xed\xa0\x80", b"%ed%a0%80", b"%e2%82"]) \
                + good[at:].encode()
        else:
            whole = good + "".join(f"&f{n}={n}" for n in range(r.choice([10, 97, 98, 99, 120, 997])))
        return self.post("/token", whole, r.choice([FORM] * 6 + [FORM + ";charset=UTF-8", FORM.title()]))

    def multipart(self, fields):
        r = self.random
        mark = r.choice(["XX", "----WebKitFormBoundary7MA4YWxk", "a'()+_,-./:=?b", "0"])
        parts = [questions.part(n, v).replace("--XX\r\n", f"--{mark}\r\n", 1) for n, v in fields]
        quoted = f'"{mark}"' if r.randrange(3) == 0 or not mark.replace("-", "").isalnum() else mark
        return self.post("/token", "".join(parts) + f"--{mark}--" + r.choice(["\r\n", ""]), f"multipart/form-data; boundary={quoted}")

    def odd_multipart(self):
        """What only a multipart body can hold."""
        r = self.random
        email, password = self.account()
        user, word = questions.part("username", email), questions.part("password", password)
        parts = [user, word, r.choice(["", questions.part("x", text(r)), questions.part("username", text(r, 1))])]
        kind = r.randrange(14)
        end = "--XX--\r\n"
        media = "multipart/form-data; boundary=XX"
        if kind == 0:
            parts.append(questions.part("file", "content", '; filename="a.txt"'))
        elif kind == 1:
            end = r.choice(["", "--XX", "--XX\r\n", "--XX-", "--XX--", "--XX--\r\nepilogue", "--XX--  \r\n", "--YY--\r\n"])
        elif kind == 2:
            parts.insert(0, r.choice(["preamble\r\n", "\r\n", "\r\n\r\n", "-", " "]))
        elif kind == 3:
            media = r.choice(["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=YY",
                              "Multipart/Form-Data; Boundary=XX", "multipart/form-data; charset=utf-8; boundary=XX", "multipart/form-data; charset=latin-1; boundary=XX",
                              "multipart/mixed; boundary=XX",
                              "multipart/form-data;boundary=\"XX\"", "multipart/form-data; boundary=XX; boundary=YY", "multipart/form-data; boundary"])
        elif kind == 4:
            parts[1] = parts[1].replace("Content-Disposition", r.choice(["content-disposition", "CONTENT-DISPOSITION", "Content-Dispositio", "X"]))
        elif kind == 5:
            parts[1] = parts[1].replace("form-data; ", r.choice(["form-data ;", "Form-Data; ", "attachment; ", "", "form-data; x=y; ", "form-data;"]))
        elif kind == 6:
            parts[1] = parts[1].replace('"password"', r.choice(["password", '"Password"', '""', '"pass\\"word"', "'password'", '"password']))
        elif kind == 7:
            extra = r.choice(["Content-Type: text/plain", "Content-Type: text/plain; charset=utf-8", "Content-Type: text/plain; charset=latin-1",
                              "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: 8bit", "X-More: 1", "X", "Content-Type: application/json",
                              "Content-Length: 3", "X: " + "y" * 3000])
            parts[1] = parts[1].replace("\r\n\r\n", f"\r\n{extra}\r\n\r\n", 1)
        elif kind == 8:
            whole = "".join(parts) + end
            return self.post("/token", whole.replace("\r\n", "\n", r.choice([-1, 1, 2])), media)
        elif kind == 9:
            parts[1] = questions.part("password", r.choice(["", "--XX", "\r\n", "--X", "a\r\nb", password + "\r\n", "\r\n--X"]))
        elif kind == 10:
            return self.post("/token", ("".join(parts) + end).encode() .replace(b"alice", b"\xff").replace(b"@", b"\xff@"), media)
        elif kind == 11:
            parts = r.choice([[], [user], [user, word, user, word]])
        elif kind == 12:
            whole = "".join(parts) + end
            at = r.randrange(len(whole))
            whole = whole[:at] + r.choice(["", "\r", "\n", "-", "\0", '"', ":", ";", "\r\n", "é"]) + whole[at + r.randrange(3):]
            return self.post("/token", whole, media)
        else:
            parts = [questions.part(f"f{n}", "x") for n in range(r.choice([50, 98, 99, 150]))] + parts
        return self.post("/token", "".join(parts) + end, media)

    # ---- Who is asking ---------------------------------------------------------------------

    def who_am_i(self):
        return self.me("good", self.random.randrange(len(self.accounts)))

    def token(self):
        return self.me(self.random.choice(list(KINDS)), self.random.randrange(len(self.accounts)))

    def me(self, kind, account):
        r = self.random
        name = r.choice(["Authorization"] * 6 + ["authorization", "AUTHORIZATION"])
        headers = [*self.common_headers(), [name, f"Bearer {{token:{kind}:{account}}}"]]
        return self.request("GET", "/users/me" + ("" if r.randrange(12) else self.query()), headers)

    def authorization(self):
        r = self.random
        token = f"{{token:good:{r.randrange(len(self.accounts))}}}"
        value = r.choice([
            None, "", " ", "Bearer", "Bearer ", "bearer", "Basic YTpi", "Digest x", f"bearer {token}", f"BEARER {token}", f"Bearer  {token}",
            f"Bearer\t{token}", f"Bearer   {token}", f"Basic {token}", token, f"Bearer:{token}", f"Bearer {token},", f'Bearer "{token}"', f"Bearer {token} x",
            f"Bearer{token}", f"Token {token}", f"Bearer Bearer {token}", f"  Bearer {token}", f"Bearer {token}  ", f"Bearer é{token}", f"Bearer {token}é",
            "Bearer x", "Bearer x.y.z", "Bearer ..", "Bearer e30.e30.e30", "Bearer null", "Bearer " + "a" * 3000, "Bearer " + text(r).replace("\0", ""),
            f"Bearer {token}{token}", f"Bearer {token[:-1]}", f"Bearer .{token}", f"Bearer {token}.", f"Bearer={token}", f"Bearer {token}\t",
        ])
        headers = [] if value is None else [["Authorization", value]]
        if r.randrange(12) == 0:
            headers.append(["Authorization", r.choice(["Bearer x", f"Bearer {token}"])])
        body = r.choice([b'{"x": 1}', b"{", b""]) if r.randrange(20) == 0 else None
        return self.request("GET", "/users/me", [*self.common_headers(), *headers, *([["Content-Type", JSON]] if body else [])], body)

    # ---- Methods and paths -----------------------------------------------------------------

    def method(self):
        r = self.random
        path = r.choice([*ROUTES, *ROUTES, "/users/me", "/nothing", "/", "/redoc", "/docs/oauth2-redirect"])
        method = r.choice(METHODS + ["HEAD"] + (["TRACE", "PROPFIND", "LINK", "QUERY"] if r.randrange(4) == 0 else []))
        headers = self.common_headers()
        if path == "/users/me" and r.randrange(2):
            headers.append(["Authorization", f"Bearer {{token:good:{r.randrange(len(self.accounts))}}}"])
        body = b"{}" if method in ("PUT", "PATCH", "DELETE") and r.randrange(3) == 0 else None
        return self.request(method, path + ("" if r.randrange(10) else self.query()), headers, body)

    def path(self):
        r = self.random
        path = r.choice(list(ROUTES))
        kind = r.randrange(6)
        if kind == 0:
            at = r.randrange(len(path) + 1)
            path = path[:at] + r.choice(["%2F", "%2f", "%00", "%zz", "%", "%ff", "%C3%A9", "/", "//", ".", "./", "../", ";x=1", "x", "%20", "+", "%25"]) \
                + path[at + r.randrange(2):]
        elif kind == 1:
            path = "".join(f"%{ord(c):02X}" if c != "/" and r.randrange(3) == 0 else c for c in path)
        elif kind == 2:
            path += "/"
        elif kind == 3:
            path = r.choice([path.upper(), path.title(), path[:-1], path + "x", "/" + path, path + "/x", "/v1" + path])
        elif kind == 4:
            path = "/" + "/".join(r.choice(["users", "me", "x", "..", ".", "%2e%2e", "json", "token", "é", ""]) for _ in range(r.randint(0, 4)))
            path = quote(path, safe="/%.")
        else:
            path = "/" + quote(text(r, 0, 12), safe="/")
        if not path.startswith("/"):
            path = "/" + path
        path += "" if r.randrange(5) else self.query()
        method = r.choice(["GET", "GET", "POST", "OPTIONS", "HEAD"])
        body = b"{}" if method == "POST" else None
        return self.request(method, path, [["Content-Type", JSON]] if body else [], body)

    def wire(self):
        """What HTTP itself allows, or does not."""
        r = self.random
        asked = r.choice([self.valid_json, self.log_in, self.who_am_i, self.register_again])()
        asked.update(chunked=False)
        name = r.choice(["version", "host", "target", "fragment", "headers", "long", "expect", "upgrade", "extension", "trailer", "case", "asterisk"])
        if name == "version":
            asked["version"] = "1.0"
        elif name == "host":
            asked["host"] = r.choice([[], ["a.example", "b.example"], ["x"], ["EXAMPLE.com:80"], [""]])
        elif name == "target":
            asked["path"] = "http://example.com" + asked["path"]
            asked["host"] = [r.choice(["example.com", "other.example"])]
        elif name == "fragment":
            asked["path"] += "#top"
        elif name == "headers":
            asked["headers"] += [[f"X-{n}", "y"] for n in range(r.choice([20, 50, 80]))]
        elif name == "long":
            asked["path"] += "?" + "a" * r.choice([4000, 8000, 9000])
        elif name == "expect" and asked["body"]:
            asked["headers"].append(["Expect", "100-continue"])
        elif name == "upgrade":
            asked["headers"] += r.choice([[["Upgrade", "h2c"], ["Connection", "Upgrade"]], [["Upgrade", "websocket"], ["Connection", "upgrade"]]])
        elif name in ("extension", "trailer") and asked["body"]:
            asked.update({"chunked": True, name: True})
        elif name == "case":
            asked["method"] = asked["method"].lower()
        elif name == "asterisk":
            asked = self.request("OPTIONS", "*")
        return asked

    WEIGHTS = {
        register: 5, register_again: 3, register_address: 10, register_password: 3, log_in: 9, valid_json: 8, broken_members: 16,
        repeated_members: 3, malformed: 9, odd_text: 5, encodings: 5, media_types: 5, broken_fields: 6, odd_form: 5, odd_multipart: 7,
        who_am_i: 5, token: 9, authorization: 6, method: 6, path: 6, wire: 4,
    }

    def requests(self, count):
        kinds, weights = list(self.WEIGHTS), list(self.WEIGHTS.values())
        for number in range(count):
            make = Generator.register if number < 3 else self.random.choices(kinds, weights)[0]
            yield {"kind": make.__name__, **make(self)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    asked = parser.parse_args()
    for request in Generator(asked.seed).requests(asked.count):
        print(request)


if __name__ == "__main__":
    main()
