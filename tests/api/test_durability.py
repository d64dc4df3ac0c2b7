"""What was answered 201 is there after kill -9 of everything, whenever it strikes. ROUNDS and SEED."""

import http.client
import json
import os
import random
import threading
import time

import pytest

import flags
import recorder
from client import Client, in_parallel, new_email

pytestmark = pytest.mark.usefixtures("managed")

CLIENTS = 8


def test_nothing_that_was_answered_is_lost(start):
    seed = int(os.environ.get("SEED", random.randrange(2**32)))
    print(f"SEED={seed}")
    chance = random.Random(seed)
    kept, starts = [], []
    for _ in range(flags.ROUNDS):
        before = time.monotonic()
        server = start()
        with Client(server) as client:
            assert client.get("/health/ready").status_code == 200
        starts.append(time.monotonic() - before)
        check(server, chance.sample(kept, min(len(kept), 20)) + kept[-CLIENTS * 2:])
        kept += load_and_kill(server, chance.uniform(0.005, 0.15))
    server = start()
    check(server, kept)
    assert len(kept) > flags.ROUNDS, "hardly anything was registered"
    assert max(starts) < 10 and sorted(starts)[len(starts) // 2] < 3, starts


def load_and_kill(server, seconds):
    """The addresses whose registration was answered 201 before the kill, in the order of the answers."""
    answered = []

    def register():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        try:
            while True:
                email = new_email("durable")
                connection.request("POST", "/register", json.dumps({"email": email, "password": "correct horse"}))
                answer = connection.getresponse()
                content = answer.read()
                if answer.status == 201:
                    answered.append(email)
                    recorder_once(answer, content)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=register) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.kill()
    for thread in threads:
        thread.join()
    return answered


def recorder_once(answer, content, seen=[]):
    if not seen:
        seen.append(True)
        recorder.record("POST", "/register", answer.status, answer.headers, content)


def check(server, emails):
    """Each address is taken, by somebody with the right password."""
    emails = list(dict.fromkeys(emails))
    groups = [emails[n::4] for n in range(4)]

    def one(n):
        with Client(server) as client:
            return [email for email in groups[n] if client.log_in(email, "correct horse").status_code != 200]
    assert [email for missing in in_parallel(4, one) for email in missing] == []


def test_the_end_by_sigterm_loses_nothing_either(start):
    kept = []
    for _ in range(min(flags.ROUNDS, 10)):
        server = start()
        threads = [threading.Thread(target=register_until_the_end, args=(server, kept)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        server.stop()
        for thread in threads:
            thread.join()
    check(start(), kept)


def register_until_the_end(server, kept):
    with Client(server) as client:
        try:
            while True:
                email = new_email("ending")
                answer = client.register(email, "correct horse")
                assert answer.status_code in (201, 503), answer.text
                if answer.status_code == 201:
                    kept.append(email)
        except OSError:
            pass
