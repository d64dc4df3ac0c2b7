"""From rows to pages: the block of docs/scorecard.md, that of README.md, that of docs/article.md, and docs/scorecard.json.

    pages = write(rows, environment, quick, campaigns, root)     # texts; nothing is written yet
    publish(root, pages, results)                                            # into docs/ and README.md, between their markers

`environment` is what is said of the run, in the order in which it is said: "command", "date" and "machine" must be there, the
rest ("gcc": "12.2.0", "Rust": "1.95.0") is listed on the long page.  `campaigns` is {name: joust's result}, whose histograms
are left out.

A row that Postern loses stands in the first table and in no other.  README's table is a choice of rows by their key
(README_ROWS): a key that no row has is shown as not measured, not left out.
"""

import dataclasses
import json
import math
import re
from pathlib import Path

import article
import figures
import picture
from rows import LESS, MARGIN, MORE, POSTERN, as_json, is_ahead, lost, not_measured, reached
from services import LABELS

SAME_TECHNIQUE = {"axum": "axum-same", "fastapi": "fastapi-same"}
NO_LIBRARIES = ("effort", "lines")      # groups in which a lead cannot be a hash library's or an SQL driver's
GROUPS = {
    "load": "100 connections, closed loop",
    "client": "The article's generator beside wrk and joust",
    "equal load": "Equal load, open loop",
    "effort": "From nothing to an answer, and from an edit to the next",
    "lines": "Lines",
    "footprint": "Memory, start, size",
    "physics": "Distance from what is possible",
    "limit": "To the limit",
}
AT_LEAST = "at least"           # a cell's note: the figure fell among requests that were never answered
NOT_ONE_RUN = "not one run"     # in the environment: groups were measured at different times
REACHED = {"aim": "aim", "at least": "at least", "missed": "**missed**", "": ""}
ARROWS = {MORE: "↑", LESS: "↓"}
README_ROWS = (
    ("first-endpoint", "Bare machine to the first answer of a hello-world"),
    ("build-clean", "Clean build of the service"),
    ("lines-article", "Lines of the article's program"),
    ("json-throughput", "`POST /json`"),
    ("json-p99", "`POST /json`, p99"),
    ("me-throughput", "`GET /users/me`"),
    ("token-throughput", "Log-ins"),
    ("memory-load", "Memory under load"),
)
README_SERVICES = (POSTERN, "axum", "axum-same", "fastapi", "fastapi-same")
HEADLINE = "Postern's figure as a multiple of those of the forms with its own technique:"
PICTURE_ALT = "Average latency, p99 and throughput of POST /json, five services"
CAPTION = "`POST /json`, 100 connections, a core for each service; drawn by joust. Ends in -same: same technique."
BLOCKS = {          # page: its markers
    "docs/scorecard.md": ("<!-- figures: written by script/scorecard --write -->", "<!-- end of figures -->"),
    "docs/article.md": ("<!-- figures: written by script/scorecard --write -->", "<!-- end of figures -->"),
    "README.md": ("<!-- scorecard -->", "<!-- end of scorecard -->"),
}


@dataclasses.dataclass(frozen=True)
class Pages:
    scorecard: str
    readme: str
    article: str
    json: str


# ---- Cells ----------------------------------------------------------------------------------------


class Notes:
    """What a table says below itself, each text once, by the number that stands in the table."""

    def __init__(self):
        self.texts = []

    def mark(self, text):
        if text not in self.texts:
            self.texts.append(text)
        return f"({self.texts.index(text) + 1})"

    def lines(self):
        return [f"- ({number}) {text}" for number, text in enumerate(self.texts, 1)]


def label(service):
    return LABELS.get(service, service)


def why_not(cell):
    return "not measured: " + (cell.note.removeprefix("not measured").lstrip(": ") or "no reason given")


