"""Tests of joust against servers that are known (servers.py, service.py).

    make build/release/joust && /usr/bin/python3 -m pytest tests/joust
    JOUST=build/asan/joust …                    another build
"""

import os
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from joust import BINARY, Joust  # noqa: E402


# Whoever started this, nohup or a script's "&", may have had them ignored, and so would joust.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def binary():
    if not os.path.exists(BINARY):
        pytest.exit(f"{BINARY} is not there: make it, or name another with JOUST", returncode=2)


@pytest.fixture
def joust(tmp_path):
    return Joust(tmp_path)
