"""What the environment says: JWT_SECRET (required), LISTEN, DATABASE, WORKERS."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

TOKEN_LIFE = timedelta(minutes=30)

# argon2id, the same in both forms
HASH_MEMORY_KIB = 19 * 1024
HASH_PASSES = 2


@dataclass(frozen=True)
class Settings:
    jwt_secret: str
    host: str
    port: int
    database: Path
    workers: int
    hash_threads: int
    """In a worker: a hash keeps a core busy, more threads than cores would wait for each other."""


def from_environment() -> Settings:
    host, _, port = os.getenv("LISTEN", "127.0.0.1:8000").rpartition(":")
    cores = len(os.sched_getaffinity(0))
    workers = int(os.getenv("WORKERS") or cores)
    return Settings(
        jwt_secret=os.environ["JWT_SECRET"],
        host=host,
        port=int(port),
        database=Path(os.getenv("DATABASE", "accounts.db")),
        workers=workers,
        hash_threads=max(1, cores // workers),
    )


settings = from_environment()
