"""The bodies of requests and answers."""

import string
from datetime import datetime

from pydantic import BaseModel, EmailStr, Field


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


class HealthResponse(BaseModel):
    status: str = "ok"


_IN_LOWER_CASE = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def email_key(email: str) -> str:
    """Two addresses with one key are one account: ASCII letters of any case are the same."""
    return email.translate(_IN_LOWER_CASE)
