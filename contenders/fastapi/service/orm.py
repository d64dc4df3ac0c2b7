"""The service as its stack is usually put together: SQLAlchemy's ORM over aiosqlite, argon2-cffi.

    JWT_SECRET=… LISTEN=127.0.0.1:8000 DATABASE=accounts.db python -m service.orm

No connection is held while a password is hashed: log-ins that wait for a thread do not empty the
pool. Each transaction is one statement, so SQLite commits by itself and neither BEGIN nor ROLLBACK
costs a way to the connection's thread and back.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import Depends, FastAPI, status
from fastapi.security import OAuth2PasswordRequestForm
from sqlalchemy import URL, DateTime, Dialect, String, TypeDecorator, event, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import AsyncAdaptedQueuePool

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

engine = create_async_engine(
    URL.create("sqlite+aiosqlite", database=str(settings.database)),
    poolclass=AsyncAdaptedQueuePool,
    pool_size=5,
    max_overflow=0,
    isolation_level="AUTOCOMMIT",
    skip_autocommit_rollback=True,
)
new_session = async_sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine.sync_engine, "connect")
def set_pragmas(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class UtcDateTime(TypeDecorator[datetime]):
    """SQLite forgets the time zone: every instant is kept in UTC and comes back aware."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return value and value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    hashed_password: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: datetime.now(UTC))


hasher = PasswordHasher(time_cost=HASH_PASSES, memory_cost=HASH_MEMORY_KIB, parallelism=1)


def verify(hashed: str, password: str) -> bool:
    try:
        return hasher.verify(hashed, password)
    except VerifyMismatchError:
        return False


passwords = HashPool(hasher.hash, verify, settings.hash_threads)


async def create_tables() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield
    await engine.dispose()


async def get_db() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


Db = Annotated[AsyncSession, Depends(get_db)]


async def get_current_user(user_id: CurrentUserId, db: Db) -> User:
    user = await db.get(User, user_id)
    if user is None or not user.is_active:
        raise problems.bad_token()
    return user


app = FastAPI(title="Accounts", version="1.0.0", lifespan=lifespan)


@app.post("/register", response_model=UserResponse, status_code=status.HTTP_201_CREATED)
async def register_user(user_data: UserCreate, db: Db) -> User:
    """Create an account."""
    user = User(
        email=user_data.email,
        email_key=email_key(user_data.email),
        hashed_password=await passwords.hash(user_data.password),
    )
    db.add(user)
    try:
        await db.commit()
    except IntegrityError:
        raise problems.email_taken() from None
    return user


@app.post("/token")
async def login_for_access_token(
    form_data: Annotated[OAuth2PasswordRequestForm, Depends()], db: Db
) -> TokenResponse:
    """Log in with the OAuth2 password form."""
    async with db.begin():
        user = await db.scalar(select(User).where(User.email_key == email_key(form_data.username)))
    right = await passwords.verify(user.hashed_password if user else None, form_data.password)
    if user is None or not right or not user.is_active:
        raise problems.wrong_credentials()
    return token_of(user.id)


@app.get("/users/me", response_model=UserResponse)
async def read_users_me(current_user: Annotated[User, Depends(get_current_user)]) -> User:
    """Who am I?"""
    return current_user


@app.post("/json")
async def echo_action(action: Action) -> ActionResponse:
    """The benchmark's workload: validate a small object and answer it."""
    return ActionResponse(user_id=action.user_id, action=action.action)


@app.get("/health/live")
async def health_live() -> HealthResponse:
    """For a supervisor: the process answers."""
    return HealthResponse()


if __name__ == "__main__":
    asyncio.run(create_tables())
    serve(app)
