"""Ways to ask a server: a requests session and a raw socket. Both tell the recorder what was answered."""

import itertools
import os
import socket
import threading

import requests

import recorder

PASSWORD = "correct horse battery"
_numbers = itertools.count()
_run = os.urandom(3).hex()


def new_email(word="user"):
    """An address that no other test has."""
    return f"{word}{next(_numbers)}-{_run}@example.com"


class Client(requests.Session):
    """A requests session for one server: paths instead of URLs, every answer recorded."""

    def __init__(self, server, timeout=30):
        super().__init__()
        self.server, self.timeout = server, timeout
        self.trust_env = False
        self.hooks["response"] = [seen]

    def request(self, method, url, **more):
        more.setdefault("timeout", self.timeout)
        more.setdefault("allow_redirects", False)
        return super().request(method, url if url.startswith("http") else self.server.url + url, **more)

    def register(self, email=None, password=PASSWORD):
        return self.post("/register", json={"email": email or new_email(), "password": password})

    def log_in(self, email, password=PASSWORD):
        return self.post("/token", data={"username": email, "password": password})

    def me(self, token):
        return self.get("/users/me", headers={"Authorization": f"Bearer {token}"})

    def new_user(self, email=None):
        """(the registered user as answered, an access token of it)"""
        answer = self.register(email)
        assert answer.status_code == 201, answer.text
        return answer.json(), self.token(answer.json()["email"])

    def token(self, email, password=PASSWORD):
        answer = self.log_in(email, password)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]


def seen(response, **_):
    recorder.record(response.request.method, requests.utils.urlparse(response.url).path, response.status_code,
                    response.headers, response.content)


class Answer:
    def __init__(self, status, headers, body, lines):
        self.status, self.headers, self.body, self.lines = status, headers, body, lines

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:200]!r}"

    @property
    def closes(self):
        return self.headers.get("connection", "").lower() == "close"


class Raw:
    """A connection that sends exactly the bytes it is given."""

    def __init__(self, server, timeout=10):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.asked = []  # (method, path) of what was sent with ask()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data, cut=None):
        """False when the server no longer listens, which is an answer too. `cut`: so many bytes a packet."""
        pieces = [data] if cut is None else [data[at:at + cut] for at in range(0, len(data), cut)]
        try:
            for piece in pieces:
                self.socket.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        return data != b""

    def answer(self, method="GET", path=None):
        """The next answer, or None when the connection ends before one begins."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                assert self.buffer == b"", f"half an answer: {self.buffer!r}"
                return None
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("ascii").split("\r\n")
        version, status, _ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1", lines[0]
        headers = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            assert name.lower() not in headers or name.lower() == "vary", f"{name} twice"
            headers[name.lower()] = value
        status = int(status)
        body = b"" if method == "HEAD" or status in (204, 304) or status < 200 else self._body(headers)
        if path:
            recorder.record(method, path, status, headers, body)
        return Answer(status, headers, body, lines)

    def _body(self, headers):
        assert "transfer-encoding" not in headers
        size = int(headers["content-length"])
        while len(self.buffer) < size:
            assert self._more(), f"{len(self.buffer)} of {size} bytes of a body"
        body, self.buffer = self.buffer[:size], self.buffer[size:]
        return body

    def closed(self):
        """Nothing more comes and the server ends the connection."""
        while self._more():
            pass
        return self.buffer == b""


def in_parallel(count, work):
    """Runs work(n) in `count` threads that begin together and gives the results in order; errors are raised here."""
    start, results = threading.Barrier(count), [None] * count

    def one(n):
        start.wait()
        try:
            results[n] = work(n)
        except Exception as error:  # noqa: BLE001  (handed over to the caller)
            results[n] = error

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results
