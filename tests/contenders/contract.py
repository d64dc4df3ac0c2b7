"""Holds the forms of one contender to the contract: each is started, asked, and looked at from outside.

    python tests/contenders/contract.py NAME        contenders/NAME, built; or "postern"

contenders/NAME/forms.json says how each form is started, in that folder. Every recorded question (tests/golden) must be
answered as FastAPI answered it, or as docs/differences.md lets Postern; what else a contender does differently stands in
contenders/NAME/differences.json, with the reason:

    [{"reason": "…", "forms": ["same technique"], "status": 400, "questions": ["…"]}]

Without "forms" it holds for every form, without "status" the status is the right one and only the words are others. A
difference that is not listed fails, and so does a listed one that is no more. Then: a token is what it should be, the
password is kept as argon2id with the agreed parameters, the database is in WAL mode, one of many simultaneous
registrations of one address wins, and it ends when told. Postern has no list, and keeps its hashes sealed.
"""

import json
import os
import re
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden"))
import differences  # noqa: E402
import exchange  # noqa: E402

RECORDS = json.loads((ROOT / "tests" / "golden" / "answers.json").read_text())
HASH = "$argon2id$v=19$m=19456,t=2,p=1$"
START_SECONDS, END_SECONDS, SHOWN_MAX = 30, 30, 10


class NotStarted(Exception):
    pass


