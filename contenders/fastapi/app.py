"""User accounts in FastAPI: register, log in, who am I.

The same contract as Postern's, written as FastAPI's own documentation would have it.
JWT_SECRET must be set; DATABASE_URL may be.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Annotated

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import Depends, FastAPI, HTTPException, status
from fastapi.concurrency import run_in_threadpool
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, EmailStr, Field
from sqlalchemy import DateTime, String, TypeDecorator, event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import AsyncAdaptedQueuePool

SECRET_KEY = os.environ["JWT_SECRET"]
ALGORITHM = "HS256"
TOKEN_LIFE = timedelta(minutes=30)
DATABASE_URL = os.getenv("DATABASE_URL", "sqlite+aiosqlite:///./accounts.db")

engine = create_async_engine(DATABASE_URL, poolclass=AsyncAdaptedQueuePool)
new_session = async_sessionmaker(engine, expire_on_commit=False)
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
hash_of_nobody = hasher.hash(os.urandom(16))


@event.listens_for(engine.sync_engine, "connect")
def set_pragmas(connection, _record):
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class UtcDateTime(TypeDecorator):
    """SQLite forgets the time zone: every instant is kept in UTC and comes back aware."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value, _dialect):
        return value and value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value, _dialect):
        return value and value.replace(tzinfo=timezone.utc)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    hashed_password: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime, default=lambda: datetime.now(timezone.utc)
    )


class UserCreate(BaseModel):
    email: EmailStr
    password: str = Field(min_length=8, max_length=1024)


class UserResponse(BaseModel):
    id: int
    email: str
    is_active: bool
    created_at: datetime


class TokenResponse(BaseModel):
    access_token: str
    token_type: str = "bearer"
    expires_in: int


class Action(BaseModel):
    user_id: int
    action: str = Field(max_length=64)


class ActionResponse(Action):
    status: str = "ok"


def email_key(email: str) -> str:
    """Two addresses with one key are one account: ASCII letters of any case are the same."""
    return "".join(c.lower() if c.isascii() else c for c in email)


async def get_db() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


Db = Annotated[AsyncSession, Depends(get_db)]
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


async def get_current_user(token: Annotated[str, Depends(oauth2_scheme)], db: Db) -> User:
    refused = HTTPException(
        status_code=status.HTTP_401_UNAUTHORIZED,
        detail="Could not validate credentials",
        headers={"WWW-Authenticate": "Bearer"},
    )
    try:
        payload = jwt.decode(
            token, SECRET_KEY, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]}
        )
        user_id = int(payload["sub"])
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise refused
    user = await db.get(User, user_id)
    if user is None or not user.is_active:
        raise refused
    return user


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(title="Accounts", version="1.0.0", lifespan=lifespan)


@app.post("/register", response_model=UserResponse, status_code=status.HTTP_201_CREATED)
async def register_user(user_data: UserCreate, db: Db):
    """Create an account."""
    user = User(
        email=user_data.email,
        email_key=email_key(user_data.email),
        hashed_password=await run_in_threadpool(hasher.hash, user_data.password),
    )
    db.add(user)
    try:
        await db.commit()
    except IntegrityError:
        raise HTTPException(status_code=400, detail="Email already registered")
    return user


@app.post("/token", response_model=TokenResponse)
async def login_for_access_token(
    form_data: Annotated[OAuth2PasswordRequestForm, Depends()], db: Db
):
    """Log in with the OAuth2 password form."""
    user = await db.scalar(select(User).where(User.email_key == email_key(form_data.username)))
    try:
        await run_in_threadpool(
            hasher.verify, user.hashed_password if user else hash_of_nobody, form_data.password
        )
    except VerifyMismatchError:
        user = None
    if user is None or not user.is_active:
        raise HTTPException(status_code=401, detail="Incorrect email or password")
    claims = {"sub": str(user.id), "exp": datetime.now(timezone.utc) + TOKEN_LIFE}
    return TokenResponse(
        access_token=jwt.encode(claims, SECRET_KEY, algorithm=ALGORITHM),
        expires_in=int(TOKEN_LIFE.total_seconds()),
    )


@app.get("/users/me", response_model=UserResponse)
async def read_users_me(current_user: Annotated[User, Depends(get_current_user)]):
    """Who am I?"""
    return current_user


@app.post("/json", response_model=ActionResponse)
async def echo_action(action: Action):
    """The benchmark's workload: validate a small object and answer it."""
    return ActionResponse(user_id=action.user_id, action=action.action)
