"""Remembers every answer that any test got, for the contract check that runs last (test_zz_contract.py).

One record is {"method", "path", "status", "body"}: the body as a value where it is JSON, else null. Other kinds of tests
hand theirs in as files of one record a line in the directory named by POSTERN_CONTRACT_DIR.
"""

import json
import os
from pathlib import Path
from urllib.parse import unquote

SEEN = {}  # a record as text: how often


def record(method, path, status, headers, content):
    body = None
    if content and "json" in (headers.get("content-type") or headers.get("Content-Type") or ""):
        body = json.loads(content)
    line = json.dumps({"method": method, "path": unquote(path.split("?")[0]), "status": status, "body": body}, sort_keys=True)
    SEEN[line] = SEEN.get(line, 0) + 1


def every_record():
    yield from map(json.loads, SEEN)
    directory = os.environ.get("POSTERN_CONTRACT_DIR")
    for file in sorted(Path(directory).glob("*.jsonl")) if directory else []:
        yield from map(json.loads, filter(None, file.read_text().splitlines()))
