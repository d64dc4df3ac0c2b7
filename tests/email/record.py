"""Records what EmailStr answers into corpus.jsonl, which tests/unit/schema/test_email.c replays.

    python tests/email/record.py                         the corpus: chosen addresses, and a few drawn for each answer
    python tests/email/record.py SEED COUNT FILE         COUNT drawn addresses from SEED into FILE
    python tests/email/record.py sweep FILE              every code point, before and after the @-sign
    EMAIL_CORPUS=FILE build/release/unit/schema/test_email    compares the two on such a file

with a Python that has contenders/fastapi/requirements.txt installed.
"""

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import addresses  # noqa: E402
from oracle import ask  # noqa: E402

SEED, DRAWN, OF_A_KIND = 20261122, 40000, 3


def kind(line):
    """The answer without what is particular to the address."""
    return re.sub(r"\(.*?\)$|'.*'|U\+[0-9A-F]+|[0-9]+|[A-Z]{2}[A-Z -]+", "", line["reason"]) if "reason" in line else len(line["out"].encode()) > len(line["out"])


def corpus():
    seen = {}
    for text in addresses.chosen():
        yield ask(text)
    for text in addresses.drawn(SEED, DRAWN):
        line = ask(text)
        seen[kind(line)] = seen.get(kind(line), 0) + 1
        if seen[kind(line)] <= OF_A_KIND:
            yield line


def write(path, lines):
    with open(path, "w", encoding="ascii") as out:
        for line in lines:
            out.write(json.dumps(line) + "\n")


def main(arguments):
    if not arguments:
        write(Path(__file__).parent / "corpus.jsonl", corpus())
    elif arguments[0] == "sweep":
        write(arguments[1], map(ask, addresses.swept()))
    else:
        print(f"seed {arguments[0]}")
        write(arguments[2], map(ask, addresses.drawn(int(arguments[0]), int(arguments[1]))))


main(sys.argv[1:])
