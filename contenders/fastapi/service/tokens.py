"""Access tokens: HS256, `sub` is the user's id as a string."""

import time
from typing import Annotated

import jwt
from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer

from service.models import TokenResponse
from service.problems import bad_token
from service.settings import TOKEN_LIFE, settings

ALGORITHM = "HS256"
LIFE_SECONDS = int(TOKEN_LIFE.total_seconds())
IDS = range(1, 2**63)


def token_of(user_id: int) -> TokenResponse:
    claims = {"sub": str(user_id), "exp": int(time.time()) + LIFE_SECONDS}
    return TokenResponse(
        access_token=jwt.encode(claims, settings.jwt_secret, ALGORITHM), expires_in=LIFE_SECONDS
    )


async def current_user_id(token: Annotated[str, Depends(OAuth2PasswordBearer("token"))]) -> int:
    """Whose token the request carries. Async: FastAPI sends plain functions to threads."""
    try:
        claims = jwt.decode(
            token, settings.jwt_secret, [ALGORITHM], options={"require": ["exp", "sub"]}
        )
        user_id = int(claims["sub"])
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise bad_token() from None
    if user_id not in IDS:
        raise bad_token()
    return user_id


CurrentUserId = Annotated[int, Depends(current_user_id)]
