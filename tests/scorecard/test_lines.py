"""The counting rule, by examples small enough to count by eye."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from lines import count_text  # noqa: E402

COUNTED = [
    ("c", 'int a; // one\n\n/* none\n   none */\n}\n', 2),
    ("c", 'char *s = "/* no comment";\nint b;\n/* none */\n', 2),
    ("c", "int c = '\"'; /* begins behind code,\n ends before it */ int d;\n", 2),
    ("rs", "fn f<'a>(x: &'a str) -> char { '\"' }\n// none\n/// none\n#[inline]\n", 2),
    ("rs", 'let s = r#"\n// in a literal\n"quoted"\n"#;\n', 4),
    ("rs", "let q = '\\'';\n/* none */\n", 1),
    ("py", '"""A module.\n\nMore.\n"""\nimport os\n', 1),
    ("py", 'def f():\n"""Indentation is lost."""\nreturn 1  # one\n# none\n', 2),
    ("py", 'x = """\none\n\ntwo\n"""\n', 4),
    ("py", 'f(\n    "an argument",\n)\n', 3),
    ("py", "class A:\n    x: int\n    '''Of the attribute.'''\n    y = 1; 'also alone'\n", 3),
    ("py", '"""value""".strip()\n', 1),
    ("html", "<p>\n<!-- none\nnone -->\n</p>\n", 2),
]


@pytest.mark.parametrize(("language", "text", "lines"), COUNTED)
def test_rule(language, text, lines):
    assert count_text(text, language) == lines