class Server:
    """A contender is told everything by its environment, Postern by options."""

    def __init__(self, name, command, folder, directory):
        self.database = Path(directory) / "accounts.db"
        told = {"JWT_SECRET": exchange.SECRET}
        if name == "postern":
            command = [*command, "serve", "--bench-endpoint", "--limits", "off", "--listen", "127.0.0.1:0", "--database",
                       f"sqlite:{self.database}"]
        else:
            told |= {"LISTEN": "127.0.0.1:0", "DATABASE": str(self.database)}
        log = Path(directory) / "log"
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(command, cwd=folder, env={**os.environ, **told}, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=errors, start_new_session=True)
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        line = self.process.stdout.readline().decode() if ready else ""
        found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
        if not found:
            self.kill()
            raise NotStarted(f"the first line of {' '.join(command)} was {line!r}\n{log.read_text()[-2000:]}")
        self.url = found[1]

    def ends(self):
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def ask(self, path, body=None, media="application/json", token=None):
        """(status, the answer's JSON)"""
        headers = {"Content-Type": media} if body is not None else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(self.url + path, body.encode() if body is not None else None, headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def register(self, email):
        return self.ask("/register", json.dumps({"email": email, "password": "correct horse"}))

    def log_in(self, email):
        form = urllib.parse.urlencode({"username": email, "password": "correct horse"})
        return self.ask("/token", form, "application/x-www-form-urlencoded")


# ---- The recorded questions -------------------------------------------------------------------

def replay(server):
    """{name: answer}; the tokens asked with are for the ids that the first two users turn out to have."""
    got = {}
    for number, record in enumerate(RECORDS):
        if number == 2:
            for mark, email in (("good", "alice@example.com"), ("second", "bob@example.com")):
                claims = jwt.decode(server.log_in(email)[1]["access_token"], exchange.SECRET, algorithms=["HS256"])
                exchange.FIRST_USERS[mark] = claims["sub"]
        try:
            got[record["name"]] = exchange.send(server.url, record)
        except OSError as error:
            got[record["name"]] = f"no answer: {error!r}"
    return got


def allowed(name, record):
    promised = differences.promised(record)
    return promised if name == "postern" else differences.Either(record["answer"], promised)


def forms_of(name):
    """{form: command}, and where they are started"""
    if name == "postern":
        return {"release build": ["build/release/postern"]}, ROOT
    folder = ROOT / "contenders" / name
    return json.loads((folder / "forms.json").read_text()), folder


def listed(name, form):
    """{question: entry} of this form of the contender"""
    path = ROOT / "contenders" / name / "differences.json"
    entries = json.loads(path.read_text()) if path.exists() else []
    here = [e for e in entries if form in e.get("forms", [form])]
    return {question: entry for entry in here for question in entry["questions"]}


def statuses(expected):
    return {expected["status"]} if isinstance(expected, dict) else set().union(*map(statuses, expected.values))


def is_as_listed(entry, expected, actual):
    wanted = {entry["status"]} if "status" in entry else statuses(expected)
    return isinstance(actual, dict) and actual["status"] in wanted


def golden(name, form, server):
    """Yields (what, whether it is right, what there is to say)."""
    entries, got = listed(name, form), replay(server)
    for record in RECORDS:
        expected, actual = allowed(name, record), got[record["name"]]
        same, entry = differences.matches(expected, actual), entries.pop(record["name"], None)
        asked = {n: v for n, v in record.items() if n not in ("name", "answer")}
        if same and entry:
            yield record["name"], False, f"listed as different ({entry['reason']}), and is not"
        else:
            right = same or entry is not None and is_as_listed(entry, expected, actual)
            yield record["name"], right, f"asked    {asked}\nexpected {expected}\ngot      {actual}"
    for question, entry in entries.items():
        yield question, False, f"listed as different ({entry['reason']}), and nobody asks it"


# ---- What recorded answers cannot show --------------------------------------------------------

def token_is_right(server):
    user = server.register("claims@example.com")[1]
    answer = server.log_in("claims@example.com")[1]
    token = answer["access_token"]
    head, claims = jwt.get_unverified_header(token), jwt.decode(token, exchange.SECRET, algorithms=["HS256"])
    lasts = answer["expires_in"] == 1800 and 1790 < claims["exp"] - time.time() <= 1800
    same = server.ask("/users/me", token=token) == (200, user)
    return lasts and same and head["alg"] == "HS256" and claims["sub"] == str(user["id"])


def one_registration_wins(server):
    with ThreadPoolExecutor(16) as pool:
        statuses = sorted(status for status, _ in pool.map(server.register, ["race@example.com"] * 16))
    return statuses == [201] + [400] * 15


def rows(database):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            yield from connection.execute(f'SELECT * FROM "{table}"')
    finally:
        connection.close()


def hashes_are_agreed(server):
    texts = [v.decode("latin-1") if isinstance(v, bytes) else str(v) for row in rows(server.database) for v in row]
    hashes = [text for text in texts if text.startswith("$argon2")]
    return bool(hashes) and all(text.startswith(HASH) for text in hashes)


def journal_is_wal(server):
    """Byte 18 of a database file (SQLite's file format, section 1.3.3): 2 is WAL."""
    return server.database.read_bytes()[18:20] == b"\2\2"


def others(name, server):
    yield "GET /health/live is 200", server.ask("/health/live")[0] == 200, ""
    yield "a token is as agreed, and shows its user", token_is_right(server), ""
    yield "one of 16 simultaneous registrations wins", one_registration_wins(server), ""
    if name != "postern":
        yield f"hashes are {HASH}", hashes_are_agreed(server), ""
    yield "the database is in WAL mode", journal_is_wal(server), ""
    yield "it ends when told", server.ends(), ""


def hold(name, form, command, folder):
    """(passed, failed) of one form"""
    passed = failed = 0
    with tempfile.TemporaryDirectory() as directory:
        try:
            server = Server(name, command, folder, directory)
        except (NotStarted, OSError) as error:
            print(f"FAILED: {error}")
            return 0, 1
        try:
            for checks in golden(name, form, server), others(name, server):
                for what, right, saying in checks:
                    passed, failed = passed + right, failed + (not right)
                    if not right and failed <= SHOWN_MAX:
                        print(f"FAILED: {what}\n{saying}".rstrip())
        finally:
            server.kill()
    return passed, failed


def main():
    name = sys.argv[1]
    forms, folder = forms_of(name)
    totals = [0, 0]
    for form, command in forms.items():
        print(f"\n==== {name}, {form}: {len(listed(name, form))} known differences", flush=True)
        passed, failed = hold(name, form, command, folder)
        print(f"{passed} right, {failed} wrong")
        totals = [totals[0] + passed, totals[1] + failed]
    print(f"{totals[0]} passed, {totals[1]} failed")
    sys.exit(1 if totals[1] else 0)


main()
