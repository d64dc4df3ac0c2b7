"""contenders/fastapi/app.py as it is, with hashes that cost next to nothing: thousands are made here."""

import argon2


class CheapHasher(argon2.PasswordHasher):
    def __init__(self, **_):
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)


argon2.PasswordHasher = CheapHasher

from app import app  # noqa: E402, F401
