"""Requests from a seed: valid ones, and broken in every way the schemas allow.

    python tests/dropin/generate.py --seed 7 --count 20         prints them, one a line

Each is {"method", "path", "headers", "body", "chunked"}; their order matters, since accounts are made on the way. What only
the asked server can know stands as a mark: `{token:KIND:N}` in a header is a token of the N-th account (tokens.py).
"""

import argparse
import random
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "golden"), str(HERE.parent / "email")]
import addresses  # noqa: E402
import questions  # noqa: E402
from forms import Forms  # noqa: E402
from tokens import KINDS  # noqa: E402
from values import BAD_UTF8, EDGE_TEXTS, ENCODINGS, NUMBERS, PIECES, Literal, any_value, changed, json_text, text  # noqa: E402

JSON, FORM = questions.JSON, questions.FORM
ROUTES = {"/register": "POST", "/token": "POST", "/users/me": "GET", "/json": "POST"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
PEOPLE = ["ann", "Bob", "c.d", "e+tag", "o'neil", "é", "用户", "under_score", "X-1"]
DOMAINS = ["example.com", "EXAMPLE.org", "sub.example.co.uk", "bücher.de", "xn--bcher-kva.de", "日本.jp", "BÜCHER.de"]
IN_PATHS = ["%2F", "%2f", "%00", "%zz", "%", "%ff", "%C3%A9", "/", "//", ".", "./", "../", ";x=1", "x", "%20", "+", "%25"]
STEPS = ["users", "me", "x", "..", ".", "%2e%2e", "json", "token", "é", ""]
LITERALS = ["a@[1.2.3]", "a@[IPv6:::g]", "a@[127.0.0.256]", "a@[127.0.0.1]", "a@[]"]


class Generator(Forms):
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
            ["Accept-Language", "de, en;q=0.5"], ["User-Agent", "agent/1.0 (a; b)"],
            ["X-Request-Id", "a-b-c"], ["Cookie", "session=1; access_token=x"], ["Referer", "https://example.com/?a=b"],
            ["X-Forwarded-For", "10.0.0.1"], ["If-None-Match", '"x"'], ["Cache-Control", "no-cache"], ["X-Empty", ""],
            ["Range", "bytes=0-1"], ["X-HTTP-Method-Override", "DELETE"], ["Upgrade-Insecure-Requests", "1"],
        ], r.randint(1, 4))

    def query(self):
        r = self.random
        return "?" + r.choice(["", "a=b", "a=b&a=c", "user_id=2", "email=x", "%", "%zz", "=&&=", "a/b", "?", "%00",
                               "a=%ff", "token=x"])

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
        email = f"{r.choice(PEOPLE)}{len(self.accounts)}@{r.choice(DOMAINS)}"
        password = self.password()
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
        password = r.choice(["a" * 7, "é" * 7, "😀" * 8, "a" * 1024, "é" * 1025, "12345678\u0000", "\u0000" * 8, " " * 8,
                             "\t" * 9, "e\u0301" * 4, "\r\n" * 4, "\ufeff" * 8, "x" * r.randint(1, 1100), text(r, 0, 12)])
        email = f"p{r.randrange(10**12)}@example.com"
        return self.post("/register", json_text(r, {"email": email, "password": password}))

    def log_in(self):
        r = self.random
        email, password = self.account()
        kind = r.randrange(10)
        if kind == 0:
            email = self.other_case(email)
        elif kind == 1:
            password = r.choice([password + " ", password.swapcase() + "x", password[:-1], "", " ", text(r),
                                 password * 2])
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

    # ---- JSON ------------------------------------------------------------------------------

    def action(self):
        r = self.random
        user_id = r.choice([r.randrange(1000), -r.randrange(10**6), r.randrange(2**53), str(r.randrange(99)),
                            Literal("3.0"), True])
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
            whole = changed(r, whole, PIECES, r.choice([0, 1, 1, 2, 5]))
        return self.post(path, whole[:r.randrange(len(whole) + 1)] if r.randrange(6) == 0 else whole)

    def odd_text(self):
        """Half surrogate pairs, numbers that are none, depth, size, and nothing."""
        r = self.random
        depth = r.choice([5, 20, 30, 31, 32, 33, 40, 100])
        deep = r.choice(["[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth])
        kind = r.randrange(7)
        value = [r.choice(["NaN", "Infinity", "-Infinity"]),
                 r.choice(['"\\ud83d"', '"\\ude00x"', '"\\ud83d\\ud83d"', '"\\ude00\\ud83d"']),
                 deep, "1" * r.choice([50, 400, 4301]), '"' + "x" * r.choice([1000, 70000]) + '"',
                 r.choice(["1e999", "-1e400"]), "\"\\u0000\""]
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
            raw = whole.encode(r.choice(ENCODINGS))
        elif kind == 1:
            raw = whole.replace("😀", "").encode("latin-1", "replace")
        else:
            raw = whole.encode()
            for _ in range(r.choice([1, 1, 3])):
                raw = changed(r, raw, BAD_UTF8, 1)
        return self.post(path, raw)

    def media_types(self):
        r = self.random
        media = r.choice([
            "text/plain", "text/json", "application/jsonp", "application/x-json", "application/xml",
            "application/octet-stream", "application/json-seq", "application/ld+json",
            "application/json; charset=latin-1", "APPLICATION/JSON", " application/json ", "application/json;",
            "application/json; x", "application/json;charset=\"utf-8\"", "application/problem+JSON; x=y", "json",
            "/", "application", "*/*", "application/json, text/plain", "multipart/form-data", FORM,
            FORM + "; charset=utf-8", FORM.upper(), None,
            "".join(r.choice("abc+/; =json") for _ in range(r.randint(1, 20))).strip() or None,
        ])
        if r.randrange(3) == 0:
            email, password = self.account()
            return self.post("/token", f"username={quote_plus(email)}&password={quote_plus(password)}", media)
        path, body = self.some_members()
        return self.post(path, json_text(r, body), media)

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
            None, "", " ", "Bearer", "Bearer ", "bearer", "Basic YTpi", "Digest x", f"bearer {token}",
            f"BEARER {token}", f"Bearer  {token}", f"Bearer\t{token}", f"Bearer   {token}", f"Basic {token}", token,
            f"Bearer:{token}", f"Bearer {token},", f'Bearer "{token}"', f"Bearer {token} x", f"Bearer{token}",
            f"Token {token}", f"Bearer Bearer {token}", f"  Bearer {token}", f"Bearer {token}  ", f"Bearer é{token}",
            f"Bearer {token}é", "Bearer x", "Bearer x.y.z", "Bearer ..", "Bearer e30.e30.e30", "Bearer null",
            "Bearer " + "a" * 3000, "Bearer " + text(r).replace("\0", ""), f"Bearer {token}{token}",
            f"Bearer {token[:-1]}", f"Bearer .{token}", f"Bearer {token}.", f"Bearer={token}", f"Bearer {token}\t",
        ])
        headers = [] if value is None else [["Authorization", value]]
        if r.randrange(12) == 0:
            headers.append(["Authorization", r.choice(["Bearer x", f"Bearer {token}"])])
        body = r.choice([b'{"x": 1}', b"{", b""]) if r.randrange(20) == 0 else None
        headers += [["Content-Type", JSON]] if body else []
        return self.request("GET", "/users/me", [*self.common_headers(), *headers], body)

    # ---- Methods and paths -----------------------------------------------------------------

    def method(self):
        r = self.random
        path = r.choice([*ROUTES, *ROUTES, "/users/me", "/nothing", "/", "/redoc", "/docs/oauth2-redirect"])
        method = r.choice(METHODS + ["HEAD"] + (["TRACE", "PROPFIND", "LINK", "QUERY"] if r.randrange(4) == 0 else []))
        headers = self.common_headers()
        if path == "/users/me" and method != "DELETE" and r.randrange(2):     # else an account is gone
            headers.append(["Authorization", f"Bearer {{token:good:{r.randrange(len(self.accounts))}}}"])
        body = b"{}" if method in ("PUT", "PATCH", "DELETE") and r.randrange(3) == 0 else None
        return self.request(method, path + ("" if r.randrange(10) else self.query()), headers, body)

    def path(self):
        r = self.random
        path = r.choice(list(ROUTES))
        kind = r.randrange(6)
        if kind == 0:
            path = changed(r, path, IN_PATHS, 1)
        elif kind == 1:
            path = "".join(f"%{ord(c):02X}" if c != "/" and r.randrange(3) == 0 else c for c in path)
        elif kind == 2:
            path += "/"
        elif kind == 3:
            path = r.choice([path.upper(), path.title(), path[:-1], path + "x", "/" + path, path + "/x", "/v1" + path])
        elif kind == 4:
            path = quote("/" + "/".join(r.choice(STEPS) for _ in range(r.randint(0, 4))), safe="/%.")
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
        name = r.choice(["version", "host", "target", "fragment", "headers", "long", "expect", "upgrade", "extension",
                         "trailer", "case", "asterisk"])
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
            asked["headers"] += r.choice([[["Upgrade", "h2c"], ["Connection", "Upgrade"]],
                                          [["Upgrade", "websocket"], ["Connection", "upgrade"]]])
        elif name in ("extension", "trailer") and asked["body"]:
            asked.update({"chunked": True, name: True})
        elif name == "case":
            asked["method"] = asked["method"].lower()
        elif name == "asterisk":
            asked = self.request("OPTIONS", "*")
        return asked

    WEIGHTS = {
        register: 5, register_again: 3, register_address: 10, register_password: 3, log_in: 9,
        valid_json: 8, broken_members: 16, repeated_members: 3, malformed: 9, odd_text: 5, encodings: 5, media_types: 5,
        Forms.broken_fields: 6, Forms.odd_form: 5, Forms.odd_multipart: 7,
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
