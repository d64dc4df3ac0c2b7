"""The requests whose answers FastAPI is asked for, made deterministically; the order matters, users are made on the way.

Each is {"name", "method", "path", "headers"?, "body"? or "body_base64"?}. The recorder writes them beside the answers,
so that the replaying test needs this file no more.
"""

import base64
import json
from urllib.parse import urlencode

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PASSWORD = "correct horse"


def request(name, method, path, body=None, media=None, headers=()):
    made = {"name": name, "method": method, "path": path}
    headers = list(headers) + ([["Content-Type", media]] if media else [])
    if headers:
        made["headers"] = headers
    if isinstance(body, bytes):
        try:
            made["body"] = body.decode("ascii")
        except UnicodeDecodeError:
            made["body_base64"] = base64.b64encode(body).decode()
    elif body is not None:
        made["body"] = body
    return made


def post_json(name, path, value, media=JSON):
    return request(name, "POST", path, json.dumps(value, ensure_ascii=False), media)


def post_text(name, path, text, media=JSON):
    return request(name, "POST", path, text, media)


def register(name, email, password=PASSWORD):
    return post_json("register " + name, "/register", {"email": email, "password": password})


def first_users():
    yield register("the first user", "alice@example.com")
    yield register("the second user", "Bob@Example.COM")
    yield register("taken", "alice@example.com")
    yield register("taken, other case", "ALICE@EXAMPLE.com")


VALUES = {
    "null": None, "true": True, "false": False, "0": 0, "-1": -1, "7": 7, "1.0": 1.0, "1.5": 1.5, "empty text": "",
    "text": "text", "list": [], "list of one": ["x"], "object": {}, "object of one": {"a": 1},
}


def members():
    """Each member of each JSON route: absent, and with a value of every kind."""
    bodies = {
        "/register": {"email": "members@example.com", "password": PASSWORD},
        "/json": {"user_id": 1, "action": "login"},
    }
    for path, body in bodies.items():
        for member in body:
            rest = {n: v for n, v in body.items() if n != member}
            yield post_json(f"{path} without {member}", path, rest)
            for name, value in VALUES.items():
                yield post_json(f"{path} {member} {name}", path, {**body, member: value})
        yield post_json(f"{path} empty object", path, {})
        yield post_json(f"{path} every member null", path, dict.fromkeys(body))
        yield post_json(f"{path} every member wrong", path, dict.fromkeys(body, []))
        yield post_json(f"{path} unknown member", path, {"more": 1, "deep": {"a": [1, None]}})
        yield post_json(f"{path} member in upper case", path, {n.upper(): v for n, v in body.items()})
        yield post_json(f"{path} empty member name", path, {**body, "": 1, "user_id": "x", "email": 1})
    yield post_json("/json and more members", "/json", {"x": [{}], "user_id": 1, "y": None, "action": "a"})
    yield post_json("/register and more members", "/register",
                    {"id": 99, "is_active": False, "email": "more@example.com", "password": PASSWORD})


INTEGER_TEXTS = [
    "0", "-0", "1", "-1", "+1", "++1", "+-1", "--1", "007", "-007", "00", "1.0", "1.00", "1.", ".0", "1.5", "-1.0",
    "+1.0", "1e3", "1E3", "1e0", "0x1", "0b1", "0o1", "1_000", "1__0", "_1", "1_", "1,000", " 12 ", "12 ", " 12", "\t3\n",
    "1 2", "- 1", "", " ", "abc", "12abc", "true", "NaN", "inf", "٣", "１", "9007199254740991",
    "9007199254740992", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "1" + "0" * 30, "9" * 100, "1.0e1", "1_0.0", "0.0", "-0.0", "00.0", "1\u0000",
]
INTEGER_LITERALS = [
    "0", "-0", "1", "-1", "1.0", "-1.0", "1.5", "0.1", "-0.0", "1e3", "1E3", "1e+3", "1e-3", "1.0e0", "12345e-2", "100e-2",
    "9007199254740991", "9007199254740992", "9007199254740993", "-9007199254740993", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1" + "0" * 30, "1e18", "1e19", "1e22", "1e308",
    "1e400", "-1e400", "123456789012345678.0", "true", "false", "null", "NaN", "Infinity", "-Infinity",
]
BAD_LITERALS = ["+1", "01", "-01", "1.", ".5", "1e", "1e+", "-", "0x1", "1_000", "1.e1", "--1", "True", "nan", "1d", "tru"]


