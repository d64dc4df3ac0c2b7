"""Forms, as browsers and libraries write them and as nobody should."""

from urllib.parse import quote, quote_plus

import questions
from values import changed, text

FORM = questions.FORM
FIELDS = ["grant_type", "scope", "client_id", "client_secret", "otp", "USERNAME", "username[]", ""]
GRANTS = ["password", "", "client_credentials", "PASSWORD", "password ", "passwords", "xpasswordx", "refresh_token",
          "pässword", "x" * 70]
SIGNS = ["%", "%zz", "%4", "&", "&&", "=", ";", "+", "%00", " ", "\r\n", "é", "?", "#", "[]"]
BYTES = [b"%ff", b"\xff", b"%C0%AF", b"\xc3\xa9", b"%c3%a9", b"\xed\xa0\x80", b"%ed%a0%80", b"%e2%82"]
NO_FORMS = ["", "&", "=", "username&password", "username=a=b&password=c", '{"username": "a", "password": "b"}']

# Of a multipart body: what may stand in the place of what.
BOUNDARIES = ["XX", "----WebKitFormBoundary7MA4YWxk", "a'()+_,-./:=?b", "0"]
BEGINS = ["preamble\r\n", "\r\n", "\r\n\r\n", "-", " "]
ENDS = ["", "--XX", "--XX\r\n", "--XX-", "--XX--", "--XX--\r\nepilogue", "--XX--  \r\n", "--YY--\r\n"]
MEDIA = [
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=YY", "multipart/mixed; boundary=XX",
    "Multipart/Form-Data; Boundary=XX", "multipart/form-data; charset=utf-8; boundary=XX", 'multipart/form-data;boundary="XX"',
    "multipart/form-data; charset=latin-1; boundary=XX", "multipart/form-data; boundary=XX; boundary=YY",
    "multipart/form-data; boundary",
]
IN_A_HEAD = {
    "Content-Disposition": ["content-disposition", "CONTENT-DISPOSITION", "Content-Dispositio", "X"],
    "form-data; ": ["form-data ;", "Form-Data; ", "attachment; ", "", "form-data; x=y; ", "form-data;"],
    '"password"': ["password", '"Password"', '""', '"pass\\"word"', "'password'", '"password'],
}
HEADERS = [
    "Content-Type: text/plain", "Content-Type: text/plain; charset=utf-8", "Content-Type: text/plain; charset=latin-1",
    "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: 8bit", "X-More: 1", "X", "Content-Type: application/json",
    "Content-Length: 3", "X: " + "y" * 3000,
]
LETTERS = ["", "\r", "\n", "-", "\0", '"', ":", ";", "\r\n", "é"]


class Forms:
    """What a Generator knows of forms; it has `random`, `account()` and `post()`."""

    def urlencoded(self, fields):
        r = self.random

        def escaped(value):
            kind = r.randrange(8)
            if kind == 0:
                return "".join(f"%{b:02x}" for b in value.encode())
            if kind == 1 and not set(value) & set("%&=+;\0\r\n"):
                return value
            usual = quote(value, safe="@'!*()/,:$-") if kind == 2 else quote_plus(value)
            return usual.replace("%40", r.choice(["%40", "@"]))

        return self.post("/token", "&".join(escaped(n) + "=" + escaped(v) for n, v in fields), FORM)

    def multipart(self, fields):
        r = self.random
        mark = r.choice(BOUNDARIES)
        parts = [questions.part(n, v).replace("--XX\r\n", f"--{mark}\r\n", 1) for n, v in fields]
        quoted = f'"{mark}"' if r.randrange(3) == 0 or not mark.replace("-", "").isalnum() else mark
        body = "".join(parts) + f"--{mark}--" + r.choice(["\r\n", ""])
        return self.post("/token", body, f"multipart/form-data; boundary={quoted}")

    def send_form(self, fields):
        return self.multipart(fields) if self.random.randrange(4) == 0 else self.urlencoded(fields)

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
                fields.append(["grant_type", r.choice(GRANTS)])
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
            whole = changed(r, good, SIGNS)
        elif kind == 1:
            others = [good.replace("&", ";"), f"&{good}&", f"?{good}", f"{good}&x", f"{good}&=", f"={good}", f"{good}\r\n"]
            whole = r.choice(others + NO_FORMS)
        elif kind == 2:
            whole = changed(r, good.encode(), BYTES)
        else:
            whole = good + "".join(f"&f{n}={n}" for n in range(r.choice([10, 97, 98, 99, 120, 997])))
        return self.post("/token", whole, r.choice([FORM] * 6 + [FORM + ";charset=UTF-8", FORM.title()]))

    def odd_multipart(self):
        """What only a multipart body can hold."""
        r = self.random
        email, password = self.account()
        user, word = questions.part("username", email), questions.part("password", password)
        begin, more, end = "", r.choice(["", questions.part("x", text(r)), questions.part("username", text(r, 1))]), "--XX--\r\n"
        media = "multipart/form-data; boundary=XX"
        kind = r.randrange(10)
        if kind == 0:
            more += questions.part("file", "content", '; filename="a.txt"')
        elif kind == 1:
            begin, end = r.choice([[r.choice(BEGINS), end], [begin, r.choice(ENDS)]])
        elif kind == 2:
            media = r.choice(MEDIA)
        elif kind in (3, 4):
            usual = r.choice(list(IN_A_HEAD))
            word = word.replace(usual, r.choice(IN_A_HEAD[usual]))
        elif kind == 5:
            word = word.replace("\r\n\r\n", f"\r\n{r.choice(HEADERS)}\r\n\r\n", 1)
        elif kind == 6:
            word = questions.part("password", r.choice(["", "--XX", "\r\n", "--X", "a\r\nb", password + "\r\n", "\r\n--X"]))
        elif kind == 7:
            user, word, more = r.choice([["", "", ""], [user, "", ""], [user, word, user + word]])
        elif kind == 8:
            begin = "".join(questions.part(f"f{n}", "x") for n in range(r.choice([50, 98, 99, 150])))
        whole = begin + user + word + more + end
        if kind == 9:
            whole = r.choice([
                changed(r, whole, LETTERS), changed(r, whole.encode(), BYTES), whole.replace("\r\n", "\n", r.choice([-1, 1, 2])),
            ])
        return self.post("/token", whole, media)
