"""Asks FastAPI and Postern the same generated requests and shows every difference that docs/differences.md does not have.

    python tests/dropin/compare.py BINARY [--seed N] [--count N]        tests/dropin/run installs and builds what this needs
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "golden")]
import accounts  # noqa: E402
import rules  # noqa: E402
import servers  # noqa: E402
from asked import Asked  # noqa: E402
from generate import Generator  # noqa: E402
from wire import Side  # noqa: E402

SHOWN_MAX, TRIES_MAX = 20, 300
FULL = 5000     # with so many requests each rule must have been needed


class Comparison:
    def __init__(self, fastapi, postern):
        self.sides = fastapi, postern

    def ask(self, request):
        """(what is promised, what Postern answers, the titles of the rules between FastAPI and the promise)"""
        plainer, plainer_titles = rules.asked_of_fastapi(request)
        asked = plainer, request
        for side, one in zip(self.sides, asked):
            side.send(one)
        answer, actual = (side.receive(one) for side, one in zip(self.sides, asked))
        expected, titles = rules.promised(Asked(request), answer)
        return answer, expected, actual, plainer_titles + titles

    def differs(self, request):
        _, expected, actual, _ = self.ask(request)
        return not rules.matches(expected, actual)

    def smaller(self, request):
        """The request with everything left out that the difference does without."""
        tries = iter(range(TRIES_MAX))

        def attempt(**changes):
            nonlocal request
            smaller = {**request, **changes}
            if next(tries, None) is not None and self.differs(smaller):
                request = smaller
                return True
            return False

        attempt(chunked=False)
        for header in list(request["headers"]):
            attempt(headers=[h for h in request["headers"] if h is not header])
        size = len(request["body"] or b"") // 2
        while size:
            at = 0
            while at < len(request["body"]):
                if not attempt(body=request["body"][:at] + request["body"][at + size:]):
                    at += size
            size //= 2
        return request


def shape(answer):
    """What makes two differences the same one."""
    if not isinstance(answer, dict):
        return str(answer)
    kinds = sorted(f["type"] for f in rules.faults(answer) if isinstance(f["type"], str))
    return str((answer["status"], kinds, answer["headers"]))


def show(request, answer, expected, actual, titles):
    body = request["body"]
    shown = ("kind", "method", "path", "headers", "body")
    others = {name: value for name, value in request.items() if name not in shown and value}
    print(f"\nasked    {request['method']} {request['path']}  {request['headers']}  {others or ''}")
    if body is not None:
        print(f"         {body if len(body) < 1000 else body[:1000] + b'...'}")
    for name, value in ("FastAPI", answer), ("promised", expected), ("Postern", actual):
        print(f"{name:8} {str(value)[:1000]}")
    print(f"rules    {titles or 'none'}")


def compare(comparison, seed, count):
    generator, found, documented, answers = Generator(seed), {}, 0, Counter()
    for request in generator.requests(count):
        if "account" in request:
            accounts.add(*generator.accounts[request["account"]])
        answer, expected, actual, titles = comparison.ask(request)
        answers[answer["status"]] += 1
        documented += bool(titles)
        if not rules.matches(expected, actual):
            found.setdefault((request["kind"], shape(expected), shape(actual)), []).append(request)
    print(f"FastAPI answered {', '.join(f'{number} x {status}' for status, number in sorted(answers.items()))}")
    print(f"{documented} answers differ as docs/differences.md says, {sum(map(len, found.values()))} otherwise")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6)))
    parser.add_argument("--count", type=int, default=FULL)
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.count} requests", flush=True)
    begun = time.monotonic()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fastapi = stack.enter_context(servers.fastapi(directory))
        postern = stack.enter_context(servers.postern(directory, asked.binary))
        comparison = Comparison(Side(fastapi), Side(postern))
        found = compare(comparison, asked.seed, asked.count)
        uses = rules.uses()
        for requests in list(found.values())[:SHOWN_MAX]:
            request = comparison.smaller(min(requests, key=lambda r: len(r["body"] or b"")))
            show(request, *comparison.ask(request))
            if len(requests) > 1:
                print(f"         and {len(requests) - 1} like it")
    for title, used in sorted(uses.items(), key=lambda item: -item[1]):
        print(f"{used:6}  {title}")
    unused = [title for title, used in uses.items() if not used] if asked.count >= FULL else []
    for title in unused:
        print(f"FAILED: no request needed the rule {title!r}")
    for title in rules.undocumented():
        print(f"FAILED: docs/differences.md does not say {title!r}")
    failed = sum(map(len, found.values())) + len(unused) + len(rules.undocumented())
    print(f"{time.monotonic() - begun:.0f} s")
    print(f"{asked.count - sum(map(len, found.values()))} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