def integers():
    for text in INTEGER_TEXTS:
        yield post_json(f"integer from text {text!r:.40}", "/json", {"user_id": text, "action": "a"})
    for literal in INTEGER_LITERALS + BAD_LITERALS:
        yield post_text(f"integer literal {literal:.40}", "/json", f'{{"user_id": {literal}, "action": "a"}}')


def strings():
    actions = {
        "empty": "", "64": "a" * 64, "65": "a" * 65, "64 of two bytes": "é" * 64, "65 of two bytes": "é" * 65,
        "64 emoji": "😀" * 64, "65 emoji": "😀" * 65, "with NUL": "a\u0000b", "with controls": "\u0001\u001f\u007f",
        "with a line end": "a\r\nb", "with quotes": '"\\/', "with html": "</script><&>", "with U+2028": "\u2028\u2029",
        "not normalised": "e\u0301", "with spaces": "  a  ", "with a BOM": "\ufeffa", "last code point": "\U0010ffff",
        "not a character": "\ufffe\uffff",
    }
    for name, action in actions.items():
        yield post_json(f"action {name}", "/json", {"user_id": 1, "action": action})
    escapes = {
        "escaped": r"\u0041\n\t\b\f\r\"\\\/", "surrogate pair": r"\ud83d\ude00", "upper case hex": r"\u00E9\u00e9",
        "escaped NUL": r"\u0000", "high surrogate alone": r"\ud83d", "low surrogate alone": r"\ude00",
        "surrogates in wrong order": r"\ude00\ud83d", "two high surrogates": r"\ud83d\ud83d",
        "unknown escape": r"\x41", "short escape": r"\u12", "escape not hex": r"\u12g4", "escape at end": "\\",
        "raw line end": "a\nb", "raw tab": "a\tb", "raw NUL": "a\u0000b", "raw DEL": "a\u007fb", "octal": r"\101",
    }
    for name, text in escapes.items():
        yield post_text(f"text {name}", "/json", f'{{"user_id": 1, "action": "{text}"}}')
    yield post_text("member name escaped", "/json", r'{"user\u005fid": 1, "\u0061ction": "a"}')


def passwords():
    texts = {
        "7": "a" * 7, "8": "a" * 8, "1024": "a" * 1024, "1025": "a" * 1025, "7 emoji": "😀" * 7, "8 emoji": "😀" * 8,
        "1024 emoji": "😀" * 1024, "1025 emoji": "😀" * 1025, "8 combining": "e\u0301" * 4, "spaces": " " * 8,
        "family emoji": "👨‍👩‍👧‍👦" + "a", "with NUL": "12345678\u0000", "controls": "\u0001" * 8, "line ends": "\r\n" * 4,
    }
    for at, (name, password) in enumerate(texts.items()):
        yield register(f"password {name}", f"password{at}@example.com", password)


