"""Worker processes, and the supervisor that starts them and deals connections out to them.

uvicorn's own `--workers` imports the application anew in each worker, cannot say when all of them
accept, and lets them race for connections: of 100 that come at once, one of two workers may take
96. Here the application is imported once, frozen out of the garbage collector's sight, and forked;
the supervisor accepts, and gives each worker its turn. A worker that ends takes the service with
it: half a service should not look like a whole one.
"""

import asyncio
import contextlib
import functools
import gc
import itertools
import multiprocessing
import selectors
import signal
import socket
import sys

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.settings import settings

BACKLOG = 4096
KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 5
READY = b"ready"


class Worker(uvicorn.Server):
    """A server that is handed its connections, and ends when nobody is left to hand it any."""

    def __init__(self, app: FastAPI, supervisor: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http=HttpToolsProtocol,
                ws="none",
                lifespan="on",
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._supervisor = supervisor

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self._protocol = functools.partial(
            HttpToolsProtocol, self.config, self.server_state, self.lifespan.state
        )
        self._connecting = set[asyncio.Task[object]]()
        self._loop.add_reader(self._supervisor, self._take)
        self._supervisor.send(READY)

    def _take(self) -> None:
        message, descriptors, _, _ = socket.recv_fds(self._supervisor, 16, 1)
        if not message:
            self._loop.remove_reader(self._supervisor)
            self.should_exit = True
        for descriptor in descriptors:
            connection = socket.socket(fileno=descriptor)
            connection.setblocking(False)
            opening = self._loop.connect_accepted_socket(self._protocol, connection)
            task = self._loop.create_task(opening)
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)


def work(app: FastAPI, supervisor: socket.socket, others: list[socket.socket]) -> None:
    for other in others:
        other.close()
    Worker(app, supervisor).run([])


def deal(listener: socket.socket, workers: list[socket.socket]) -> None:
    """Gives each worker its turn until one ends."""
    turns = itertools.cycle(workers)
    with selectors.DefaultSelector() as selector:
        for readable in (listener, *workers):
            selector.register(readable, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not listener:
                    sys.exit("a worker ended")
                with contextlib.suppress(ConnectionAbortedError):
                    connection, _ = listener.accept()
                    with connection:
                        socket.send_fds(next(turns), [b"connection"], [connection.fileno()])


def serve(app: FastAPI) -> None:
    """Serves until SIGTERM or SIGINT; the first line on standard output says where."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    listener = socket.create_server((settings.host, settings.port), backlog=BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # its connections inherit it
    fork = multiprocessing.get_context("fork")
    processes, workers = [], []
    gc.collect()
    gc.freeze()
    try:
        for _ in range(settings.workers):
            worker, supervisor = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            workers.append(worker)
            process = fork.Process(target=work, args=(app, supervisor, [listener, *workers]))
            process.start()
            processes.append(process)
            supervisor.close()
        for worker in workers:
            if not worker.recv(len(READY)):
                sys.exit("a worker did not start")
        host, port = listener.getsockname()
        print(f"listening on http://{host}:{port}", flush=True)
        deal(listener, workers)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
