"""The article's picture, with all services in it and with intervals: joust draws it from its own result.

    joust.run(bench, targets, request, *picture.arguments(bench.results), …)       # the campaign of POST /json
    picture.publish(bench.results, root)                                           # page.publish() does

The names below the bars are the targets' names: the keys of services.py fit, its labels do not.
"""

import shutil
from pathlib import Path

NAME = "scorecard.svg"


def arguments(results):
    """What joust is told, so that its campaign leaves the picture in `results`."""
    return ["--plot", str(Path(results) / NAME)]


def publish(results, root):
    """False: this run has drawn none (as with --only), and the page keeps the one it has."""
    drawn = Path(results) / NAME
    if not drawn.is_file():
        return False
    shutil.copyfile(drawn, Path(root) / "docs" / NAME)
    return True