def emails():
    """Every refusal of email-validator 2, and what it lets pass."""
    good = [
        "a@example.com", "UPPER@EXAMPLE.ORG", "first.last@example.com", "plus+tag@example.com", "under_score@example.com",
        "a-b@example.com", "!#$%&'*+-/=?^_`{|}~@example.com", "1234567890@example.com", "x@sub.example.co.uk",
        "a@xn--bcher-kva.example.com", "a@1.example.com", "a@e-x-a.example.com", "a@123.com", "é@example.com",
        "e\u0301b@example.com", "用户@example.com", "δοκιμή@παράδειγμα.gr", "a@bücher.de", "b@BÜCHER.de", "c@xn--bcher-kva.de",
        "a@日本。jp", "a@日本.jp", "a@straße.de", "a@faß.de", "A@ÉXAMPLE.com", "ａ@example.com", "a@ｅxample.com",
        "a@example.museum", "a@a.co", "a" * 64 + "@example.com", "b@" + "a" * 63 + ".com",
        "c@" + ".".join(["a" * 61] * 4) + ".com"[:4],
    ]
    bad = [
        "", " ", "a", "@", "a@", "@example.com", "a@b", "a@@example.com", "a@b@example.com", "a@example",
        "a@example.com@example.com", ".a@example.com", "a.@example.com", "a..b@example.com", "a@.example.com",
        "a@example.com.", "a@example..com", "a@-example.com", "a@example-.com", "a@exam_ple.com", "a@example.c",
        "a@example.123", "a@exa mple.com", "a b@example.com", "a\tb@example.com", "a\n@example.com", "a@example.com\n",
        " a@example.com", "a@example.com ", "a(comment)@example.com", "a,b@example.com", "a;b@example.com",
        "a:b@example.com", "a<b@example.com", "a[b@example.com", "a\\b@example.com", '"quoted"@example.com',
        '"with space"@example.com', '"a@b"@example.com', '""@example.com', '"unclosed@example.com', 'a"b@example.com',
        "a@[127.0.0.1]", "a@[IPv6:::1]", "a@[1.2.3]", "a@[]", "a@127.0.0.1", "a@localhost", "a@host.localhost", "a@test",
        "a@x.test", "a@x.invalid", "a@x.local", "a@local", "a@x.arpa", "a@arpa", "a@x.onion", "a@invalid", "a@example.example",
        "a@x.internal", "a@X.TEST", "a@x.localhost.", "a" * 65 + "@example.com", "é" * 33 + "@example.com",
        "é" * 64 + "@example.com", "a" * 300 + "@example.com", "a@" + "b" * 64 + ".com", "a@" + "b" * 70 + ".com",
        "a@" + ".".join(["b" * 60] * 5) + ".com", "a@" + ".".join(["ü" * 40] * 6) + ".com", "a@xn--.com", "a@xn--a.com",
        "a@xn--0.com", "a@ab--cd.com", "a@exam\u00adple.com", "a@\u200dexample.com", "a\u200b@example.com",
        "a\u0000@example.com", "\u0001a@example.com", "a\u007f@example.com", "a@ex\u0000ample.com", "a@example.com\u0000",
        "a@♥.com", "♥@example.com", "a@\u0301x.com", "\u0301a@example.com", "a\ufeff@example.com", "a@exa\u2024mple.com",
        "\u202ea@example.com", "a\u2028b@example.com", "a\ud7ff@example.com", "\ue000@example.com", "a\ufffd@example.com",
        "a@example,com", "a@exam!ple.com", "a@example.com/", "mailto:a@example.com", "a@example.com?x", "a％b@example.com",
        "a@example．com", "Alice <pretty@example.com>", '"Alice A." <pretty2@example.com>', "<pretty3@example.com>",
        "Alice pretty4@example.com", "Alice <>", "Alice <pretty5@example.com", "a" * 2048 + "@example.com",
        "Al <a@localhost>", "a@١٢٣.com", "a@א1.com", "a@1א.com", "𝒜@example.com", "a@𝒜.com", "a@ℂ.com", "ﬁ@example.com",
        "x@example.com\u00a0", "\u3000x@example.com",
    ]
    for at, email in enumerate(good + bad):
        yield register(f"e-mail {at} {email!r:.60}", email)
    for email in ("carol@bücher.de", "carol@xn--bcher-kva.de", "carol@BÜCHER.DE", "Carol@bücher.de"):
        yield register(f"one key {email}", email)
    for email in ("Jos\u00e9@example.com", "Jose\u0301@example.com", "JOS\u00e9@example.com", "JOS\u00c9@example.com"):
        yield register(f"one key {email!r}", email)


