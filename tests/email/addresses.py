"""Texts that are e-mail addresses, nearly, or not at all: chosen ones, and random ones from a seed."""

import random
import unicodedata

WORDS = ["a", "ann", "Ann.Lee", "o'neil", "x+tag", "INFO", "Postmaster", "sales", "www", "a_b-c", "1", "{}|~"]
TLDS = ["com", "org", "de", "COM", "co.uk", "xn--p1ai", "рф", "中国", "example"]
RESERVED = ["arpa", "invalid", "local", "localhost", "onion", "test"]
SCRIPTS = [(0xE0, 0xFF), (0x100, 0x17F), (0x370, 0x3FF), (0x400, 0x45F), (0x5D0, 0x5EA), (0x620, 0x64A), (0x660, 0x669),
           (0x6F0, 0x6F9), (0x900, 0x96F), (0xE00, 0xE5B), (0x1100, 0x11FF), (0x1E00, 0x1EFF), (0x1F00, 0x1FFF), (0x2000, 0x206F),
           (0x2100, 0x214F), (0x2460, 0x24FF), (0x3000, 0x30FF), (0x4E00, 0x4EFF), (0xAC00, 0xACFF), (0xF900, 0xFAFF),
           (0xFB00, 0xFDFF), (0xFE00, 0xFFFF), (0x10330, 0x1034A), (0x1D400, 0x1D4FF), (0x1E900, 0x1E95F), (0x1F300, 0x1F64F),
           (0x20000, 0x20020), (0x30000, 0x30020), (0, 0x7F), (0x80, 0xDF)]
ODD = list(" \t\n\r\0\x1f\x7f\"'\\<>()[],;:@.-_/`") + list("\u0301\u0338\u0327\u3099\u00ad\u034f\u115f\u17b4\u200b\u200c\u200d\u200e"
      "\u2024\u2028\u2029\u202e\u2044\u2060\u2260\u226e\u2488\u2ff0\u3002\uff0e\uff61\u33c2\ufe52\uff21\uff0d\uff1c\uff20\ufeff\ufffd\uffff"
      "\u00b7\u0375\u05f3\u30fb\u0660\u06f0\u00df\u1e9e\u03c2\u212b\u037e\u1fef\u0130\U000e0061\U0001f100\U0001f4a9\ue000\U0010fffd\u0378\u0149\ufdfa")

