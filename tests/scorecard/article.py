"""The figures of docs/article.md: what the article's table says of Rust and Python, beside what was measured here.

The article's services are the contenders in the form of their own libraries.  A claim *holds* when the same side is better
and the ratio is right within a factor of one and a half.
"""

import dataclasses
import math

import figures
from rows import LESS, MARGIN, MORE, POSTERN

FACTOR = 1.5


@dataclasses.dataclass(frozen=True)
class Claim:
    """The article's two figures in one unit, and the keys of the rows that measure the same."""

    what: str
    rust: float
    python: float
    better: str
    rust_key: str
    python_key: str
    says: str                   # the article's figures as they are written: Rust, then Python


CLAIMS = (
    Claim("time to the first endpoint", 720, 47, LESS, "first-endpoint", "first-endpoint", "12 min; 47 s"),
    Claim("build of 10,000 lines; type check", 47, 0.2, LESS, "build-10k", "check", "47 s; 0.2 s"),
    Claim("lines of the program", 247, 112, LESS, "lines-article", "lines-article", "247; 112"),
    Claim("throughput of a JSON endpoint", 12400, 11800, MORE, "json-throughput", "json-throughput", "12,400 /s; 11,800 /s"),
    Claim("the same, by a client like the article's", 12400, 11800, MORE, "client-throughput", "client-throughput",
          "12,400 /s; 11,800 /s"),
    Claim("p99", 89, 92, LESS, "json-p99", "json-p99", "89 ms; 92 ms"),
    Claim("p99, by a client like the article's", 89, 92, LESS, "client-p99_ms", "client-p99_ms", "89 ms; 92 ms"),
)
GENERATORS = (("client-share", "a client like the article's"), ("client-wrk-share", "wrk"), ("client-joust-share", "joust"))
CEILING = "client-ceiling"


def side(ratio):
    """Which of two is greater: 1, -1, or 0 when the difference is too small to be one."""
    if abs(ratio - 1) <= MARGIN:
        return 0
    return 1 if ratio > 1 else -1


def verdict(theirs, ours):
    if ours is None:
        return "not measured"
    if side(theirs) != side(ours.value):
        return "does not hold"
    if abs(math.log(ours.value / theirs)) <= math.log(FACTOR):
        return "holds"
    return "does not hold: the direction does, the size does not"


def cell_of(rows, key, service):
    """None: there is no such row, or it does not have the service."""
    row = next((row for row in rows if row.key == key), None)
    return row.cells.get(service) if row else None


def unit_of(rows, key):
    return next((f" {row.unit}" for row in rows if row.key == key and row.unit), "")


def figure_text(rows, key, service):
    cell = cell_of(rows, key, service)
    if figures.is_known(cell):
        return figures.figure(cell) + unit_of(rows, key)
    return "not measured" + (f": {cell.note}" if cell and cell.note else "")


def claim_lines(claim, rows):
    theirs = claim.python / claim.rust
    ours = figures.ratio(cell_of(rows, claim.python_key, "fastapi"), cell_of(rows, claim.rust_key, "axum"))
    better = "more" if claim.better == MORE else "less"
    return [f"- **{claim.what}** ({better} is better): *{verdict(theirs, ours)}*.",
            f"  - the article: Rust {claim.says.replace('; ', ', Python ')}; Python ÷ Rust {figures.number(theirs)}",
            f"  - here: Axum {figure_text(rows, claim.rust_key, 'axum')}, FastAPI {figure_text(rows, claim.python_key, 'fastapi')}"
            + (f"; FastAPI ÷ Axum {figures.ratio_text(ours)}" if ours else ""),
            f"  - Postern: {figure_text(rows, claim.rust_key, POSTERN)}"]


def generator_lines(rows):
    """How much of the near-tie was the generator."""
    seen = [f"{who} {figures.figure(cell)}" for key, who in GENERATORS if figures.is_known(cell := cell_of(rows, key, "axum"))]
    ceiling = cell_of(rows, CEILING, "null")
    lines = [f"- Axum's throughput ÷ FastAPI's at `POST /json`, as three generators see it: {', '.join(seen)}."] if seen else []
    if figures.is_known(ceiling):
        note = f" ({ceiling.note})" if ceiling.note else ""
        lines.append("- The most that a client like the article's reaches, at a server that does nothing: "
                     f"{figures.figure(ceiling)} a second{note}.")
    return ["", *lines] if lines else []


def block(rows, run):
    """`run`: the line that says which run it was."""
    return "\n".join([run, "", *(line for claim in CLAIMS for line in claim_lines(claim, rows)), *generator_lines(rows)])
