"""An endpoint of one's own."""

from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel

app = FastAPI(title="hello")


class Hello(BaseModel):
    message: str


@app.get("/")
async def say_hello(name: Annotated[str, Query(max_length=40)] = "world") -> Hello:
    """Say hello."""
    return Hello(message=f"Hello, {name}!")