def malformed():
    texts = {
        "nothing": "", "spaces": "  \r\n\t ", "null": "null", "true": "true", "number": "1", "text": '"text"',
        "list": "[]", "list of objects": '[{"user_id": 1, "action": "a"}]', "open object": "{", "open list": "[",
        "open text": '"', "open member": '{"user_id', "colon missing": '{"user_id" 1}', "value missing": '{"user_id":}',
        "comma missing": '{"user_id": 1 "action": "a"}', "trailing comma": '{"user_id": 1, "action": "a",}',
        "leading comma": '{,"user_id": 1}', "two commas": '{"user_id": 1,, "action": "a"}', "only comma": "{,}",
        "single quotes": "{'user_id': 1}", "bare name": "{user_id: 1}", "number as name": "{1: 1}", "comment": '/**/{"user_id": 1}',
        "second value": '{"user_id": 1, "action": "a"} {}', "trailing text": '{"user_id": 1, "action": "a"}x',
        "trailing bracket": '{"user_id": 1, "action": "a"}}', "wrong bracket": '{"user_id": 1]', "list trailing comma": "[1,]",
        "bare word": "hello", "undefined": "undefined", "colon": ":", "form": "user_id=1&action=a", "xml": "<user/>",
        "spaces around": ' \r\n\t{ "user_id" : 1 , "action" : "a" } \n', "form feed": '\f{"user_id": 1, "action": "a"}',
        "no-break space": '\u00a0{"user_id": 1, "action": "a"}', "broken inside unknown": '{"x": [1, {"y": tru}]}',
        "NUL after": '{"user_id": 1, "action": "a"}\u0000', "same member twice": '{"user_id": 1, "user_id": 2, "action": "a"}',
        "same unknown member twice": '{"x": 1, "x": 2, "user_id": 2, "action": "a"}',
        "same inner member twice": '{"x": {"y": 1, "y": 2}, "user_id": 2, "action": "a"}',
        "same member escaped": '{"user_id": 1, "user\\u005fid": 2, "action": "a"}',
        "deep 20": '{"x": ' + "[" * 20 + "]" * 20 + ', "user_id": 1, "action": "a"}',
        "deep unclosed": "[" * 30, "NaN in unknown": '{"x": NaN, "user_id": 1, "action": "a"}',
        "Infinity in unknown": '{"x": -Infinity, "user_id": 1, "action": "a"}',
        "huge number in unknown": '{"x": 1e999, "user_id": 1, "action": "a"}',
    }
    for name, text in texts.items():
        yield post_text(f"body {name}", "/json", text)
    secret = {
        "open object": '{"email": "m@example.com", "password": "correct horse"', "list": '["correct horse"]',
        "text": '"correct horse"', "null": "null", "number": "12345678", "nothing": "",
    }
    for name, text in secret.items():
        yield post_text(f"register body {name}", "/register", text)
    good = '{"user_id": 1, "action": "é"}'
    raw = {
        "latin-1": good.encode("latin-1"), "UTF-16": good.encode("utf-16"), "UTF-16 LE": good.encode("utf-16-le"),
        "UTF-16 BE": good.encode("utf-16-be"), "UTF-32": good.encode("utf-32"), "UTF-8 with BOM": good.encode("utf-8-sig"),
        "overlong": b'{"user_id": 1, "action": "\xc0\xaf"}', "surrogate in UTF-8": b'{"user_id": 1, "action": "\xed\xa0\x80"}',
        "beyond Unicode": b'{"user_id": 1, "action": "\xf4\x90\x80\x80"}', "cut UTF-8": b'{"user_id": 1, "action": "\xe2\x82"}',
        "continuation byte alone": b'{"user_id": 1, "action": "\x80"}', "0xff": b"\xff", "bad name": b'{"\xff": 1}',
        "gzip": base64.b64decode("H4sIAAAAAAAAA6tWKi1OLYrPTFGyMtRRSkwuyczPU7JSSlSqBQBQTNgnHAAAAA=="),
    }
    for name, body in raw.items():
        yield request(f"body {name}", "POST", "/json", body, JSON)
    for name in ("latin-1", "0xff"):
        yield request(f"register body {name}", "POST", "/register", raw[name], JSON)


def media_types():
    body = '{"user_id": 1, "action": "a"}'
    accepted = [
        None, "application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "APPLICATION/JSON",
        "application/vnd.api+json", "application/problem+json; x=y", "application/json ;charset=utf-8",
    ]
    refused = [
        "text/plain", "text/json", "application/jsonp", "application/x-json", "application/xml", FORM, "multipart/form-data",
        "application/octet-stream", "application/json-seq", "json", "application", "/", "text/x+json", "image/svg+xml",
    ]
    for media in accepted + refused:
        yield request(f"media type {media}", "POST", "/json", body, media)
    yield request("media type text/plain on register", "POST", "/register", '{"email": "a"}', "text/plain")
    form = urlencode({"username": "alice@example.com", "password": PASSWORD})
    for media in (FORM + "; charset=utf-8", FORM.upper()):
        yield request(f"form media type {media}", "POST", "/token", form, media)
    for media in ("text/plain", JSON, None):
        yield request(f"form media type {media}", "POST", "/token", form, media)


