"""Asks the FastAPI service of contenders/fastapi every request of questions.py and writes answers.json and openapi.json.

    python tests/golden/record.py            with a Python that has contenders/fastapi/requirements.txt installed
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import exchange  # noqa: E402
from questions import every_request  # noqa: E402

HERE = Path(__file__).parent
SERVICE = HERE.parent.parent / "contenders" / "fastapi"


def start(directory):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-B", "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"],
        cwd=SERVICE,
        env={**os.environ, "JWT_SECRET": exchange.SECRET, "DATABASE_URL": f"sqlite+aiosqlite:///{directory}/golden.db"},
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            return server, address, json.load(urllib.request.urlopen(address + "/openapi.json"))
        except OSError:
            time.sleep(0.05)
    server.kill()
    sys.exit("the service did not start")


def record(address):
    names = set()
    for request in every_request():
        if request["name"] in names:
            sys.exit(f"two requests are called {request['name']!r}")
        names.add(request["name"])
        yield {**request, "answer": exchange.send(address, request)}


def main():
    with tempfile.TemporaryDirectory() as directory:
        server, address, document = start(directory)
        try:
            records = list(record(address))
        finally:
            server.terminate()
            server.wait()
    lines = [json.dumps(r, ensure_ascii=True, separators=(", ", ": ")) for r in records]
    (HERE / "answers.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    (HERE / "openapi.json").write_text(json.dumps(document, indent=1) + "\n")
    print(f"{len(records)} answers recorded")


main()
