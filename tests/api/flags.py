"""The names of the service's options, in one place."""

import os

BINARY = os.environ.get("POSTERN", "build/release/postern")
ROUNDS = int(os.environ.get("ROUNDS", "100"))

CHEAP_HASHING = ["--hash-memory", "8", "--hash-passes", "1"]  # KiB: the tests log in thousands of times
SLOW_HASHING = ["--hash-memory", "19456", "--hash-passes", "20"]
BENCH = ["--bench-endpoint"]
CORS_ORIGIN = "--cors-origin"
HEAD_TIMEOUT = ["--head-timeout", "500ms"]
BODY_TIMEOUT = ["--body-timeout", "500ms"]
SHUTDOWN_TIMEOUT = ["--shutdown-timeout", "1s"]
NARROW = ["--hash-threads", "1", "--queue-wait", "50ms"]  # one hash at a time, and nobody waits for long
ISSUER = ["--issuer", "https://accounts.example"]  # else it is the address, which port 0 changes
PER_ADDRESS = "--connections-per-address"
CONNECTIONS = "--connections"
SINGLE_PROCESS = "--single-process"
NO_SANDBOX = "--no-sandbox"

EVERY_OPTION = [
    "--listen", "--database", "--threads", "--bench-endpoint", "--hash-memory", "--hash-passes", "--cors-origin",
    "--connections-per-address", "--connections", "--single-process", "--master-key-file", "--head-timeout", "--body-timeout",
    "--idle-timeout", "--shutdown-timeout", "--queue-wait", "--hash-threads", "--issuer", "--no-sandbox",
    "--trusted-proxy", "--limits", "--cache",
    "--session-idle", "--session-lifetime", "--refresh-grace", "--own-tokens-only",
]
