"""What is read out of the lines that hello/bare prints."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
import hello  # noqa: E402

SAID = """\
postern 100 Get:1 http://deb.example bookworm InRelease [151 kB]
postern 1100 Fetched 13.9 MB in 1s (13.9 MB/s)
postern 2000 Updating certificates in /etc/ssl/certs...
postern 3000 Get:1 http://deb.example bookworm/main gcc
postern 3500 Fetched 59.4 MB in 0s (32.9 MB/s)
postern 12000 answered 73000000
axum 1000     Updating crates.io index
axum 3000    Compiling itoa v1.0.19
axum 4000    Compiling axum v0.7.9
fastapi 500 Collecting fastapi==0.115.0
fastapi 900 failed 1000
"""


def test_time_and_its_part_that_was_fetching():
    cell = hello.cell("postern", hello.read(SAID)["postern"])
    assert cell.value == 12
    assert "of it 1.5 s fetching, 73 MB received" in cell.note


def test_cargo_fetches_until_it_compiles():
    assert hello.fetching_ms(hello.read(SAID)["axum"]) == 2000


def test_no_answer_is_no_figure():
    for name in ("axum", "fastapi"):
        cell = hello.cell(name, hello.read(SAID)[name])
        assert cell.value is None
        assert "no answer" in cell.note
    assert "bare ended before" in hello.cell("postern", []).note
