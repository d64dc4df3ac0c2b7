"""The answers of requests that are refused."""

from fastapi import HTTPException, status


def email_taken() -> HTTPException:
    return HTTPException(status.HTTP_400_BAD_REQUEST, "Email already registered")


def wrong_credentials() -> HTTPException:
    return HTTPException(status.HTTP_401_UNAUTHORIZED, "Incorrect email or password")


def bad_token() -> HTTPException:
    return HTTPException(
        status.HTTP_401_UNAUTHORIZED,
        "Could not validate credentials",
        headers={"WWW-Authenticate": "Bearer"},
    )
