"""The pages of the scorecard, made of rows that nobody measured."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import article  # noqa: E402
import figures  # noqa: E402
import page  # noqa: E402
import picture  # noqa: E402
from rows import LESS, MORE, Cell, Row, not_measured  # noqa: E402

ENVIRONMENT = {"command": "script/scorecard", "date": "2026-11-23", "machine": "a machine, 2 cores", "Rust": "1.95.0"}


def spread(value, part=0.01):
    return Cell(value, value * (1 - part), value * (1 + part))


def a_row(key, better=MORE, group="load", unit="1/s", doubts=(), headline=False, what=None, **values):
    cells = {name.replace("_", "-"): value if isinstance(value, Cell) else spread(value) for name, value in values.items()}
    return Row(key, group, what or f"what {key} is", unit, better, cells, f"joust {key}", doubts, headline)


def won(key="won", **more):
    return a_row(key, **{"postern": 60000, "axum": 30000, "axum_same": 40000, "fastapi": 6000, "fastapi_same": 9000, **more})


def behind(key="behind", **more):
    return a_row(key, **{"postern": 700, "fastapi": 300, "better": LESS, "group": "lines", "unit": "lines", **more})


def written(*rows, quick=False, **more):
    return page.write(rows, ENVIRONMENT, quick, **more)


# ---- Figures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cell", "text"), [
    (Cell(56312.4, 55189.0, 57435.8), "56,300 ± 1,100"),
    (Cell(0.14312, 0.14101, 0.14523), "0.1431 ± 0.0021"),
    (Cell(12.34, 12.0, 14.1), "12.34 [12.00 to 14.10]"),
    (Cell(584624), "584,624"),
    (Cell(10.4321), "10.4"),
    (Cell(0.0), "0"),
    (Cell(8.0, 8.0, 8.0), "8"),
    (Cell(4.2, 4.2, 5.0), "4.20 [4.20 to 5.00]"),
    (Cell(3.25, float("nan"), 4.0), "3.25"),
])
def test_digits_follow_the_interval(cell, text):
    assert figures.figure(cell) == text


def test_ratio_has_the_interval_of_both():
    found = figures.ratio(Cell(200.0, 190.0, 210.0), Cell(100.0, 96.0, 104.0))
    assert found.value == 2
    assert 1.85 < found.low < 190 / 100 and 210 / 100 < found.high < 2.15
    alone = figures.ratio(Cell(200.0, 190.0, 210.0), Cell(100.0))
    assert alone.low == pytest.approx(1.9) and alone.high == pytest.approx(2.1)
    assert figures.ratio(Cell(3.0), Cell(2.0)) == figures.Ratio(1.5)
    assert figures.ratio(Cell(3.0), not_measured("x")) is None
    assert figures.ratio(Cell(3.0), Cell(float("nan"))) is None


# ---- docs/scorecard.md ----------------------------------------------------------------------------


def test_lost_row_stands_first_and_once():
    text = written(won(), behind()).scorecard
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads[0] == "### Where Postern is behind"
    assert heads.index("### " + page.GROUPS["load"]) > 0
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert "what behind is" in table[2] and "700.0 ± 7.0" in table[2] and "300.0 ± 3.0" in table[2]
    assert sum("what behind is" in line for line in table) == 1
    assert "In 1 of 2 rows" in text
    assert "### " + page.GROUPS["lines"] not in heads


def test_no_loss_is_said():
    text = written(won()).scorecard
    assert "In none of 1 rows" in text and "what won is" in text


def test_every_row_is_somewhere():
    rows = [won(), behind(), won("other", group="a group of its own"), won("limit", group="limit")]
    text = written(*rows).scorecard
    assert all(row.what in text for row in rows)
    assert "### a group of its own" in text


def test_not_measured_says_why():
    text = written(won(axum=not_measured("no Rust | toolchain"))).scorecard
    assert "not measured (1)" in text and "- (1) not measured: no Rust | toolchain" in text


def test_unknown_is_not_a_figure():
    text = written(won(axum=Cell(float("nan")))).scorecard
    assert "unknown (1)" in text and "nan" not in text


def test_ratio_is_to_the_best_other():
    lines = written(won(), won("fast", better=LESS, unit="µs", axum=5.0, axum_same=4.0, fastapi=50.0, fastapi_same=30.0,
                               postern=2.0)).scorecard.splitlines()
    more, less = (next(line for line in lines if line.startswith(f"| what {key} is")) for key in ("won", "fast"))
    assert "| 1.500 [1.479 to 1.521]" in more and more.rstrip("| ").endswith("Axum, same technique")
    assert "| 0.5000 [0.4930 to 0.5071]" in less and less.rstrip("| ").endswith("Axum, same technique")
    assert "1/s ↑" in more and "µs ↓" in less


def test_at_least_has_no_interval():
    text = written(won(axum=Cell(31.7, note="at least"), better=LESS, postern=2.0)).scorecard
    assert "≥ 31.7" in text and "(1)" not in text.split("| what won is")[1].splitlines()[0].split("≥")[0]


def test_doubt_stands_at_its_row():
    text = written(won(doubts=("joust's gate ceiling: too near",))).scorecard
    assert "what won is, doubtful (1)" in text and "- (1) doubtful: joust's gate ceiling: too near" in text


def test_libraries_lead_is_called_so():
    text = written(won(axum=10000, axum_same=60000)).scorecard
    assert "the lead over Axum (6 times) is its libraries'" in text and "nothing is left" in text
    text = written(won(axum=10000, axum_same=40000)).scorecard
    assert "more of the lead over Axum (6 times)" in text and "1.50 times remain" in text
    assert "libraries'" not in written(won(axum=41000, axum_same=40000)).scorecard
    assert "libraries'" not in written(won(axum=10000, axum_same=60000, group="effort")).scorecard


def test_goals_show_and_missed_come_first():
    fine = Row("limit-a", "limit", "fine", "", MORE, {"postern": Cell(0.95)}, at_least=0.85, aim=0.92)
    missed = Row("limit-b", "limit", "too slow", "ms", LESS, {"postern": Cell(30.0)}, at_least=20, aim=None)
    lines = [line for line in written(won(), fine, missed).scorecard.splitlines() if line.startswith("|")]
    first, second = lines[-2:]
    assert "too slow" in first and "≤ 20" in first and "**missed**" in first
    assert "fine" in second and "≥ 0.85 " in second and "≥ 0.92 " in second and "| aim" in second


def test_columns_are_aligned():
    lines = written(won(), won("longer", what="a row with a much longer name than the other one has")).scorecard.splitlines()
    widths = {len(line) for line in lines if line.startswith("|")}
    assert len(widths) == 1


def test_pipe_does_not_open_a_column():
    text = written(won(what="a | b")).scorecard
    assert "| a \\| b " in text


def test_headline_is_of_the_same_technique():
    text = written(won(headline=True)).scorecard
    line = next(line for line in text.splitlines() if line.startswith("- what won is: "))
    assert "1.500 [1.479 to 1.521] × Axum, same technique; 6.667" in line and line.endswith("× FastAPI, same technique.")


def test_run_is_said():
    assert "`script/scorecard`, 2026-11-23: a machine, 2 cores; Rust 1.95.0." in written(won()).scorecard
    assert "`script/scorecard`, 2026-11-23: a machine, 2 cores." in written(won()).readme
    assert "quick" not in written(won()).scorecard
    for text in (made := written(won(), quick=True)).scorecard, made.readme, made.article:
        assert "A quick run" in text


def test_two_runs_are_not_passed_off_as_one():
    made = page.write([won()], {**ENVIRONMENT, "not one run": "load 10:00, lines 11:00"}, False)
    for text in made.scorecard, made.readme, made.article:
        assert "not one run load 10:00, lines 11:00" in text


def test_command_is_of_any_machine():
    command = "/home/of/someone/build/joust -H 'Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc' postern=…"
    row = Row("x", "load", "x", "1/s", MORE, {"postern": spread(10.0)}, command)
    made = page.write([row], ENVIRONMENT, False, root="/home/of/someone")
    for text in (made.scorecard, made.json):
        assert "/home" not in text and "eyJ" not in text and "build/joust -H 'Authorization: Bearer $TOKEN'" in text


# ---- README.md ------------------------------------------------------------------------------------


def test_readme_has_the_articles_table():
    text = written(won("json-throughput", headline=True), behind("lines-article")).readme
    line = next(line for line in text.splitlines() if line.startswith("| `POST /json` (1/s)"))
    assert "60,000 ± 600" in line and "40,000 ± 400" in line and "behind" not in line
    assert "Lines of the article's program (lines), **behind**" in text
    assert "behind in 1 of the 2 rows" in text
    assert "docs/scorecard.svg" in text and "2026-11-23" in text
    assert "not measured: not in this run" in text          # all other rows


def test_block_is_replaced_and_nothing_else():
    text = "before\n<!-- scorecard -->\nold\nlines\n<!-- end of scorecard -->\nafter\n<!-- end of figures -->\n"
    assert page.replaced(text, page.BLOCKS["README.md"], "new") == \
        "before\n<!-- scorecard -->\nnew\n<!-- end of scorecard -->\nafter\n<!-- end of figures -->\n"


@pytest.mark.parametrize("text", ["", "<!-- scorecard -->", "<!-- end of scorecard --> <!-- scorecard -->",
                                  "<!-- scorecard --> <!-- scorecard --> <!-- end of scorecard -->"])
def test_page_without_its_markers_is_refused(text):
    with pytest.raises(SystemExit):
        page.replaced(text, page.BLOCKS["README.md"], "new")


# ---- docs/scorecard.json --------------------------------------------------------------------------


RESULT = {"command": "joust", "began": "2026-11-23T00:00:00Z", "seed": "7", "targets": [{"name": "postern", "url": "…"}],
          "views": [{"kind": "closed", "rate_per_second": None, "rounds": [
              {"target": 0, "window_ns": 5, "steps": [
                  {"outcomes": {"correct": 3, "reset": 0}, "completed": 3, "latency": {"count": 3, "slots": "1:3"}}]}]}]}


def test_json_keeps_rows_and_rounds():
    made = written(won(axum=Cell(float("nan")), headline=True), behind(), campaigns={"load-json": RESULT}).json
    read = json.loads(made, parse_constant=lambda name: pytest.fail(name))
    assert read["environment"] == ENVIRONMENT and read["quick"] is False
    assert [row["key"] for row in read["rows"]] == ["won", "behind"]
    assert read["rows"][0]["cells"]["postern"] == {"value": 60000, "low": 59400.0, "high": 60600.0, "note": ""}
    assert read["rows"][0]["cells"]["axum"]["value"] is None
    (campaign,) = read["campaigns"]
    assert campaign["name"] == "load-json" and campaign["targets"] == ["postern"]
    step = campaign["views"][0]["rounds"][0]["steps"][0]
    assert step == {"outcomes": {"correct": 3}, "completed": 3, "latency": {"count": 3}}


# ---- docs/article.md ------------------------------------------------------------------------------


@pytest.mark.parametrize(("theirs", "ours", "text"), [
    (0.95, 0.1, "does not hold: the direction does"),
    (0.95, 0.94, "holds"),
    (0.95, 0.99, "does not hold"),
    (0.95, 1.2, "does not hold"),
    (0.065, 0.09, "holds"),
    (0.065, 0.3, "does not hold: the direction does"),
])
def test_verdict_on_a_claim(theirs, ours, text):
    found = article.verdict(theirs, figures.Ratio(ours))
    assert found.startswith(text) and (":" in found) == (":" in text)


def test_article_block_has_both_figures():
    text = written(won("json-throughput", fastapi=28500)).article
    assert "**throughput of a JSON endpoint** (more is better): *holds*" in text
    assert "Rust 12,400 /s, Python 11,800 /s" in text
    assert "Axum 30,000 ± 300 1/s, FastAPI 28,500" in text and "Postern: 60,000 ± 600 1/s" in text
    assert "**p99** (less is better): *not measured*" in text


def test_generators_are_compared():
    rows = [a_row("client-share", axum=1.2, group="client"), a_row("client-joust-share", axum=7.0, group="client"),
            a_row("client-ceiling", null=Cell(3000.0, note="95% of its core"), group="client")]
    text = written(*rows).article
    assert "a client like the article's 1.200 ± 0.012, joust 7.000 ± 0.070." in text
    assert "at a server that does nothing: 3,000 a second (95% of its core)." in text
    assert "three generators" not in written(won()).article


# ---- Publishing -----------------------------------------------------------------------------------


def repository(folder):
    for name, (begin, end) in page.BLOCKS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"head of {name}\n{begin}\n{end}\nfoot\n")
    return folder


def test_publish_writes_all_pages(tmp_path):
    root, results = repository(tmp_path / "r" if (tmp_path / "r").mkdir() is None else None), tmp_path / "results"
    results.mkdir()
    (results / picture.NAME).write_text("<svg/>")
    made = written(won("json-throughput"))
    page.publish(root, made, results)
    assert (root / "README.md").read_text().startswith("head of README.md\n<!-- scorecard -->\n" + made.readme)
    assert made.scorecard in (root / "docs/scorecard.md").read_text()
    assert made.article in (root / "docs/article.md").read_text()
    assert (root / "docs/scorecard.json").read_text() == made.json
    assert (root / "docs/scorecard.svg").read_text() == "<svg/>"


def test_picture_of_an_earlier_run_is_kept(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / picture.NAME).write_text("old")
    assert not picture.publish(tmp_path, tmp_path)
    assert (tmp_path / "docs" / picture.NAME).read_text() == "old"


def test_pages_of_this_repository_have_their_markers():
    root = Path(__file__).parents[2]
    for name, markers in page.BLOCKS.items():
        page.replaced((root / name).read_text(encoding="utf-8"), markers, "")
