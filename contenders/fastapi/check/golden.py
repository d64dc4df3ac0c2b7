"""Counts how many of the recorded answers (tests/golden) a contender gives.

    python check/golden.py COMMAND …    starts the command on a database of its own, asks, ends it

The contender answers as FastAPI did, or it differs: there is no table of differences here.
Needs PyJWT.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[3] / "tests" / "golden"
sys.path.insert(0, str(GOLDEN))
import exchange  # noqa: E402


def start(command: list[str], directory: str) -> tuple[subprocess.Popen[str], str]:
    environment = {
        **os.environ,
        "JWT_SECRET": exchange.SECRET,
        "LISTEN": "127.0.0.1:0",
        "DATABASE": f"{directory}/golden.db",
    }
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    line = server.stdout.readline()
    if not line.startswith("listening on "):
        sys.exit(f"the contender said {line!r}")
    return server, line.removeprefix("listening on ").strip()


def main() -> None:
    records = json.loads((GOLDEN / "answers.json").read_text())
    same = 0
    with tempfile.TemporaryDirectory() as directory:
        server, address = start(sys.argv[1:], directory)
        try:
            for record in records:
                answer = exchange.send(address, record)
                same += answer == record["answer"]
                if answer != record["answer"]:
                    print(f"{record['name']}\n  recorded {record['answer']}\n  answered {answer}")
        finally:
            server.terminate()
            server.wait()
    print(f"{same} of {len(records)} answers as recorded")
    sys.exit(same != len(records))


main()
