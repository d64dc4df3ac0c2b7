"""The names of the service's options, in one place."""

import os

BINARY = os.environ.get("POSTERN", "build/release/postern")
ROUNDS = int(os.environ.get("ROUNDS", "100"))

CHEAP_HASHING = ["--hash-memory", "8", "--hash-passes", "1"]  # KiB: the tests log in thousands of times
SLOW_HASHING = ["--hash-memory", "19456", "--hash-passes", "20"]
BENCH = ["--bench-endpoint"]
CORS_ORIGIN = "--cors-origin"
HEAD_TIMEOUT = ["--head-timeout", "1"]  # seconds
BODY_TIMEOUT = ["--body-timeout", "1"]
PER_ADDRESS = "--connections-per-address"
CONNECTIONS = "--max-connections"
SINGLE_PROCESS = "--single-process"

EVERY_OPTION = [
    "--listen", "--database", "--threads", "--bench-endpoint", "--hash-memory", "--hash-passes", "--cors-origin",
    "--connections-per-address", "--single-process", "--master-key-file", "--head-timeout", "--body-timeout",
    "--max-connections",
]
