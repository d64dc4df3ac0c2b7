"""Password hashing beside the event loop: the libraries let go of the GIL while they compute."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class HashPool:
    """A few threads that hash. What they cannot start yet waits in their queue, not in the loop."""

    def __init__(
        self, hash: Callable[[str], str], verify: Callable[[str, str], bool], threads: int
    ) -> None:
        self._hash, self._verify = hash, verify
        self._of_nobody = hash(secrets.token_hex())
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="hash")

    async def hash(self, password: str) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._hash, password)

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Takes as long for an unknown user, whose hash is None, as for a known one."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, self._verify, hashed or self._of_nobody, password
        )
