"""The same service driven as a C program would: sqlite3 in the event loop, orjson, libsodium.

    JWT_SECRET=… LISTEN=127.0.0.1:8000 DATABASE=accounts.db python -m service.direct

A point read of a warm database is shorter than the way to another thread and back, so it happens in
the loop; what waits for a disk or a core, a commit or a hash, happens in threads. Answers are
written once: a handler that returns a `Response` is not validated and encoded a second time.
"""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

import orjson
from fastapi import Depends, FastAPI, Response, status
from fastapi.security import OAuth2PasswordRequestForm
from nacl.exceptions import InvalidkeyError
from nacl.pwhash import argon2id

from service import problems
from service.hashing import HashPool
from service.models import (
    Action,
    ActionResponse,
    HealthResponse,
    TokenResponse,
    UserCreate,
    UserResponse,
    email_key,
)
from service.serve import serve
from service.settings import HASH_MEMORY_KIB, HASH_PASSES, settings
from service.tokens import CurrentUserId, token_of

PRAGMAS = ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL")
CREATE = """
    CREATE TABLE IF NOT EXISTS users (
        id INTEGER PRIMARY KEY,
        email TEXT NOT NULL,
        email_key TEXT NOT NULL UNIQUE,
        hashed_password TEXT NOT NULL,
        is_active INTEGER NOT NULL DEFAULT 1,
        created_at TEXT NOT NULL  -- as it is answered
    )
"""
BY_ID = "SELECT id, email, is_active, created_at FROM users WHERE id = ? AND is_active"
BY_KEY = "SELECT id, hashed_password FROM users WHERE email_key = ? AND is_active"
INSERT = """
    INSERT INTO users (email, email_key, hashed_password, created_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (email_key) DO NOTHING
    RETURNING id, email, is_active, created_at
"""


class User(NamedTuple):
    id: int
    email: str
    is_active: int
    created_at: str


class Json(Response):
    media_type = "application/json"

    def render(self, content: object) -> bytes:
        try:
            return orjson.dumps(content)
        except orjson.JSONEncodeError:  # an integer of more than 64 bits
            return json.dumps(content, separators=(",", ":")).encode()


def user_answer(user: User, status_code: int = status.HTTP_200_OK) -> Json:
    body = {
        "id": user.id,
        "email": user.email,
        "is_active": user.is_active != 0,
        "created_at": user.created_at,
    }
    return Json(body, status_code)


def connect() -> sqlite3.Connection:
    connection = sqlite3.connect(settings.database, isolation_level=None, check_same_thread=False)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


class Users:
    """A worker's connections: one that its loop reads with, one for the thread that writes."""

    def open(self) -> None:
        self._reader, self._writer = connect(), connect()
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="write")

    def close(self) -> None:
        self._writing.shutdown()
        self._reader.close()
        self._writer.close()

    def by_id(self, user_id: int) -> User | None:
        row = self._reader.execute(BY_ID, (user_id,)).fetchone()
        return row and User._make(row)

    def credentials(self, key: str) -> tuple[int | None, str | None]:
        """The id and the hashed password of who logs in as `key`."""
        row = self._reader.execute(BY_KEY, (key,)).fetchone()
        return row or (None, None)

    async def add(self, email: str, hashed_password: str) -> User | None:
        """None when the address is taken."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        values = (email, email_key(email), hashed_password, now)
        return await asyncio.get_running_loop().run_in_executor(self._writing, self._insert, values)

    def _insert(self, values: tuple[str, ...]) -> User | None:
        # fetchall runs the statement to its end, which is where it commits
        rows = self._writer.execute(INSERT, values).fetchall()
        return User._make(rows[0]) if rows else None


def hash(password: str) -> str:
    hashed = argon2id.str(password.encode(), HASH_PASSES, HASH_MEMORY_KIB * 1024)
    return hashed.decode()


def verify(hashed: str, password: str) -> bool:
    try:
        return argon2id.verify(hashed.encode(), password.encode())
    except InvalidkeyError:
        return False


users = Users()
passwords = HashPool(hash, verify, settings.hash_threads)


def create_tables() -> None:
    with closing(connect()) as connection:
        connection.execute(CREATE)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    users.open()
    yield
    users.close()


async def get_current_user(user_id: CurrentUserId) -> User:
    user = users.by_id(user_id)
    if user is None:
        raise problems.bad_token()
    return user


app = FastAPI(title="Accounts", version="1.0.0", lifespan=lifespan)


@app.post("/register", response_model=UserResponse, status_code=status.HTTP_201_CREATED)
async def register_user(user_data: UserCreate) -> Json:
    """Create an account."""
    user = await users.add(user_data.email, await passwords.hash(user_data.password))
    if user is None:
        raise problems.email_taken()
    return user_answer(user, status.HTTP_201_CREATED)


@app.post("/token", response_model=TokenResponse)
async def login_for_access_token(
    form_data: Annotated[OAuth2PasswordRequestForm, Depends()],
) -> Json:
    """Log in with the OAuth2 password form."""
    user_id, hashed = users.credentials(email_key(form_data.username))
    right = await passwords.verify(hashed, form_data.password)
    if user_id is None or not right:
        raise problems.wrong_credentials()
    return Json(token_of(user_id).model_dump())


@app.get("/users/me", response_model=UserResponse)
async def read_users_me(current_user: Annotated[User, Depends(get_current_user)]) -> Json:
    """Who am I?"""
    return user_answer(current_user)


@app.post("/json", response_model=ActionResponse)
async def echo_action(action: Action) -> Json:
    """The benchmark's workload: validate a small object and answer it."""
    return Json({"user_id": action.user_id, "action": action.action, "status": "ok"})


@app.get("/health/live", response_model=HealthResponse)
async def health_live() -> Json:
    """For a supervisor: the process answers."""
    return Json({"status": "ok"})


if __name__ == "__main__":
    create_tables()
    serve(app)