CHOSEN = [
    "", " ", "@", "a", "a@", "@b.com", "a@b", "a@b.com", " A@B.Com\n", "\u2003a@b.com\u00a0", "a@@b.com", "a@b@c.com", "a b@c.com",
    "a@b c.com", "a.@b.com", ".a@b.com", "a..b@c.com", "a@b..com", "a@.b.com", "a@b.com.", "a@-b.com", "a@b-.com", "a@b.-com", "a@b.com-",
    "a@ab--c.com", "a@xn--.com", "a@b.c0m1", "a@b.1", "a@127.0.0.1", "a@[127.0.0.1]", "a@[127.0.0.256]", "a@[1.2.3]", "a@[IPv6:::1]",
    "a@[IPv6:::g]", "a@[]", "a@[", "a@]", "a@[x:y]", "a@[x: y]", "a@[x:\u0101]", "a@[example.com]", '"a"@b.com', '"a b"@c.com', '"a"b@c.com',
    '"a\\"b"@c.com', '"a\\\\"@b.com', '"a@b.com', '"\u00e9"@b.com', '"\u00e9 "@b.com', '"\u0001"@b.com', '""@b.com', 'a"b@c.com', '"a"',
    '"a"\u0301@b.com', '"e\u0301"@b.com', '"e\u0301 "@b.com', '"\u037e"@b.com', '"\u202e"@b.com', '"\u2028"@b.com', '"\u2029"@b.com',
    "Ann <a@b.com>", "Ann Lee <a@b.com> ", "<a@b.com>", "< a@b.com >", "<\na@b.com\n>", "<a\n@b.com>", "Ann\n<a@b.com>", '"Ann" <a@b.com>',
    '"Ann" Lee <a@b.com>', '"" <a@b.com>', '"a" "b" <c@d.com>', '"a" <b> "c" <d@e.com>', "Ann. <a@b.com>", "A. B. <a@b.com>", "\u00c9 <a@b.com>",
    "\u4e00 <a@b.com>", "\u00b2 <a@b.com>", "\u20ac <a@b.com>", "(x) <a@b.com>", "Ann <a@b.com", "Ann <a@b.com> x", "Ann. <a@b.com> x", "Ann. <a@b.com",
    "Ann. <a@b>", "Ann. <@>", "Ann. <>", "<>", "< >", "<\n>", "<<a@b.com>>", "x <y <a@b.com>>", "a\\b <c@d.com>", "Ann. <a@b.com>>  ", "Ann.\t<a@b.com>\t",
    '"a\tb" <c@d.com>', '"x', '"x"y <a@b.com>', '"x\\" <a@b.com>', "a<b@c.com", "a<\u0338b@c.com", "a<\u0316\u0338b@c.com", "\u226e@b.com", "Ann. <\u0338a@b.com>",
    "a>b@c.com", "INFO@b.com", "PostMaster@B.COM", "Infos@b.com", "webmaster@b.com", "\u0130nfo@b.com",
    "e\u0301@b.com", "\u00e9@b.com", "\u0301@b.com", "a\u0301@b.com", "\u1fef@b.com", "\u037e@b.com", "\u212b@b.com", "\u2260@b.com", "a\u3000b@c.com", "a\u200bb@c.com",
    "a\u00adb@c.com", "\U0001f4a9@b.com", "\ue000@b.com", "\u0378@b.com", "\U000e0001@b.com", "a\u2028@b.com", "\uffff@b.com", "\uffffa@b.com",
    "a@b\u00fccher.de", "a@B\u00dcCHER.de", "a@bu\u0308cher.de", "a@xn--bcher-kva.de", "a@XN--BCHER-KVA.de", "a@stra\u00dfe.de", "a@stra\u1e9ee.de",
    "a@fa\u00df.de", "a@\u03b2\u03cc\u03bb\u03bf\u03c2.com", "a@\u4f8b\u3048.\u30c6\u30b9\u30c8", "a@\u4f8b\u3002com", "a@b\uff0ecom", "a@b\uff61com", "a@\uff42.com", "a@b\uff0d.com",
    "a@\U0001f4a9.la", "a@xn--ls8h.la", "a@\u2488com", "a@x\u33c2.com", "a@\u2100.com", "a@\ufffd.com", "a@a\u2024b.com", "a@\u115f.com", "a@\u115f", "a@\u115fb.com",
    "a@\u0301b.com", "a@b.\u0301com", "a@x\u0301.com", "a@l\u00b7l.com", "a@a\u00b7l.com", "a@\u00b7.com", "a@\u0375\u03b1.com", "a@\u0375a.com", "a@\u05d0\u05f3.com", "a@a\u05f3.com",
    "a@\u30fb.com", "a@\u30fb\u30a2.com", "a@\u0660\u06f0.com", "a@\u0627\u0660.com", "a@\u0627\u0660\u06f0.com", "a@\u06271.com", "a@1\u0627.com", "a@a\u0627.com", "a@\u0627a.com",
    "a@\u06271\u0660.com", "a@\u0627\u0300.com", "a@\u0627-b.com", "a@\u05d0-.com", "a@\u0915\u094d\u200d\u0937.com", "a@a\u200db.com", "a@\u200da.com", "a@\u0628\u200c\u0628.com",
    "a@b\u200cb.com", "a@xn--1ug.com", "a@xn--a.com", "a@xn--a-.com", "a@xn--0.com", "a@xn--99999999.com", "a@xn--bbk.com", "a@xn---bbk.com", "a@xn--BCHER-kva.com",
    "a@xn--zca.com", "a@xn--a-ecp.ru", "a@ab--\u00fc.com", "a@xn--\u00fc.com", "a@\u302e.com", "a@\u3031.com", "a@\u0640.com", "a@\u06fd.com", "a@\u3007.com",
    "a@\u1100.com", "a@\u1112\u1161\u11ab.com", "a@\u2f868.com", "a@\U0002f868.com", "a@\u0340.com", "a@a\u0340.com", "a@\u04c0.com", "a@\u2132.com", "a@\u0149.com",
    "a@\ufdfa.com", "a@\u212a.com", "a@\u017f.com", "a@\ufb01.com", "a@\u2460.com", "a@\u00bd.com", "a@\u2044.com", "a@b/c.com", "a@b_c.com", "a@b\\c.com", "a@\U00030000.com",
    "a@\U00016a70.com", "a@\u0378.com", "a@b.\u0440\u0444", "a@\u0440\u0444", "a@b.xn--p1ai", "a@b.\u4e00", "a@b.c\u00fc", "a@x.\u0661",
    "a" * 64 + "@b.com", "a" * 65 + "@b.com", "a" * 66 + "@b.com", "\u00e9" * 64 + "@b.com", "e\u0301" * 33 + "@b.com",
    "a@" + "b" * 63 + ".com", "a@" + "b" * 64 + ".com", "a@" + "b" * 65 + ".com", "a@" + "\u00fc" * 56 + ".com", "a@" + "\u00fc" * 60 + ".com",
    "a@" + "\u00fc" * 255 + ".com", "a@" + "b" * 255 + ".\u00fc.com", "a@" + ".".join(["b" * 60] * 4) + ".com", "a@" + ".".join(["b" * 60] * 4) + ".comm",
    "a@" + ".".join(["b" * 60] * 4) + ".commmmmm", "a@" + ".".join(["b" * 60] * 4) + ".commmmmmmm", "a@" + ".".join(["b" * 60] * 4) + ".commmmmmmmm",
    "a@" + ".".join(["B" * 60] * 4) + ".commmmmmmmmm", "a@" + ".".join(["b" * 60] * 4) + ".commmmmmmmmm", "a@" + "b." * 600 + "com", "a@" + "b" * 1025, "a@" + "\u00fc" * 1025,
    "aa@" + ".".join(["b" * 60] * 4) + ".commmmm", "\u00e9@" + ".".join(["b" * 60] * 4) + ".commmmmm", "\u00e9" * 60 + "@" + ".".join(["b" * 60] * 3) + ".com",
    "\u4e00" * 60 + "@" + "b" * 60 + "." + "c" * 20 + ".com", "a@" + ".".join(["\u4e00" * 30] * 3) + ".com", "a" * 60 + "@" + ".".join(["\u4e00\u4e8c\u4e09" * 5] * 3) + ".\u00fc.com",
    "a" * 60 + "@" + ".".join(["\u00fc" * 15] * 6) + ".com", "a" * 40 + "@" + ".".join(["xn--" + "tda" * 1] * 6) + ".com", "e\u0301" * 32 + "@" + ".".join(["b" * 60] * 3) + ".com",
    "\uff42" * 60 + "@" + "c" * 60 + "." + "d" * 30 + ".com", "a@" + "\uff42" * 60 + ".com", "a@" + "\uff42" * 90 + ".com",
    "a" * 2048, "a" * 2049, "\u00e9" * 2048 + "@", " " * 2040 + "a@b.com", " " * 2042 + "a@b.com", "<" * 2000 + "a@b.com", '"' * 2000 + "<a@b.com>",
    *["a@" + name for name in RESERVED], *["a@b." + name.upper() for name in RESERVED], "a@notlocal.com", "a@xlocal", "a@b.xlocal", "a@example.com", "a@example",
    "a@b.\uff54\uff45\uff53\uff54", "a@b.example", "a@1.2.in-addr.arpa", "a@local.com",
]


