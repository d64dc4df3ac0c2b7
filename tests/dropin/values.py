"""Values for members of JSON, good for them or not, and their JSON with its blanks and escapes chosen at random."""

import json

import questions

SCRIPTS = ["abcdefgh 0123456789", "äöüßéèñ", "абвгд", "漢字仮名", "😀🎉👩‍🚀",
           "\u0301\u200b\ufeff", "\"\\/'<>&%+=;,{}[]"]
EDGE_TEXTS = ["", " ", "\u0000", "null", "true", "0", "a" * 64, "a" * 65, "é" * 64, "😀" * 65, "</script>", "\u2028",
              "x" * 300]
NUMBERS = [*questions.INTEGER_LITERALS, "2e0", "1.000", "-1e-1", "123456789.5", "1e15", "4.5e15", "-7"]
PIECES = ["", *'{}[]",:\\0 -+.eEtn/*#\n\t\0é', "//", "NaN", "-Infinity", "'", "\\u", "\\ud800", "\\x", "\u00a0", "\ufeff",
          "null", "1e999"]
BAD_UTF8 = [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\x80", b"\xe2\x82", b"\xf4\x90\x80\x80", b"\xc3"]
ENCODINGS = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-8-sig", "utf-8-sig", "utf-7"]


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
        return "{" + ",".join(blank() + written(n) + blank() + ":" + blank() + written(v) + blank() for n,
                              v in value) + "}"

    return blank() + written(value) + blank()


def changed(r, whole, pieces, lost=2):
    """A text, or bytes, with one of the pieces somewhere, in the place of at most `lost` letters."""
    at = r.randrange(len(whole) + 1)
    return whole[:at] + r.choice(pieces) + whole[at + r.randint(0, lost):]


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
