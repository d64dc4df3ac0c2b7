"""A small service that joust starts or measures: it burns a known CPU time, holds memory, and knows accounts.

    GET  /              {"id": a number that grows, "name": as it was told}
    GET  /burn          the same, for `burn` seconds of CPU time
    POST /register      {"email", "password"} -> 201; 409 when there is one already
    POST /token         username=...&password=... -> {"access_token"}; 401
    GET  /me            Authorization: Bearer ... -> {"email"}; 401
    GET  /about         of itself: pid, CPU time, where it may run; how often each of the others answered what

    with Service(burn=0.001) as service: ...            in a process of its own, as servers.py has it
    service.py "{'port': 8000, ...}"                    for --run; ends when it is told to
"""

import ast
import asyncio
import collections
import json
import os
import re
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

REASONS = {200: "OK", 201: "Created", 401: "Unauthorized", 404: "Not Found", 409: "Conflict"}
HEAD = re.compile(rb"(\w+) (\S+) HTTP/1.1\r\n(.*?)\r\n\r\n", re.DOTALL)


# --- What a test holds ---


def command(**options):
    """For --run."""
    return "exec " + shlex.join([sys.executable, os.path.abspath(__file__), repr(options)])


def about(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/about", timeout=10) as answer:
        return json.load(answer)


class ReservedPort:
    """A port that nobody else is given, though nobody listens on it yet."""

    def __enter__(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind(("127.0.0.1", 0))
        return self.socket.getsockname()[1]

    def __exit__(self, *_):
        self.socket.close()


class Service:
    def __init__(self, **options):
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), repr(options)], stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def pid(self):
        return self.process.pid

    def about(self):
        return about(self.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


# --- In the child ---


class State:
    def __init__(self, name="x", burn=0.0, memory=0, answers=None):
        self.name, self.burn = name, burn
        self.memory = bytearray(b"x") * memory
        self.answers_left = answers  # before it ends
        self.passwords, self.emails, self.counts = {}, {}, collections.Counter()
        self.served = 0

    def answer(self, method, path, headers, body):
        """(status, a value)"""
        route = getattr(self, f"{method}_{path[1:] or 'root'}".lower(), None)
        status, value = route(headers, body) if route else (404, {})
        if path != "/about":
            self.counts[f"{method} {path} {status}"] += 1
        return status, value

    def get_root(self, *_):
        self.served += 1
        return 200, {"id": self.served, "name": self.name}

    def get_burn(self, *_):
        until = time.process_time() + self.burn
        while time.process_time() < until:
            pass
        return self.get_root()

    def post_register(self, _, body):
        wanted = json.loads(body)
        if wanted["email"] in self.passwords:
            return 409, {"error": "taken"}
        self.passwords[wanted["email"]] = wanted["password"]
        return 201, {"email": wanted["email"]}

    def post_token(self, _, body):
        fields = dict(urllib.parse.parse_qsl(body.decode()))
        if fields.get("password") is None or self.passwords.get(fields.get("username")) != fields["password"]:
            return 401, {"error": "wrong"}
        token = secrets.token_urlsafe(12)
        self.emails[token] = fields["username"]
        return 200, {"access_token": token, "token_type": "bearer"}

    def get_me(self, headers, _):
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.emails:
            return 401, {"error": "who?"}
        return 200, {"email": self.emails[token]}

    def get_about(self, *_):
        return 200, {"pid": os.getpid(), "cpu_s": time.process_time(), "served": self.served, "counts": self.counts,
                     "cpus": sorted(os.sched_getaffinity(0)), "accounts": len(self.passwords), "logins": len(self.emails)}


class Connection(asyncio.Protocol):
    def __init__(self, state):
        self.state, self.bytes = state, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.bytes += data
        while head := HEAD.match(self.bytes):
            lines = (line.partition(":") for line in head[3].decode().split("\r\n"))
            headers = {name.lower(): value.strip() for name, _, value in lines}
            end = head.end() + int(headers.get("content-length", 0))
            if len(self.bytes) < end:
                return
            body, self.bytes = self.bytes[head.end():end], self.bytes[end:]
            self.write(*self.state.answer(head[1].decode(), head[2].decode(), headers, body))

    def write(self, status, value):
        body = json.dumps(value).encode()
        self.transport.write(b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
            status, REASONS[status].encode(), len(body), body))
        if self.state.answers_left is not None:
            self.state.answers_left -= 1
            if self.state.answers_left <= 0:
                os._exit(0)


async def serve(port=0, pid_file=None, **options):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    state = State(**options)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(state), sock=listener, backlog=1024)
    if pid_file:
        with open(pid_file, "w") as file:
            file.write(str(os.getpid()))
    print(listener.getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(serve(**ast.literal_eval(sys.argv[1])))