def cell_text(cell, notes):
    if cell is None:
        return ""
    if cell.value is None:
        return f"not measured {notes.mark(why_not(cell))}"
    if math.isnan(cell.value):
        return f"unknown {notes.mark('unknown: in a round there was no answer')}"
    if cell.note == AT_LEAST:
        return f"≥ {figures.number(cell.value)}"
    return figures.figure(cell) + (f" {notes.mark(cell.note)}" if cell.note else "")


def what_text(row, notes):
    marks = "".join(f", doubtful {notes.mark(f'doubtful: {doubt}')}" for doubt in row.doubts)
    return row.what + marks


def best_other(row):
    """The service that Postern is measured against: None where no other has a figure."""
    known = [service for service, cell in row.cells.items() if service != POSTERN and figures.is_known(cell)]
    choose = max if row.better == MORE else min
    return choose(known, key=lambda service: row.cells[service].value, default=None)


def versus(row, other):
    return figures.ratio(row.cells.get(POSTERN), row.cells.get(other))


def ratio_cell(row):
    other = best_other(row)
    found = other and versus(row, other)
    return (figures.ratio_text(found), label(other)) if found else ("", "")


def lead(row, other):
    """How many times better Postern is, as one number; None: unknown."""
    found = versus(row, other)
    if found is None:
        return None
    return found.value if row.better == MORE else 1 / found.value


def library_texts(row):
    """Where a lead over a contender is its libraries': it shrinks, or goes, once the contender has Postern's technique."""
    if row.group in NO_LIBRARIES:
        return
    for own, same in SAME_TECHNIQUE.items():
        before, after = lead(row, own), lead(row, same)
        if before is None or after is None or not is_ahead(row, POSTERN, own):
            continue
        if not is_ahead(row, POSTERN, same):
            yield (f"the lead over {label(own)} ({figures.number(before)} times) is its libraries' (SQL driver, hash library): "
                   "with the same technique nothing is left of it")
        elif after < math.sqrt(before):
            yield (f"more of the lead over {label(own)} ({figures.number(before)} times) is its libraries' than Postern's: "
                   f"with the same technique {figures.number(after)} times remain")


# ---- Tables ---------------------------------------------------------------------------------------