def forms():
    alice = {"username": "alice@example.com", "password": PASSWORD}

    def form(name, fields):
        text = fields if isinstance(fields, str) else urlencode(fields)
        return request(f"form {name}", "POST", "/token", text, FORM)

    yield form("good", alice)
    yield form("every field", {**alice, "grant_type": "password", "scope": "a b", "client_id": "c", "client_secret": "s"})
    yield form("every other field empty", {**alice, "scope": "", "client_id": "", "client_secret": ""})
    yield form("e-mail in other case", {**alice, "username": "ALICE@Example.Com"})
    yield form("user registered in upper case", {**alice, "username": "bob@example.com"})
    yield form("wrong password", {**alice, "password": "wrong horse"})
    yield form("password in other case", {**alice, "password": PASSWORD.upper()})
    yield form("password with space", {**alice, "password": PASSWORD + " "})
    yield form("unknown user", {**alice, "username": "nobody@example.com"})
    yield form("user no e-mail", {**alice, "username": "alice"})
    yield form("user with localhost", {**alice, "username": "alice@localhost"})
    yield form("user with spaces", {**alice, "username": " alice@example.com "})
    yield form("short password", {**alice, "password": "x"})
    yield form("long password", {**alice, "password": "x" * 1025})
    yield form("emoji", {"username": "😀", "password": "😀"})
    yield form("NUL", {**alice, "password": PASSWORD + "\u0000"})
    for missing in alice:
        yield form(f"without {missing}", {n: v for n, v in alice.items() if n != missing})
        yield form(f"empty {missing}", {**alice, missing: ""})
        yield form(f"blank {missing}", {**alice, missing: " "})
    yield form("nothing", "")
    for grant in ("password", "", "client_credentials", "PASSWORD", "password ", "refresh_token", "passwords", "x" * 70):
        yield form(f"grant type {grant!r:.30}", {**alice, "grant_type": grant})
    yield form("wrong grant and nothing else", {"grant_type": "x"})
    yield form("unknown field", {**alice, "more": "1", "otp": "2"})
    good = urlencode(alice)
    yield form("username twice, last good", "username=nobody%40example.com&" + good)
    yield form("username twice, last wrong", good + "&username=nobody%40example.com")
    yield form("password twice, last wrong", good + "&password=wrong+horse")
    yield form("unknown field twice", good + "&x=1&x=2")
    texts = {
        "ampersands": "&&" + good + "&&", "percent without hex": good + "&x=%", "percent with half hex": good + "&x=%4",
        "percent with no hex": good + "&x=%zz", "field without =": good + "&x", "username without =": "username&password=a",
        "empty name": good + "&=x", "semicolons": good.replace("&", ";"), "two =": "username=a=b&password=c=d",
        "json": json.dumps(alice), "plus": "username=alice@example.com&password=correct+horse",
        "percent 20": "username=alice@example.com&password=correct%20horse",
        "lower case hex": "username=alice%40example.com&password=%63orrect%20horse",
        "escaped name": "user%6eame=alice@example.com&password=correct+horse", "only =": "=", "only &": "&",
        "name in upper case": "USERNAME=alice@example.com&PASSWORD=correct+horse", "trailing line end": good + "\r\n",
        "leading ?": "?" + good, "raw space": "username=alice@example.com&password=correct horse",
        "array name": "username[]=alice@example.com&password=correct+horse",
    }
    for name, text in texts.items():
        yield form(name, text)
    yield request("form bad UTF-8", "POST", "/token", "username=%ff&password=%ff", FORM)
    yield request("form raw UTF-8", "POST", "/token", "username=é&password=é".encode(), FORM)
    yield request("form raw latin-1", "POST", "/token", "username=é&password=é".encode("latin-1"), FORM)


def part(name, value, extra=""):
    return f'--XX\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n{value}\r\n'


def multiparts():
    media = "multipart/form-data; boundary=XX"
    user, word = part("username", "alice@example.com"), part("password", PASSWORD)
    bodies = {
        "good": user + word + "--XX--\r\n", "without last line end": user + word + "--XX--",
        "grant type": user + word + part("grant_type", "password") + "--XX--\r\n",
        "wrong grant type": user + word + part("grant_type", "x") + "--XX--\r\n",
        "wrong password": user + part("password", "wrong horse") + "--XX--\r\n",
        "without password": user + "--XX--\r\n", "empty password": user + part("password", "") + "--XX--\r\n",
        "unknown field": user + word + part("x", "y") + "--XX--\r\n", "preamble": "preamble\r\n" + user + word + "--XX--\r\n",
        "epilogue": user + word + "--XX--\r\nepilogue", "no part": "--XX--\r\n", "nothing": "",
        "not closed": user + word, "cut in a head": user + "--XX\r\nContent-Disp", "no disposition": user + "--XX\r\n\r\nx\r\n--XX--\r\n",
        "no name": user + word + '--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--\r\n',
        "other boundary": (user + word + "--XX--\r\n").replace("XX", "YY"), "line feeds": (user + word + "--XX--\n").replace("\r\n", "\n"),
        "file": user + word + part("file", "content", '; filename="a.txt"') + "--XX--\r\n",
        "file as password": user + part("password", "content", '; filename="a.txt"') + "--XX--\r\n",
        "username twice": part("username", "nobody@example.com") + user + word + "--XX--\r\n",
        "part with media type": user + '--XX\r\nContent-Disposition: form-data; name="password"\r\nContent-Type: text/plain\r\n\r\n'
        + PASSWORD + "\r\n--XX--\r\n",
        "boundary inside": user + part("password", "--X") + "--XX--\r\n", "value with line ends": user + part("password", "a\r\nb\r\n") + "--XX--\r\n",
        "lower case head": (user + word + "--XX--\r\n").replace("Content-Disposition", "content-disposition"),
    }
    for name, body in bodies.items():
        yield request(f"multipart {name}", "POST", "/token", body, media)
    good = bodies["good"]
    for other in ("multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary="XX"',
                  "Multipart/Form-Data; Boundary=XX", "multipart/form-data; charset=utf-8; boundary=XX", "multipart/mixed; boundary=XX"):
        yield request(f"multipart type {other}", "POST", "/token", good, other)


