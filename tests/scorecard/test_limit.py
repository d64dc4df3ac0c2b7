"""What needs no load of the rows that go to the limit: goals and when they are reached, whose gates count, the quota."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import services  # noqa: E402, I001  first: it finds tests/bench
import goals  # noqa: E402
import joust  # noqa: E402
import limit  # noqa: E402
import limit_cpu  # noqa: E402
import quota  # noqa: E402
from rows import LESS, MORE, Cell, not_measured, reached  # noqa: E402


@pytest.mark.parametrize(("key", "value", "reaches"), [
    ("json-cpu", 0.849, "missed"), ("json-cpu", 0.85, "at least"), ("json-cpu", 0.92, "aim"),
    ("p99", 2.51, "missed"), ("p99", 2.5, "at least"), ("p99", 1.5, "aim"),
    ("loops-busy", 1.05, "at least"), ("loops-busy", 1.06, "missed"), ("start", float("nan"), ""),
])
def test_reached(key, value, reaches):
    assert reached(goals.row(key, Cell(value))) == reaches


def test_what_is_not_measured_is_not_missed():
    assert reached(goals.row("p99-quota", not_measured("no control group"))) == ""


@pytest.mark.parametrize("goal", goals.GOALS.values(), ids=goals.GOALS)
def test_an_aim_is_beyond_what_must_be(goal):
    assert goal.better in (MORE, LESS)
    assert goal.aim is None or (goal.aim > goal.at_least) == (goal.better == MORE)


def test_a_doubt_is_said_once():
    assert goals.row("overload", Cell(1), doubts=["late", "", "late", "few"]).doubts == ("late", "few")


def test_each_contender_has_a_goal():
    made = {f"{kind.key}-{other}" for kind in (limit.JSON, limit.ME, limit.TOKEN) for other in services.KEYS[1:]
            if (kind.key, other) not in limit.NO_GOAL}
    assert made <= set(goals.GOALS)


def test_only_the_gates_of_a_pair_count():
    gates = [{"target": name} for name in ("postern", "axum", "fastapi")]
    view = limit.of_pair(joust.View({"gates": gates}, [], ["postern", "axum", "fastapi"]), "axum")
    assert [gate["target"] for gate in view.analysis["gates"]] == ["postern", "axum"]


def test_only_this_run_counts(tmp_path):
    file = tmp_path / "load-json.joust.json"
    assert not limit.is_of_this_run(file)
    file.write_text("{}")
    assert limit.is_of_this_run(file)
    hours_ago = time.time() - 7200
    subprocess.run(["touch", "-d", f"@{hours_ago}", file], check=True)
    assert not limit.is_of_this_run(file)


def test_the_busiest_threads():
    before, after = Counter(a=100, b=100, idle=5, gone=9), Counter(a=400, b=300, idle=6, new=1)
    assert limit_cpu.imbalance(before, after) == 1.5


# ---- The quota ------------------------------------------------------------------------------------

@pytest.fixture
def group():
    try:
        with quota.one_core() as made:
            yield made
    except quota.NotAllowed as why:
        pytest.skip(str(why))


def test_the_group_has_one_core(group):
    second, first = group.path / "cpu.max", [group.path / f"cpu.cfs_{name}_us" for name in ("quota", "period")]
    told = second.read_text() if second.exists() else " ".join(file.read_text() for file in first)
    quota_us, period_us = map(int, told.split())
    assert quota_us == period_us


def test_a_process_is_born_into_the_group(group):
    process = subprocess.Popen([*group.before, "sleep", "60"])
    until = time.monotonic() + 10
    while Path(f"/proc/{process.pid}/comm").read_text().strip() != "sleep" and time.monotonic() < until:
        time.sleep(0.001)
    assert (group.path / "cgroup.procs").read_text().split() == [str(process.pid)]
    process.kill()
    process.wait()


def test_the_group_is_gone_afterwards():
    try:
        with quota.one_core() as made:
            assert made.path.exists()
    except quota.NotAllowed as why:
        pytest.skip(str(why))
    assert not made.path.exists()
