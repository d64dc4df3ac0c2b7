"""The accounts that both services must have by now, and whose log-in an address and a password are."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "email"))
import oracle  # noqa: E402

known = {}  # (what makes two addresses the same, password): the address as answered


def add(email, password):
    made = oracle.ask(email)
    known[made["key"], password] = made["out"]


def account_of(username, password):
    """The address of the account, or None; `username` in any form that registration would take."""
    return known.get((oracle.ask(username).get("key"), password))


def in_fewer_words(reason):
    for pattern, shorter in oracle.DETAILS:
        reason = pattern.sub(shorter, reason)
    return reason