def authorizations():
    def me(name, value):
        return request(f"me {name}", "GET", "/users/me", headers=[["Authorization", value]] if value is not None else ())

    yield me("without header", None)
    for value in ("", "Bearer", "Bearer ", "bearer", "Basic", "Basic YTpi", "Digest x", "Token x", "x", "Bearer x", "Bearer x.y.z",
                  "Bearer ..", "Bearer .", "Bearer a b", "Bearer: x", "Bearerx", "Bearer,x", "Bearer é", "Bearer e30.e30.e30",
                  "Bearer null", "Bearer " + "a" * 2000):
        yield me(f"with {value!r:.40}", value)
    for scheme in ("Bearer ", "bearer ", "BEARER ", "bEaReR ", "Bearer  ", "Bearer   ", "Bearer\t", "Basic ", "Token ", "", "Bearer:"):
        yield me(f"scheme {scheme!r}", scheme + "{token:good}")
    yield me("trailing text", "Bearer {token:good} x")
    yield me("trailing comma", "Bearer {token:good},")
    yield me("quoted", 'Bearer "{token:good}"')
    for name in ("good", "second", "expired", "without-exp", "exp-text", "not-yet", "without-sub", "sub-number", "sub-word", "sub-empty",
                 "sub-unknown", "sub-zero", "sub-negative", "other-secret", "hs384", "hs512", "none", "changed-head",
                 "changed-claims", "changed-signature", "without-signature", "two-parts", "four-parts", "padded", "more-claims"):
        yield me(f"token {name}", f"Bearer {{token:{name}}}")
    yield request("me header name in lower case", "GET", "/users/me", headers=[["authorization", "Bearer {token:good}"]])
    yield request("me token in query", "GET", "/users/me?access_token=x")
    yield request("me unused query", "GET", "/users/me?x=1&x=2", headers=[["Authorization", "Bearer {token:good}"]])
    yield request("me token in cookie", "GET", "/users/me", headers=[["Cookie", "access_token=x"]])
    yield request("me with a body", "GET", "/users/me", '{"x": 1}', JSON, [["Authorization", "Bearer {token:good}"]])


def paths():
    for path in ("/", "/users", "/users/", "/users/you", "/users/me/x", "/registe", "/registers", "/Register", "/REGISTER",
                 "/users//me", "//users/me", "/users/me%2F", "/users%2Fme", "/%72egister", "/users/%6de", "/users/./me",
                 "/users/x/../me", "/register?x=1", "/nothing?x=1", "/%00", "/users/me;x=1", "/%zz"):
        yield request(f"GET {path}", "GET", path)
    for path in ("/register/", "/token/", "/json/", "/nothing/"):
        yield request(f"POST {path}", "POST", path, "{}", JSON)
    yield request("GET /users/me/", "GET", "/users/me/")
    yield request("POST /users/me/", "POST", "/users/me/")
    for path in ("/register", "/token", "/users/me", "/json", "/nothing"):
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            if method in ("GET", "HEAD") and path == "/users/me":
                continue
            yield request(f"{method} {path}", method, path)
    yield request("HEAD /users/me", "HEAD", "/users/me")
    yield request("HEAD /users/me with token", "HEAD", "/users/me", headers=[["Authorization", "Bearer {token:good}"]])
    yield request("query on a POST", "POST", "/json?user_id=2", '{"user_id": 1, "action": "a"}', JSON)


def every_request():
    for group in (first_users, members, integers, strings, passwords, emails, malformed, media_types, forms, multiparts,
                  authorizations, paths):
        yield from group()
