"""Tokens good, expired, forged and odd: each kind makes one for an account's id, with the secret both services know."""

import base64
import hmac
import json
import time

from exchange import SECRET


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(head, claims, secret=SECRET, digest="sha256"):
    """A token of exactly these texts; a dict is written as JSON."""
    parts = [part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode() for part in (head,
                                                                                                                claims)]
    text = ".".join(map(base64url, parts))
    return text + "." + base64url(hmac.digest(secret.encode(), text.encode(), digest))


HEAD = {"alg": "HS256", "typ": "JWT"}


def now(seconds=0):
    return int(time.time()) + seconds


def good(user, head=HEAD, **changes):
    """A token as the services make them, with some claims changed; None removes one."""
    claims = {"sub": user, "exp": now(1800), **changes}
    return signed(head, {name: value for name, value in claims.items() if value is not None})


def tampered(text, part):
    parts = text.split(".")
    parts[part] = ("B" if parts[part][0] == "A" else "A") + parts[part][1:]
    return ".".join(parts)


def claims_text(text):
    return lambda user: signed(HEAD, text.replace("USER", user).replace("EXP", str(now(1800))).encode())


KINDS = {
    "good": good,
    "expired": lambda user: good(user, exp=now(-3600)),
    "expired-long-ago": lambda user: good(user, exp=0),
    "exp-negative": lambda user: good(user, exp=-1),
    "exp-fraction": lambda user: good(user, exp=now(1800) + 0.5),
    "exp-far": lambda user: good(user, exp=2**40),
    "exp-beyond": claims_text('{"sub":"USER","exp":1e300}'),
    "exp-infinite": claims_text('{"sub":"USER","exp":1e999}'),
    "exp-text": lambda user: good(user, exp="tomorrow"),
    "exp-number-in-text": lambda user: good(user, exp=str(now(1800))),
    "exp-true": lambda user: good(user, exp=True),
    "exp-null": claims_text('{"sub":"USER","exp":null}'),
    "exp-list": lambda user: good(user, exp=[now(1800)]),
    "without-exp": lambda user: good(user, exp=None),
    "nbf-past": lambda user: good(user, nbf=now(-60)),
    "nbf-future": lambda user: good(user, nbf=now(3600)),
    "nbf-text": lambda user: good(user, nbf="x"),
    "iat-past": lambda user: good(user, iat=now(-60)),
    "iat-future": lambda user: good(user, iat=now(3600)),
    "iat-text": lambda user: good(user, iat="x"),
    "aud": lambda user: good(user, aud="someone"),
    "aud-list": lambda user: good(user, aud=["someone"]),
    "iss": lambda user: good(user, iss="someone", jti="1", scope="read"),
    "without-sub": lambda user: good(user, sub=None),
    "sub-null": claims_text('{"sub":null,"exp":EXP}'),
    "sub-number": lambda user: good(user, sub=int(user)),
    "sub-fraction": lambda user: good(user, sub=float(user)),
    "sub-true": lambda user: good(user, sub=True),
    "sub-list": lambda user: good(user, sub=[user]),
    "sub-word": lambda user: good(user, sub="alice"),
    "sub-empty": lambda user: good(user, sub=""),
    "sub-unknown": lambda user: good(user, sub="999999999"),
    "sub-zero": lambda user: good(user, sub="0"),
    "sub-negative": lambda user: good(user, sub="-" + user),
    "sub-plus": lambda user: good(user, sub="+" + user),
    "sub-blank": lambda user: good(user, sub=f" {user} "),
    "sub-leading-zero": lambda user: good(user, sub="0" + user),
    "sub-underscore": lambda user: good(user, sub="0_" + user),
    "sub-other-digits": lambda user: good(user, sub=user.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))),
    "sub-beyond-2-53": lambda user: good(user, sub=str(2**53)),
    "sub-beyond-2-63": lambda user: good(user, sub=str(2**63)),
    "sub-beyond-2-64": lambda user: good(user, sub=str(2**64 + int(user))),
    "sub-nul": lambda user: good(user, sub=user + "\0"),
    "sub-twice": claims_text('{"sub":"999999999","sub":"USER","exp":EXP}'),
    "exp-twice": claims_text('{"sub":"USER","exp":1,"exp":EXP}'),
    "more-claims": lambda user: good(user, scope="read", x={"y": [1, None]}),
    "blanks-in-claims": claims_text(' { "sub" : "USER" , "exp" : EXP } '),
    "claims-escaped": claims_text('{"s\\u0075b":"USER","exp":EXP}'),
    "claims-list": claims_text('["USER"]'),
    "claims-empty": claims_text(""),
    "claims-cut": claims_text('{"sub":"USER","exp":EXP'),
    "claims-trailing": claims_text('{"sub":"USER","exp":EXP}x'),
    "claims-not-utf-8": lambda user: signed(HEAD, b'{"sub":"' + user.encode() + b'","exp":%d,"x":"\xff"}' % now(1800)),
    "claims-bom": lambda user: signed(HEAD, b'\xef\xbb\xbf{"sub":"' + user.encode() + b'","exp":%d}' % now(1800)),
    "other-secret": lambda user: signed(HEAD, {"sub": user, "exp": now(1800)}, "another-secret-of-more-than-32-bytes"),
    "empty-secret": lambda user: signed(HEAD, {"sub": user, "exp": now(1800)}, ""),
    "hs384": lambda user: signed({"alg": "HS384"}, {"sub": user, "exp": now(1800)}, digest="sha384"),
    "hs512": lambda user: signed({"alg": "HS512"}, {"sub": user, "exp": now(1800)}, digest="sha512"),
    "hs512-as-hs256": lambda user: signed(HEAD, {"sub": user, "exp": now(1800)}, digest="sha512"),
    "none": lambda user: good(user, {"alg": "none"}).rsplit(".", 1)[0] + ".",
    "none-signed": lambda user: good(user, {"alg": "none"}),
    "alg-lower-case": lambda user: good(user, {"alg": "hs256"}),
    "alg-rs256": lambda user: good(user, {"alg": "RS256"}),
    "alg-es256": lambda user: good(user, {"alg": "ES256"}),
    "alg-absent": lambda user: good(user, {"typ": "JWT"}),
    "alg-null": lambda user: good(user, {"alg": None}),
    "alg-list": lambda user: good(user, {"alg": ["HS256"]}),
    "without-typ": lambda user: good(user, {"alg": "HS256"}),
    "typ-other": lambda user: good(user, {"alg": "HS256", "typ": "at+jwt"}),
    "typ-number": lambda user: good(user, {"alg": "HS256", "typ": 1}),
    "kid": lambda user: good(user, {"alg": "HS256", "kid": "1"}),
    "kid-number": lambda user: good(user, {"alg": "HS256", "kid": 1}),
    "crit": lambda user: good(user, {"alg": "HS256", "crit": ["exp"]}),
    "jwk": lambda user: good(user, {"alg": "HS256", "jwk": {"kty": "oct", "k": "AA"}, "jku": "https://example.com",
                                    "x5c": []}),
    "cty": lambda user: good(user, {"alg": "HS256", "cty": "JWT"}),
    "head-list": lambda user: good(user, b"[]"),
    "head-no-json": lambda user: good(user, b"{"),
    "head-empty": lambda user: good(user, b""),
    "changed-head": lambda user: tampered(good(user), 0),
    "changed-claims": lambda user: tampered(good(user), 1),
    "changed-signature": lambda user: tampered(good(user), 2),
    "without-signature": lambda user: good(user).rsplit(".", 1)[0] + ".",
    "short-signature": lambda user: good(user)[:-4],
    "long-signature": lambda user: good(user) + "AAAA",
    "two-parts": lambda user: good(user).rsplit(".", 1)[0],
    "four-parts": lambda user: good(user) + ".e30",
    "padded": lambda user: good(user) + "=",
    "standard-base64": lambda user: good(user, x="\u00ff\u00fe?>~").replace("-", "+").replace("_", "/"),
    "blank-inside": lambda user: good(user).replace(".", ". ", 1),
    "other-spelling": lambda user: respelt(good(user)),
}


def respelt(token):
    """The same bytes spelt otherwise: the last letter of 32 bytes has two bits that say nothing."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + letters[letters.index(token[-1]) | 1]
