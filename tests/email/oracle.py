"""What Pydantic's EmailStr answers to a text: the oracle of src/schema/email.c.

Needs the Python that has contenders/fastapi/requirements.txt installed.
"""

import re

import email_validator
from pydantic import EmailStr, TypeAdapter, ValidationError

ADAPTER = TypeAdapter(EmailStr)

# Said in less detail on purpose: which part of an IP address in brackets is wrong.
DETAILS = [
    (re.compile(r"(It is not an IPv4 address) \(.*\) (or is missing an address literal tag\.)$", re.S), r"\1 \2"),
    (re.compile(r"(The IPv6 address in brackets after the @-sign is not valid) \(.*\)\.$", re.S), r"\1."),
]


def key_of(answer):
    local, domain = answer.rsplit("@", 1)
    ascii_domain = email_validator.validate_email("a@" + domain, check_deliverability=False).ascii_domain
    return "".join(c.lower() if c.isascii() else c for c in local) + "@" + ascii_domain


def ask(text):
    """A line of the corpus: the text with what it becomes and its key, or with why it is refused."""
    try:
        answer = ADAPTER.validate_python(text)
    except ValidationError as error:
        reason = error.errors()[0]["ctx"]["reason"]
        for pattern, shorter in DETAILS:
            reason = pattern.sub(shorter, reason)
        return {"in": text, "reason": reason}
    return {"in": text, "out": answer, "key": key_of(answer)}
