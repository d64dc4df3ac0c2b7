"""How much of the article's near-tie was its generator: a Python client like the article's (article_client.py), wrk and joust
ask the same servers in one run.

A client that is busy all the time measures itself, and services that differ look alike.  What it reaches at a server that does
nothing is its ceiling.
"""

import json
import subprocess
import sys
from pathlib import Path

import campaigns
import servers
import services
from campaigns import JSON, THROUGHPUT
from rows import LESS, MORE, Row
from table import progress
from wrk import Wrk, turn

GROUP = "client"
KEYS = ("postern", "axum", "fastapi")
BASE, NULL = "fastapi", "null"
PROGRAM = Path(__file__).parent / "article_client.py"
FORMS = {       # form: the begin of its rows' keys, and what it is
    "refill": ("client", "a client like the article's"),
    "loop": ("client-loop", "a client of 100 tasks that loop"),
}
FIGURES = (("throughput", "throughput", "1/s", MORE), ("mean_ms", "mean", "ms", LESS), ("p99_ms", "p99", "ms", LESS))


def ask(form, seconds, server):
    done = subprocess.run(["taskset", "-c", str(services.CLIENT_CPU), sys.executable, PROGRAM, form, str(seconds),
                           f"http://127.0.0.1:{server.port}/json"], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def rounds(bench, targets, wrk):
    """{generator: {service: [what it found in each round]}}"""
    found = {generator: {name: [] for name in targets} for generator in (*FORMS, "wrk")}
    for number in range(bench.few(1, 3)):
        progress(f"the article's kind of client, round {number + 1}")
        for name in turn(targets, number):
            for form in FORMS:
                found[form][name].append(ask(form, bench.few(1, 2), targets[name]))
            found["wrk"][name].append({"throughput": wrk.rate(name, targets[name])})
    bench.keep("client", found)
    return found


# ---- Rows ---------------------------------------------------------------------------------------


def cells(found, member):
    return services.cells({name: campaigns.mean_cell([each[member] for each in rounds_]) for name, rounds_ in found.items()}, KEYS)


def ceiling_row(key, who, found, command):
    busy = [each["busy"] for name, rounds_ in found.items() if name != NULL for each in rounds_]
    cell = campaigns.mean_cell([each["throughput"] for each in found[NULL]],
                               f"at the services the client uses {min(busy):.0%} to {max(busy):.0%} of its core")
    what = f"{who[0].upper()}{who[1:]}: its ceiling, at a server that does nothing"
    return Row(f"{key}-ceiling", GROUP, what, "1/s", MORE, {NULL: cell}, command)


def form_rows(form, found):
    key, who = FORMS[form]
    command = f"taskset -c {services.CLIENT_CPU} python3 tests/scorecard/article_client.py {form} 2 http://127.0.0.1:PORT/json"
    for member, name, unit, better in FIGURES:
        yield Row(f"{key}-{name}", GROUP, f"POST /json by {who}, {name}", unit, better, cells(found, member), command)
    yield ceiling_row(key, who, found, command)


def share_row(key, who, rates, command):
    """Each service's rate over FastAPI's of the same round: how far a generator tells them apart."""
    found = {name: campaigns.mean_cell([own / base for own, base in zip(rates[name], rates[BASE])])
             for name in rates if name not in (BASE, NULL)} if BASE in rates else {}
    keys = [name for name in KEYS if name != BASE]
    what = f"POST /json by {who}: throughput ÷ FastAPI's"
    return Row(f"{key}-share", GROUP, what, "", MORE, services.cells(found, keys, "FastAPI was not measured"), command)


def rates_of(found):
    return {name: [each["throughput"] for each in rounds_] for name, rounds_ in found.items()}


def joust_rows(bench, targets):
    """The rounds of different services in a block are neighbours in time, too."""
    (view,), command = campaigns.run(bench, "client-json", targets, JSON, "-c", 100, "-d", bench.few(1, 6), "--blocks",
                                     bench.few(2, 6), "--warm-up", bench.few(0.3, 3), *campaigns.PIN)
    yield campaigns.row(view, GROUP, "client-joust", "POST /json by joust", THROUGHPUT, command, KEYS)
    yield share_row("client-joust", "joust", {name: view.rates(name) for name in targets}, command)


def measure(bench):
    with services.running(KEYS) as targets, servers.null_server(bench.out, before=services.PINNED) as null:
        wrk = Wrk(bench, JSON, "", bench.few(1, 2))
        found = rounds(bench, {**targets, NULL: null}, wrk)
        for form, (key, who) in FORMS.items():
            *made, last = form_rows(form, found[form])
            yield from made
            yield share_row(key, who, rates_of(found[form]), last.command)
            yield last
        yield Row("client-wrk-throughput", GROUP, "POST /json by wrk, throughput", "1/s", MORE, cells(found["wrk"], "throughput"),
                  wrk.shown, tuple(sorted(wrk.wrong)))
        yield share_row("client-wrk", "wrk", rates_of(found["wrk"]), wrk.shown)
        yield from joust_rows(bench, targets)