def table(head, lines):
    """Padded, so that it can be read as text as well."""
    cells = [[text.replace("|", "\\|") for text in line] for line in (head, *lines)]
    widths = [max(3, *map(len, column)) for column in zip(*cells)]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in cells]
    return [text[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *text[1:]]


def services_of(rows):
    """In the order of LABELS, others behind them."""
    seen = list(dict.fromkeys(service for row in rows for service in row.cells))
    return [service for service in LABELS if service in seen] + [service for service in seen if service not in LABELS]


def goal_cells(row):
    if row.at_least is None:
        return "", "", ""
    sign = "≥" if row.better == MORE else "≤"
    aim = "" if row.aim is None else f"{sign} {row.aim:,g}"
    return f"{sign} {row.at_least:,g}", aim, REACHED[reached(row)]


def row_line(row, services, notes):
    what = what_text(row, notes) + "".join(f" {notes.mark(text)}" for text in library_texts(row))
    return [row.group, what, f"{row.unit} {ARROWS[row.better]}".strip(),
            *(cell_text(row.cells.get(service), notes) for service in services), *goal_cells(row), *ratio_cell(row)]


def without_empty(head, lines):
    """A column that says nothing is left out."""
    kept = [index for index in range(len(head)) if any(line[index] for line in lines)]
    return [head[index] for index in kept], [[line[index] for index in kept] for line in lines]


def rows_table(rows, group=False):
    """`group`: they are of several, which is said."""
    notes, services = Notes(), services_of(rows)
    head = ["group", "what", "unit", *map(label, services), "at least", "aim", "reached", "Postern ÷ best other", "best other"]
    lines = [row_line(row, services, notes) for row in rows]
    return table(*without_empty(head, lines if group else [["", *line[1:]] for line in lines])) + \
        (["", *notes.lines()] if notes.texts else [])


def command_lines(rows):
    """Each command once, with all that it shows."""
    shown = {}
    for row in rows:
        if row.command:
            shown.setdefault(row.command, []).append(row.what)
    if not shown:
        return []
    return ["", "Again:", ""] + [f"- {'; '.join(whats)}: `{command}`" for command, whats in shown.items()]


# ---- docs/scorecard.md ----------------------------------------------------------------------------


def run_line(environment, quick, names):
    """With these of what is known of the run."""
    rest = ", ".join(f"{name} {environment[name]}" for name in names if environment.get(name))
    text = f"`{environment['command']}`, {environment['date']}: {environment['machine']}" + (f"; {rest}." if rest else ".")
    return text + (" A quick run: few and short rounds, so the intervals are wide." if quick else "")


def whole_run_line(environment, quick):
    return run_line(environment, quick, [name for name in environment if name not in ("command", "date", "machine")])


def short_run_line(environment, quick):
    return run_line(environment, quick, [NOT_ONE_RUN])


def picture_lines(folder):
    return [f"![{PICTURE_ALT}]({folder}{picture.NAME})", "", CAPTION]


def headline_line(row):
    """Against the same-technique forms alone.  None: nothing to say."""
    found = {service: versus(row, service) for service in SAME_TECHNIQUE.values()}
    parts = [f"{figures.ratio_text(one)} × {label(service)}" for service, one in found.items() if one]
    if not parts:
        return None
    direction = "" if row.better == MORE else " (less is better)"
    doubt = " Doubtful: see the note in the table." if row.doubts else ""
    return f"- {row.what}{direction}: {'; '.join(parts)}.{doubt}"


def headline(rows):
    return [line for row in rows if row.headline and (line := headline_line(row))]


def behind_section(rows):
    losses = [row for row in rows if lost(row)]
    lines = ["### Where Postern is behind", ""]
    if not losses:
        return [*lines, f"In none of {len(rows)} rows is another service ahead of it by more than {MARGIN:.0%} with intervals "
                "that do not meet."]
    return [*lines, f"In {len(losses)} of {len(rows)} rows. They are not repeated below.", "", *rows_table(losses, group=True),
            *command_lines(losses)]


def group_section(group, rows):
    """What misses its goal comes first."""
    rows = sorted(rows, key=lambda row: reached(row) != "missed")
    return ["", f"### {GROUPS.get(group, group)}", "", *rows_table(rows), *command_lines(rows)]


def grouped(rows):
    groups = list(GROUPS) + [row.group for row in rows if row.group not in GROUPS]
    for group in dict.fromkeys(groups):
        chosen = [row for row in rows if row.group == group]
        if chosen:
            yield group, chosen


def scorecard_page(rows, environment, quick):
    lines = [whole_run_line(environment, quick), "", *picture_lines(""), "", *behind_section(rows)]
    if headline(rows):
        lines += ["", "### The headline", "", HEADLINE, "", *headline(rows)]
    for group, chosen in grouped([row for row in rows if not lost(row)]):
        lines += group_section(group, chosen)
    return "\n".join(lines)


# ---- README.md ------------------------------------------------------------------------------------


def bare(cell):
    """README leaves the notes on figures to the page; why there is no figure it says itself."""
    return cell if cell is None or cell.value is None or cell.note == AT_LEAST else dataclasses.replace(cell, note="")


def with_unit(text, row):
    return f"{text} ({row.unit})" if row.unit else text


def readme_line(key, text, rows, notes):
    row = next((row for row in rows if row.key == key), None)
    if row is None:
        missing = cell_text(not_measured("not in this run"), notes)
        return [text, *(missing for _ in README_SERVICES)]
    behind = ", **behind**" if lost(row) else ""
    marks = "".join(f", doubtful {notes.mark(f'doubtful: {doubt}')}" for doubt in row.doubts)
    return [with_unit(text, row) + behind + marks, *(cell_text(bare(row.cells.get(service)), notes) for service in README_SERVICES)]


def readme_losses(rows):
    losses = sum(map(lost, rows))
    return f"Postern is behind in {losses} of the {len(rows)} rows of [the scorecard](docs/scorecard.md), which begins with them." \
        if losses else f"[The scorecard](docs/scorecard.md) has {len(rows)} rows; Postern is behind in none of them."


def readme_page(rows, environment, quick):
    notes = Notes()
    lines = table(["", *map(label, README_SERVICES)], [readme_line(key, text, rows, notes) for key, text in README_ROWS])
    first = [HEADLINE, "", *headline(rows), ""] if headline(rows) else []
    last = ["", *notes.lines()] if notes.texts else []
    return "\n".join([*first, *picture_lines("docs/"), "", *lines, *last, "", readme_losses(rows), "",
                      short_run_line(environment, quick)])


# ---- docs/scorecard.json --------------------------------------------------------------------------


def slim_round(round_):
    """Without the histograms, which are most of it, and without the outcomes that did not occur."""
    steps = [{**step, "outcomes": {name: count for name, count in step["outcomes"].items() if count},
              "latency": {name: value for name, value in step["latency"].items() if name != "slots"}} for step in round_["steps"]]
    return {**round_, "steps": steps}


def rounds_of(result):
    """What docs/scorecard.json keeps of joust's result."""
    return {"command": result["command"], "began": result["began"], "seed": result["seed"],
            "targets": [target["name"] for target in result["targets"]],
            "views": [{"kind": view["kind"], "rate_per_second": view["rate_per_second"],
                       "rounds": [slim_round(round_) for round_ in view["rounds"]]} for view in result["views"]]}


def finite(value):
    """JSON has no NaN."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: finite(each) for name, each in value.items()}
    return [finite(each) for each in value] if isinstance(value, (list, tuple)) else value


def one_a_line(values):
    return "[\n" + ",\n".join(json.dumps(finite(value), ensure_ascii=False) for value in values) + "\n]"


def json_page(rows, environment, quick, campaigns):
    """A line for each row and each campaign, so that two runs can be compared as text."""
    kept = one_a_line({"name": name, **rounds_of(result)} for name, result in campaigns.items())
    return (f'{{"environment": {json.dumps(environment, ensure_ascii=False)}, "quick": {json.dumps(bool(quick))},\n'
            f'"rows": {one_a_line(as_json(row) for row in rows)},\n"campaigns": {kept}}}\n')


# ---- All of it ------------------------------------------------------------------------------------


def of_any_machine(text, root):
    """A command that was run here, as it would be run elsewhere: no folder of this machine, no token of this run."""
    return re.sub(r"Bearer [\w.-]{20,}", "Bearer $TOKEN", text.replace(f"{root}/", "") if root else text)


def write(rows, environment, quick, campaigns=None, root=""):
    """`root`: the repository, whose name is taken out of all commands."""
    rows = list(rows)
    made = (scorecard_page(rows, environment, quick), readme_page(rows, environment, quick),
            article.block(rows, short_run_line(environment, quick)), json_page(rows, environment, quick, campaigns or {}))
    return Pages(*(of_any_machine(text, root) for text in made))


def replaced(text, markers, block):
    """`text` with another block between its markers."""
    begin, end = markers
    if text.count(begin) != 1 or end not in text.split(begin, 1)[1]:
        raise SystemExit(f"scorecard: {begin} and {end} must be there once, in this order")
    head, rest = text.split(begin, 1)
    return f"{head}{begin}\n{block}\n{end}{rest.split(end, 1)[1]}"


def publish(root, pages, results):
    """Into the repository at `root`, with the picture that is in `results`."""
    root = Path(root)
    blocks = {"docs/scorecard.md": pages.scorecard, "docs/article.md": pages.article, "README.md": pages.readme}
    for name, block in blocks.items():
        page = root / name
        page.write_text(replaced(page.read_text(encoding="utf-8"), BLOCKS[name], block), encoding="utf-8")
    (root / "docs" / "scorecard.json").write_text(pages.json, encoding="utf-8")
    picture.publish(results, root)
