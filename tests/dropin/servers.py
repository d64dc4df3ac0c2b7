"""FastAPI's service and Postern, both with one secret, empty databases and cheap hashes, on ports of their own."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from exchange import SECRET

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@contextmanager
def running(command, log, **variables):
    kept = {n: v for n, v in os.environ.items() if not n.startswith("POSTERN_")}
    with open(log, "wb") as errors:
        process = subprocess.Popen(command, env={**kept, "JWT_SECRET": SECRET, **variables}, cwd=ROOT, stderr=errors,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)
            process.stdout.close()


@contextmanager
def fastapi(directory):
    """The port of contenders/fastapi/app.py, which this Python has the packages for."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-B", "-m", "uvicorn", "cheap_app:app", "--port", str(port), "--log-level", "warning"]
    paths = os.pathsep.join([str(HERE), str(ROOT / "contenders" / "fastapi")])
    with running(command, directory / "fastapi.log", PYTHONPATH=paths,
                 DATABASE_URL=f"sqlite+aiosqlite:///{directory}/fastapi.db") as process:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                if process.poll() is not None:
                    break
                time.sleep(0.05)
        else:
            process.kill()
        if process.poll() is not None:
            sys.exit(f"FastAPI did not start:\n{(directory / 'fastapi.log').read_text()}")
        yield port


@contextmanager
def postern(directory, binary):
    command = [str(Path(binary).resolve()), "serve", "--listen", "127.0.0.1:0", "--database",
               f"sqlite:{directory}/postern.db",
               "--hash-memory", "8", "--hash-passes", "1", "--bench-endpoint", "--limits", "off"]
    with running(command, directory / "postern.log") as process:
        line = process.stdout.readline().decode()
        if not line.startswith("listening on "):
            sys.exit(f"Postern did not start:\n{(directory / 'postern.log').read_text()}")
        yield int(line.strip().rsplit(":", 1)[1])
        if process.poll() is not None:
            sys.exit(f"Postern ended:\n{(directory / 'postern.log').read_text()}")
