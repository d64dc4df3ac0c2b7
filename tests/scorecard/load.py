"""100 connections, closed loop: all services in one campaign for each request, and the headline rows a second time with wrk.

Every service has core 0 with one loop or worker and one thread that hashes, the generator core 1.  All do the same work: none
refuses what waits (Postern's --queue-wait would, after two seconds, and is set to a minute), and each account is a new one.
"""

import campaigns
import picture
import services
from campaigns import CPU_MS, CPU_US, JSON, ME, P50_MS, P99_MS, REGISTER, THROUGHPUT, TOKEN
from rows import MORE, Row, not_measured
from table import progress
from wrk import Wrk, turn

GROUP = "load"


def closed_rows(kind, view, command):
    for figure in (THROUGHPUT, P50_MS, P99_MS, CPU_MS if kind.hashes else CPU_US):
        yield campaigns.row(view, GROUP, kind.key, kind.what, figure, command,
                            headline=figure is THROUGHPUT and not kind.hashes)


def closed(bench, targets, kind):
    drawn = picture.arguments(bench.results) if kind is JSON else ()
    (view,), command = campaigns.run(bench, f"load-{kind.key}", targets, kind, *campaigns.closed_arguments(bench, kind),
                                     quietly=drawn)
    bench.capacities[kind.key] = {name: view.rate(name) for name in targets}
    return closed_rows(kind, view, command)


def wrk_row(bench, targets, kind):
    wrk = Wrk(bench, kind, campaigns.token_for(targets), bench.few(1, 2))
    rates = {name: [] for name in targets}
    for number in range(bench.few(1, 4)):
        progress(f"wrk, {kind.what}, round {number + 1}")
        for name in turn(targets, number):
            rates[name].append(wrk.rate(name, targets[name]))
    bench.keep(f"load-{kind.key}-wrk", rates)
    cells = {name: campaigns.mean_cell(found) for name, found in rates.items()}
    return Row(f"{kind.key}-wrk", GROUP, f"{kind.what}, throughput by wrk", "1/s", MORE, services.cells(cells), wrk.shown,
               tuple(sorted(wrk.wrong)), True)


def jit_row(bench, targets):
    """What CPython's JIT brings to FastAPI, where there is one."""
    what = ("json-jit", GROUP, "POST /json with CPython's JIT, throughput", "1/s", MORE)
    found = services.interpreter()
    if not found or not found["jit"]:
        why = f"needs CPython 3.13 built with --enable-experimental-jit; here {services.interpreter_text()}"
        return Row(*what, {"fastapi": not_measured(why)})
    with services.start("fastapi", bench.directory, PYTHON_JIT="1") as server:
        server.sign_in()
        (view,), command = campaigns.run(bench, "load-json-jit", {"postern": targets["postern"], "fastapi": server}, JSON,
                                         *campaigns.closed_arguments(bench, JSON))
    return Row(*what, {"fastapi": campaigns.row(view, GROUP, "json", "", THROUGHPUT, "").cells["fastapi"]}, command)


def measure(bench):
    with services.running() as targets:
        for kind in (JSON, ME, TOKEN, REGISTER):
            yield from closed(bench, targets, kind)
            if not kind.hashes:
                yield wrk_row(bench, targets, kind)
        yield jit_row(bench, targets)
