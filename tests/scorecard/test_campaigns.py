"""What makes rows of a campaign, and what is kept of them, without a server."""

import math
import os
import sys
import types
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import services  # noqa: E402, I001: it finds tests/bench
import campaigns  # noqa: E402
import joust  # noqa: E402
import wrk  # noqa: E402
from kept import Kept  # noqa: E402
from rows import MORE, Cell, Row  # noqa: E402


def gate(name, target, figure, *, broken=True, allowed=False):
    return {"gate": name, "target": target, "figure": figure, "limit": 0.05, "broken": broken, "allowed": allowed,
            "voids": ["throughput", "p50", "p99"], "says": f"{target} is {figure} off"}


def estimate(value, at_least=False):
    return {"value": value, "low": None if at_least else 0.9 * value, "high": None if at_least else 1.1 * value, "at_least": at_least}


def a_view(*gates):
    targets = [{"name": name, "throughput_requests_per_second": estimate(value), "p99_ns": estimate(5e6, True)}
               for name, value in (("postern", 200), ("axum", 100))]
    return types.SimpleNamespace(analysis={"targets": targets, "gates": list(gates)})


def test_a_result_of_an_earlier_run_is_not_read(tmp_path):
    """joust refuses before it measures: services that answer differently."""
    refuses = tmp_path / "joust"
    refuses.write_text("#!/bin/sh\necho they differ >&2\nexit 5\n")
    refuses.chmod(0o755)
    kept = tmp_path / "kept.json"
    kept.write_text('{"targets": [], "analysis": [], "views": []}')
    with pytest.raises(SystemExit, match="they differ"):
        joust.run(types.SimpleNamespace(out=tmp_path, directory=tmp_path), {}, ("GET", "/", {}, b""), keep=str(kept))


def test_interval_is_students():
    """1, 2 and 4 have the geometric mean 2, and ln 2 for a standard deviation; t(2) is 4.303."""
    cell = campaigns.mean_cell([1, 2, 4])
    half = 4.303 * math.log(2) / math.sqrt(3)
    assert cell.value == pytest.approx(2)
    assert (cell.low, cell.high) == pytest.approx((2 * math.exp(-half), 2 * math.exp(half)))


def test_one_round_has_no_interval():
    assert campaigns.mean_cell([3]) == Cell(pytest.approx(3))


@pytest.mark.parametrize("values", [[], [1, 0], [1, math.nan]])
def test_round_without_an_answer_is_no_figure(values):
    assert campaigns.mean_cell(values).value is None


def test_row_has_every_service_and_its_gates():
    made = campaigns.row(a_view(gate("little", "axum", 0.2)), "load", "json", "POST /json", campaigns.THROUGHPUT, "joust …")
    assert (made.key, made.what, made.unit, made.better) == ("json-throughput", "POST /json, throughput", "1/s", MORE)
    assert list(made.cells) == list(services.KEYS)
    assert made.cells["postern"] == Cell(200, pytest.approx(180), pytest.approx(220))
    assert made.cells["fastapi"].value is None and made.cells["fastapi"].note
    assert made.doubts == ("joust's gate `little`: axum is 0.2 off",)


def test_figure_above_the_time_out_says_so():
    made = campaigns.row(a_view(), "load", "json", "POST /json", campaigns.P99_MS, "")
    assert made.cells["postern"] == Cell(5, note="at least")


def test_gates_that_do_not_matter_are_no_doubts():
    whole = a_view(gate("little", "axum", 0.01, broken=False), gate("ceiling", "axum", 0.9, allowed=True))
    assert campaigns.doubts(whole, "throughput") == ()
    assert campaigns.doubts(a_view(gate("little", "axum", 0.2)), "cpu") == ()


def test_gate_broken_by_several_is_one_doubt():
    found = campaigns.doubts(a_view(gate("little", "postern", 0.1), gate("little", "axum", 0.2)), "p99")
    assert found == ("joust's gate `little`: postern 0.1, axum 0.2 (limit 0.05)",)


def test_command_shows_no_token():
    text = campaigns.shown({"postern": None}, campaigns.ME.request("eyJhbGciOi"), ["-c", 100])
    assert "eyJ" not in text and "Bearer TOKEN" in text and "postern=http://127.0.0.1:PORT/users/me" in text


def test_each_stands_in_each_place_equally_often():
    names = ["a", "b", "c"]
    rounds = [wrk.turn(names, number) for number in range(2 * len(names))]
    for name in names:
        assert sorted(order.index(name) for order in rounds) == [0, 0, 1, 1, 2, 2]


def test_rows_come_back_as_they_were(tmp_path):
    kept, row = Kept(tmp_path), Row("k", "equal load", "what", "ms", MORE, {"postern": Cell(1.5, 1, 2, "n")}, "c", ("d",), True)
    kept.save("equal load", [row], {"date": "today"}, True)
    assert kept.load("equal load") == {"environment": {"date": "today"}, "quick": True, "rows": [row]}
    kept.forget(["equal load"])
    assert kept.load("equal load") is None


def test_output_older_than_a_source_is_not_built(tmp_path, monkeypatch):
    monkeypatch.setattr(services, "ROOT", tmp_path)
    service = services.Service("x", "X", "x", "", ("out",), ("src",))
    for number, name in enumerate(("x/src/deep/a", "x/src/b", "out")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        os.utime(path, (number, number))
    assert services.is_built(service)
    os.utime(tmp_path / "x/src/deep/a", (9, 9))
    assert not services.is_built(service)
    (tmp_path / "out").unlink()
    assert not services.is_built(service)
