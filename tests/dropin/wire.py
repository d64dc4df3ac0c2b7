"""One service under comparison: asked over a raw socket, its answers without what differs from run to run.

What is volatile is checked before it is forgotten: an id, an instant or a token that belongs to nobody known stays visible.
"""

import json
import re
import socket
from datetime import datetime, timedelta, timezone

import jwt

import exchange
from tokens import KINDS

KEPT_HEADERS = exchange.KEPT_HEADERS
MARK = re.compile(r"\{token:([^:}]+):(\d+)\}")


class Side:
    def __init__(self, port):
        self.port = port
        self.connection = None
        self.ids = {}       # account number: id, as registered
        self.users = {}     # id: (e-mail address, created_at), as answered

    # ---- Asking ----------------------------------------------------------------------------

    def bytes_of(self, request):
        """The request as it goes over the wire, with this side's tokens in the places of the marks."""
        def token(found):
            return KINDS[found[1]](str(self.ids.get(int(found[2]), 999999998)))

        lines = [f"{request['method']} {request['path']} HTTP/{request.get('version', '1.1')}"]
        lines += [f"Host: {host}" for host in request.get("host", [f"127.0.0.1:{self.port}"])]
        lines += [f"{name}: {MARK.sub(token, value)}" for name, value in request["headers"]]
        body = request["body"]
        if body is None:
            return "\r\n".join([*lines, "", ""]).encode()
        if request["chunked"]:
            half = len(body) // 2
            extension = ";name=value" if request.get("extension") else ""
            pieces = [f"{len(p):x}{extension}\r\n".encode() + p + b"\r\n" for p in (body[:half], body[half:]) if p]
            pieces.append(b"0\r\nX-Trailer: x\r\n\r\n" if request.get("trailer") else b"0\r\n\r\n")
            return "\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""]).encode() + b"".join(pieces)
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body

    def send(self, request):
        self.sent = self.bytes_of(request)
        if self.connection is None:
            self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.connection.sendall(self.sent)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have answered before it had read everything

    def receive(self, request):
        """The answer as {"status", "headers", "body"}, made comparable."""
        raw = self.read(request["method"])
        if raw is None:  # a kept connection may have been closed in the meantime: once more on a new one
            self.close()
            self.send(request)
            raw = self.read(request["method"])
        if raw is None:
            self.close()
            return {"status": "none", "headers": {}, "body": "the connection was closed"}
        status, headers, body = raw
        if headers.get("connection", "").lower() == "close":
            self.close()
        return self.comparable(request, status, headers, body)

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def read(self, method, data=b""):
        while b"\r\n\r\n" not in data:
            if not (more := self.more()):
                return None
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        status = int(first.split(" ")[1])
        if status == 100:
            return self.read(method, body)
        size = 0 if method == "HEAD" or status in (204, 304) else int(headers.get("content-length", 0))
        while len(body) < size and (more := self.more()):
            body += more
        return status, headers, body

    def more(self):
        try:
            return self.connection.recv(65536)
        except ConnectionResetError:
            return b""

    # ---- Comparing -------------------------------------------------------------------------

    def comparable(self, request, status, headers, body):
        try:
            value = json.loads(body) if body else None
        except ValueError:
            value = body.decode("utf-8", "replace")
        if isinstance(value, dict) and status in (200, 201):
            if "id" in value:
                value = self.user(request, status, value)
            elif "access_token" in value:
                value = {**value, "access_token": self.whose(value["access_token"])}
                if re.fullmatch(r"[\w-]{60}", value.get("refresh_token", "")):
                    value["refresh_token"] = "<refresh_token>"
        kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
        if "location" in kept:
            kept["location"] = kept["location"].replace(f"127.0.0.1:{self.port}", "HOST")
        return {"status": status, "headers": kept, "body": value}

    def user(self, request, status, value):
        """A registered user is learnt, a user who is shown is looked up."""
        about = value["email"], value["created_at"]
        if status == 201 and value["id"] not in self.users and is_now(value["created_at"]):
            self.users[value["id"]] = about
            if "account" in request:
                self.ids[request["account"]] = value["id"]
        if self.users.get(value["id"]) == about:
            return {**value, "id": f"<id of {value['email']}>", "created_at": "<created_at>"}
        return value

    def whose(self, token):
        """The mark of a token that is good for half an hour."""
        try:
            claims = jwt.decode(token, exchange.SECRET, algorithms=["HS256"])
        except jwt.InvalidTokenError as error:
            return repr(error)
        left = claims["exp"] - datetime.now(timezone.utc).timestamp()
        email, _ = self.users.get(int(claims["sub"]), (None, None))
        return f"<token of {email}>" if 1780 < left <= 1800 else f"<token for {left} s>"


def is_now(instant):
    """FastAPI leaves out a fraction of zero; both say Z."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", instant):
        return False
    return abs(datetime.fromisoformat(instant.replace("Z", "+00:00")) - datetime.now(timezone.utc)) < timedelta(minutes=1)
