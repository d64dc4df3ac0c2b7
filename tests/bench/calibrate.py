"""What script/calibrate does: campaigns whose right answer is known, and how often joust gave it.

A do-nothing server that burns CPU time for each request is visited under two names: the same service.  Another one that burns
more, so that a request takes it 5 % longer, is the slower one.  A verdict between the same is false; the slower one not called
slower is missed.
"""

import argparse
import datetime
import json
import math
import multiprocessing
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "joust.md"
BEGIN, END = "<!-- figures: written by script/calibrate --write -->", "<!-- end of figures -->"
METRICS = ("throughput", "p50", "p99", "cpu")
SERVER_CPU, GENERATOR_CPU = 0, 1
WORK_NS, PROBE_NS, PROBES = 20000, 4000, 5
CONNECTIONS = 16
MANY, TRIES = 20, 5                     # campaigns for which the slowdown must be known well; tries of a probe
THOROUGH, ROUGH = {"blocks": 80, "seconds": 8}, {"blocks": 10, "seconds": 4}
NEIGHBOURS = {"none": (False,), "only": (True,), "both": (False, True)}
FALSE_MAX, FOUND_MIN = 0.10, 0.84       # of 50: 5 and 42; of few, one may always go wrong


class Server:
    """A do-nothing server that burns so much CPU time for each request."""

    def __init__(self, joust, work_ns):
        self.process = subprocess.Popen([joust, "--null-server", "--listen", "127.0.0.1:0", "--work", f"{round(work_ns)}ns"],
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def campaign(given, first, second, seed):
    """The result of joust on two servers."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/result.json"
        done = subprocess.run([given.joust, "-q", "-c", str(CONNECTIONS), "-t", "1", "-d", str(given.seconds), "--blocks", str(given.blocks),
                               "--warm-up", "0", "--pin", f"{SERVER_CPU}:{GENERATOR_CPU}", "--seed", str(seed), "--allow", "ceiling",
                               "--json", path, f"one={first.url}/", f"two={second.url}/"],
                              capture_output=True, text=True, check=False)
        if done.returncode not in (0, 5):
            raise SystemExit(f"calibrate: joust ended with {done.returncode}: {done.stderr}")
        with open(path, encoding="utf-8") as file:
            return json.load(file)


def verdicts(result):
    """{metric: (verdict about "one" against "two", ratio)}"""
    rows = result["analysis"][0]["comparisons"]
    return {row["metric"]: (row["verdict"], row["ratio"]) for row in rows}


def measured_slowdown(given, work_ns):
    """By how much a request takes longer with so much more work, each of the two servers having been asked first once."""
    probe = argparse.Namespace(joust=given.joust, **(THOROUGH if given.campaigns >= MANY else ROUGH))
    with Server(given.joust, WORK_NS) as base, Server(given.joust, WORK_NS + work_ns) as more:
        for seed in range(1, 2 * TRIES, 2):
            ahead = verdicts(campaign(probe, base, more, seed))["throughput"][1]
            behind = verdicts(campaign(probe, more, base, seed + 1))["throughput"][1]
            if ahead and behind:        # else there was a round without an answer
                return math.sqrt(ahead / behind) - 1
    raise SystemExit("calibrate: this machine is too busy: whole rounds pass without an answer")


def slowdown_ns(given):
    """How much more work makes a request take so much longer.  Asked of joust, since work also changes how requests meet, and
    asked about where it will be, since that is not in proportion; all but the first probe are taken together."""
    probes = [(PROBE_NS, measured_slowdown(given, PROBE_NS))]
    wanted = PROBES if given.campaigns >= MANY else 2
    for number in range(wanted):
        works, slowdowns = map(sum, zip(*(probes[1:] or probes)))
        work_ns = works * given.slowdown / 100 / slowdowns
        probes.append((work_ns, measured_slowdown(given, work_ns)))
        print(f"== probe {number + 1} of {wanted}: {work_ns:.0f} ns more a request, {100 * probes[-1][1]:.2f} % slower", file=sys.stderr, flush=True)
    works, slowdowns = map(sum, zip(*probes[1:]))
    return works * given.slowdown / 100 / slowdowns


def rounds_of(result):
    """block, target, throughput, p50 and CPU of each round, as tests/bench/campaigns.c reads them."""
    for row in result["views"][0]["rounds"]:
        step = row["steps"][0]
        completed, window = step["completed"], row["window_ns"]
        yield row["block"], row["target"], completed / window * 1e9, p50(step["latency"]), row["server_cpu_ns"] / completed


def slot_ns(slot):
    """As src/stats/histogram.h lays slots out."""
    octave, step = divmod(slot, 1024)
    return slot if octave < 2 else (1024 + step + 0.5) * 2 ** (octave - 1)


def p50(latency):
    rank, seen, slot = (latency["count"] + 1) // 2, 0, 0
    for pair in latency["slots"].split():
        step, count = map(int, pair.split(":"))
        slot += step
        seen += count
        if seen >= rank:
            return slot_ns(slot)
    return 0


class Neighbour:
    """Another program that keeps a core busy for some seconds, then is quiet for some, for half of each campaign."""

    def __init__(self, given):
        self.process = multiprocessing.Process(target=self.disturb, args=(given.seconds,), daemon=True)

    @staticmethod
    def disturb(seconds):
        time.sleep(seconds)         # the second half of the two targets' time
        end = time.monotonic() + 2 * seconds
        while time.monotonic() < end:
            sum(range(1000))

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()


class Nobody:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def one_campaign(given, slower_ns, seed, disturbed):
    """Which of the two is the slower one is drawn, too."""
    second_slower = random.Random(seed).random() < 0.5
    works = (WORK_NS, WORK_NS + slower_ns) if second_slower else (WORK_NS + slower_ns, WORK_NS)
    with Server(given.joust, works[0]) as one, Server(given.joust, works[1]) as other:
        with Neighbour(given) if disturbed else Nobody():
            result = campaign(given, one, other if slower_ns else one, seed)
    return result, verdicts(result), second_slower


def is_claim(verdict):
    return verdict in ("faster", "slower", "cheaper", "dearer")


def same(given, disturbed, record):
    """How many campaigns made a false claim, by metric and in any."""
    false = dict.fromkeys((*METRICS, "any"), 0)
    for number in range(given.campaigns):
        result, found, _ = one_campaign(given, 0, given.seed + number, disturbed)
        claims = [metric for metric in METRICS if is_claim(found[metric][0])]
        for metric in [*claims, *(["any"] if claims else [])]:
            false[metric] += 1
        for block, *rest in rounds_of(result) if record else ():
            print(number * given.blocks + block, *(f"{value:.8g}" for value in rest), file=record)
        progress(given, "same against same", disturbed, number, ", ".join(claims) or "no claim")
    return false


def slower(given, slower_ns, disturbed):
    """How many campaigns called the slower one slower, by metric, and how many the wrong one."""
    found = dict.fromkeys((*METRICS, "wrong"), 0)
    ratios = []
    for number in range(given.campaigns):
        _, verdict, second_slower = one_campaign(given, slower_ns, given.seed + 1000 + number, disturbed)
        ratio = verdict["throughput"][1]
        if ratio:
            ratios.append(ratio if second_slower else 1 / ratio)
        right = ("faster", "cheaper") if second_slower else ("slower", "dearer")
        for metric in METRICS:
            found[metric] += verdict[metric][0] in right
        found["wrong"] += any(is_claim(verdict[metric][0]) and verdict[metric][0] not in right for metric in METRICS)
        progress(given, f"{given.slowdown:g} % slower", disturbed, number, verdict["throughput"][0])
    return found, statistics.median(ratios) if ratios else math.nan


def progress(given, what, disturbed, number, says):
    beside = ", beside a neighbour" if disturbed else ""
    print(f"== {what}{beside}: {number + 1} of {given.campaigns}: {says}", file=sys.stderr, flush=True)


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="ascii"))
    return f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"


def table(given, rows):
    lines = [f"| {given.campaigns} campaigns each | throughput | p50 | p99 | CPU | |", "|---|---|---|---|---|---|"]
    for what, counts, last in rows:
        lines.append(f"| {what} | " + " | ".join(str(counts[metric]) for metric in METRICS) + f" | {last} |")
    return "\n".join(lines)


def passes(given, false, found):
    few = given.campaigns
    return false["any"] <= max(1, FALSE_MAX * few) and found[given.by] >= min(few - 1, FOUND_MIN * few)


def calibrate(given, record):
    slower_ns = slowdown_ns(given)
    rows, good = [], True
    for disturbed in NEIGHBOURS[given.neighbour]:
        beside = ", a busy neighbour in the second half" if disturbed else ""
        false = same(given, disturbed, record if not disturbed else None)
        found, ratio = slower(given, slower_ns, disturbed)
        rows.append((f"same against same{beside}: false claims", false, f"{false['any']} campaigns made one"))
        rows.append((f"{given.slowdown:g} % slower{beside}: found", found,
                     f"median throughput ratio {ratio:.3f}; the wrong one called slower: {found['wrong']}"))
        good &= passes(given, false, found)
    return rows, good


def arguments():
    parser = argparse.ArgumentParser(prog="script/calibrate")
    parser.add_argument("--joust", default="build/release/joust", help=argparse.SUPPRESS)
    parser.add_argument("--campaigns", type=int, default=50)
    parser.add_argument("--blocks", type=int, default=30, help="rounds of each target in a campaign")
    parser.add_argument("--seconds", type=float, default=3, help="of each target in a campaign")
    parser.add_argument("--by", choices=METRICS, default="throughput", help="what a slowdown must be found in")
    parser.add_argument("--slowdown", type=float, default=5, help="in percent")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--neighbour", choices=NEIGHBOURS, default="both", help="another program beside them: not, only so, or both")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/joust.md")
    parser.add_argument("--record", metavar="FILE", help="write the rounds of same against same")
    return parser.parse_args()


def write_page(text):
    head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN, 1)
    PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


def main():
    given = arguments()
    if os.cpu_count() < 2:
        raise SystemExit("calibrate: a core for the servers and one for the generator are needed")
    load = os.getloadavg()[0]
    with open(given.record or os.devnull, "w", encoding="ascii") as record:
        rows, good = calibrate(given, record)
    text = (f"`script/calibrate --campaigns {given.campaigns} --blocks {given.blocks} --seconds {given.seconds:g} --neighbour {given.neighbour} --seed {given.seed}`, "
            f"{datetime.date.today()}: {machine()}; load average at the start {load:.1f}.\n\n{table(given, rows)}")
    print(text)
    if given.write:
        write_page(text)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
