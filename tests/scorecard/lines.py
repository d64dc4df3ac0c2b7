"""How many lines each program has, by one rule (RULE).

    python tests/scorecard/lines.py FILE…
    python tests/scorecard/lines.py --as py --lines 1-20 FILE      part of a file, whatever it is called

The article's two listings are not part of this repository: ARTICLE holds what this program counted in them. Their
indentation is lost where they were read, their lines are not, and the rule does not ask for indentation.
"""

import argparse
import re
from pathlib import Path

from rows import LESS, Cell, Row

ROOT = Path(__file__).resolve().parents[2]
RULE = ("A line counts when it is neither blank nor only comment. A Python string that is a whole statement, such as a docstring, "
        "is a comment. A line with a lone brace counts, and so do attributes, imports and what stands in string literals.")

# What the article says of its own listings, and what RULE finds in them; the benchmark's listing is left out.
ARTICLE = {"axum": {"claimed": 247, "counted": 188}, "fastapi": {"claimed": 112, "counted": 102}}

APART = {"joust", "load", "stats"}          # the measuring tool: no part of the service
CODE = {".c", ".h", ".html"}


# ---- Counting ---------------------------------------------------------------------------------

SLASHES = r'//[^\n]*|/\*.*?(?:\*/|\Z)|(?P<kept>%s"(?:\\.|[^"\\])*"|%s)'
C = re.compile(SLASHES % ("", r"'(?:\\.|[^'\\\n])+'"), re.DOTALL)
RUST = re.compile(SLASHES % (r'\bb?r(?P<hashes>#*)".*?"(?P=hashes)|', r"'(?:\\[^\n]|[^'\\\n])[^'\s]*?'"), re.DOTALL)
HTML = re.compile(r"<!--.*?(?:-->|\Z)|(?P<kept>(?!))", re.DOTALL)
CSS = re.compile(r'/\*.*?(?:\*/|\Z)|(?P<kept>"(?:\\.|[^"\\])*")', re.DOTALL)

PYTHON = re.compile(r"""
    (?P<comment>\#[^\n]*)
  | (?P<string>[rRbBuUfF]{0,2}(?:\"{3}(?:\\.|.)*?\"{3}|'{3}(?:\\.|.)*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<joined>\\\n) | (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<end>[\n;]) | (?P<blank>[^\S\n]+) | (?P<other>\w+|.)
    """, re.DOTALL | re.VERBOSE)
NOTHING_MORE = re.compile(r"[^\S\n]*(?:\#[^\n]*)?(?:\n|\Z)")


def only_newlines(text):
    return "\n" * text.count("\n")


def without_comments(pattern):
    return lambda text: pattern.sub(lambda found: found[0] if found["kept"] else only_newlines(found[0]), text)


def python_without_comments(text):
    kept, depth, fresh = [], 0, True        # fresh: no statement has begun
    for found in PYTHON.finditer(text):
        kind, token = found.lastgroup, found[0]
        alone = kind == "string" and fresh and depth == 0 and NOTHING_MORE.match(text, found.end())
        if kind == "comment" or alone:
            token = only_newlines(token)
        elif kind == "end":
            fresh = depth == 0
        elif kind not in ("blank", "joined"):
            depth += (kind == "open") - (kind == "close")
            fresh = False
        kept.append(token)
    return "".join(kept)


LANGUAGES = {"c": without_comments(C), "h": without_comments(C), "rs": without_comments(RUST), "go": without_comments(C),
             "html": without_comments(HTML), "css": without_comments(CSS), "py": python_without_comments}


def count_text(text, language):
    """By RULE; `language` is how the names of its files end."""
    return sum(1 for line in LANGUAGES[language](text).split("\n") if line.strip())


def count(*paths):
    return sum(count_text(path.read_text(encoding="utf-8", errors="replace"), path.suffix[1:]) for path in paths)


# ---- What is counted --------------------------------------------------------------------------


def files(folder, *endings):
    return sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in endings)


def service_files():
    """All of Postern that serves: what its library and its service are made of."""
    return [path for path in files("src", *CODE) if path.relative_to(ROOT / "src").parts[0] not in APART]


def axum_files():
    """(shared, own libraries, same technique)"""
    whole, binaries = files("contenders/axum/src", ".rs"), ROOT / "contenders/axum/src/bin"
    own = [binaries / "accounts.rs"]
    same = [path for path in whole if binaries in path.parents and path not in own]
    return [path for path in whole if binaries not in path.parents], own, same + [ROOT / "contenders/axum/build.rs"]


def fastapi_files():
    whole, folder = files("contenders/fastapi/service", ".py"), ROOT / "contenders/fastapi/service"
    forms = [folder / "orm.py"], [folder / "direct.py"]
    return [path for path in whole if path not in forms[0] + forms[1]], *forms


def own_lines():
    """{service: (lines, what they are)} of what the author of each service writes."""
    result = {"postern": (count(*files("src/auth", ".c", ".h")), "src/auth, with libpostern below it")}
    for key, (shared, own, same) in {"axum": axum_files(), "fastapi": fastapi_files()}.items():
        for name, form in {key: own, f"{key}-same": same}.items():
            result[name] = count(*shared) + count(*form), f"{count(*shared)} shared by both forms, {count(*form)} of this one"
    return result


# ---- Rows -------------------------------------------------------------------------------------


def article_row():
    cells = {"postern": Cell(count(ROOT / "examples/article.c"), note=f"examples/article.c, which does hash passwords. {RULE}")}
    for key, listing in ARTICLE.items():
        cells[key] = Cell(listing["counted"], note=f"the article's listing, of which it says {listing['claimed']}; as counted for "
                          "this repository, which does not hold it")
    return Row("lines-article", "lines", "The article's program: register, log in, who am I", "lines", LESS, cells,
               "python3 tests/scorecard/lines.py examples/article.c")


def service_row():
    cells = {key: Cell(lines, note=note) for key, (lines, note) in own_lines().items()}
    return Row("lines-service", "lines", "The full service: what its author writes", "lines", LESS, cells,
               "python3 tests/scorecard/lines.py src/auth/*.[ch]")


def maintained_row():
    cells = {key: Cell(lines, note="as above: what is below it others maintain") for key, (lines, _) in own_lines().items()}
    note = ("all of src but the measuring tool (joust, load, stats): server, HTTP, JSON, schemas, OpenAPI, tokens, storage; below "
            "it are SQLite, libsodium and OpenSSL")
    cells["postern"] = Cell(count(*service_files()), note=note)
    return Row("lines-maintained", "lines", "The full service: what its maintainers answer for", "lines", LESS, cells)


def measure(_bench):
    yield article_row()
    yield service_row()
    yield maintained_row()


# ---- On the command line ----------------------------------------------------------------------


def part(text, wanted):
    first, last = map(int, wanted.split("-"))
    return "\n".join(text.split("\n")[first - 1:last])


def main():
    parser = argparse.ArgumentParser(description=RULE)
    parser.add_argument("--as", dest="language", choices=sorted(LANGUAGES), help="the language, if not by the file's name")
    parser.add_argument("--lines", metavar="FIRST-LAST", help="these lines of it alone")
    parser.add_argument("files", nargs="+", type=Path)
    given = parser.parse_args()
    total = 0
    for path in given.files:
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = count_text(part(text, given.lines) if given.lines else text, given.language or path.suffix[1:])
        print(f"{lines:7,}  {path}")
        total += lines
    if len(given.files) > 1:
        print(f"{total:7,}  together")


if __name__ == "__main__":
    main()