def letter(r):
    first, last = r.choice(SCRIPTS)
    c = chr(r.randint(first, last))
    return "a" if 0xD800 <= ord(c) <= 0xDFFF else c


def word(r):
    kind = r.randrange(6)
    if kind < 2:
        return r.choice(WORDS)
    if kind == 2:
        return "".join(r.choice("abcXYZ019-_.") for _ in range(r.randint(1, 12)))
    first, last = r.choice(SCRIPTS[:-2])
    if kind == 3:
        return "".join(letter(r) for _ in range(r.randint(1, 4)))
    return "".join(chr(r.randint(first, last)) for _ in range(r.randint(1, 6)))


def label(r):
    text = word(r)
    if r.randrange(4) == 0:
        text = "xn--" + unicodedata.normalize(r.choice(["NFC", "NFKC", "NFD"]), text).lower().encode("punycode").decode()
    return text


def domain(r):
    labels = [label(r) for _ in range(r.choice([0, 1, 1, 1, 2, 3]))]
    return r.choice([".", ".", ".", ".", "\u3002", "\uff0e"]).join(labels + [r.choice(TLDS + RESERVED if r.randrange(8) == 0 else TLDS)])


def long_text(r, most):
    unit = r.choice(["a", "b-c", "\u00e9", "\u4e00", "e\u0301", "\uff42", "\U00010330", "a."])
    return (unit * most)[: r.randint(most - 6, most + 6)]


def mutated(r, text):
    for _ in range(r.choice([1, 1, 2, 3])):
        at = r.randint(0, len(text))
        kind = r.randrange(3)
        text = text[:at] + (r.choice(ODD) if kind < 2 else letter(r)) + text[at + r.randrange(2):]
    return text


def address(r):
    kind = r.randrange(12)
    if kind == 0:
        return long_text(r, 64) + "@" + domain(r)
    if kind == 1:
        return word(r) + "@" + ".".join(long_text(r, r.choice([30, 60])) for _ in range(r.choice([1, 1, 2, 4]))) + "." + r.choice(TLDS)
    text = word(r) + "@" + domain(r)
    if kind == 2:
        text = r.choice(["", "Ann", "Ann ", "A. ", '"Ann"', '"A\\"n" ', word(r), "\u00c9"]) + "<" + text + r.choice([">", ">", "> ", "", ">x"])
    elif kind == 3:
        text = '"' + word(r) + r.choice(["", " ", "\\"]) + '"@' + domain(r)
    return mutated(r, text) if kind % 2 else text


def settled(text):
    """False for A-labels of characters that are newer than the oracle's Unicode tables."""
    for part in text.lower().replace("\u3002", ".").replace("\uff0e", ".").replace("@", ".").split("."):
        if "xn--" in part:
            try:
                decoded = part[part.index("xn--") + 4:].strip(">x ").encode("ascii").decode("punycode")
            except (UnicodeError, ValueError):
                continue
            if any(unicodedata.category(c) in ("Cn", "Cs") for c in decoded):
                return False
    return True


def chosen():
    return CHOSEN


def drawn(seed, count):
    r = random.Random(seed)
    return [text for text in (address(r) for _ in range(count)) if settled(text)]


def swept():
    """Every code point, before and after the @-sign."""
    for c in map(chr, range(0x110000)):
        if not "\ud800" <= c <= "\udfff":
            yield f"a{c}@b.com"
            yield f"a@b{c}b.com"
