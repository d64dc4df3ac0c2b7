"""The servers that are measured, and what the kernel knows of them."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import urllib.parse

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
SECRET = "a secret of the benchmark, more than 32 bytes long"
JSON_BODY = b'{"user_id":42,"action":"login"}'
NULL_BODY = '{"user_id":42,"action":"login","status":"ok"}\n'
FORM = "application/x-www-form-urlencoded"
# What differs from one answer to the next, and what only Postern adds to the contract.
TOKEN_MEMBERS = "access_token,refresh_token,refresh_expires_in"
TOKEN_FORM = urllib.parse.urlencode({"username": EMAIL, "password": PASSWORD}).encode()


class Server:
    """A process that says on its first line where it listens.  `before` is put before its command: taskset, valgrind;
    `folder` is where it runs."""

    def __init__(self, *command, before=(), folder=None, **environment):
        self.environment = {"PATH": os.environ["PATH"], **environment}
        self.process = subprocess.Popen([*before, *command], env=self.environment, cwd=folder, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        if "listening on" not in line:
            raise SystemExit(f"bench: {command[0]} did not start")
        self.port = int(line.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.process.stdout.close()

    def ask(self, method, target, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    def sign_in(self):
        """Registers the account once, and gives a token."""
        account = json.dumps({"email": EMAIL, "password": PASSWORD})
        self.ask("POST", "/register", account, content_type="application/json")
        status, content = self.ask("POST", "/token", TOKEN_FORM, content_type=FORM)
        if status != 200:
            raise SystemExit(f"bench: no token: {status} {content}")
        return json.loads(content)["access_token"]


def postern(out, directory, *arguments, name="bench", secret=False, before=()):
    environment = {"JWT_SECRET": SECRET} if secret else {}
    return Server(f"{out}/postern", "serve", "--listen", "127.0.0.1:0", "--database", f"sqlite:{directory}/{name}.db",
                  "--bench-endpoint", "--limits", "off", *arguments, before=before, **environment)


def null_server(out, *arguments, before=()):
    return Server(f"{out}/joust", "--null-server", "-b", NULL_BODY, *arguments, before=before)


# ---- Requests -------------------------------------------------------------------------------


def raw_request(method, target, headers, body=b""):
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def json_request():
    return "POST", "/json", {"Content-Type": "application/json"}, JSON_BODY


def me_request(token):
    return "GET", "/users/me", {"Authorization": f"Bearer {token}"}, b""


def token_request():
    return "POST", "/token", {"Content-Type": FORM}, TOKEN_FORM


class Connection:
    """Keep-alive, one request after the other, no more work than needed."""

    def __init__(self, port, source=None):
        self.socket = socket.create_connection(("127.0.0.1", port), 60, (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request):
        self.socket.sendall(request)
        have = b""
        while b"\r\n\r\n" not in have:
            more = self.socket.recv(65536)
            if not more:
                raise SystemExit("bench: the connection was closed")
            have += more
        head, body = have.split(b"\r\n\r\n", 1)
        missing = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1)) - len(body)
        while missing > 0:
            missing -= len(self.socket.recv(65536))
        if not head.startswith(b"HTTP/1.1 200 "):
            raise SystemExit(f"bench: {head.splitlines()[0].decode()}")


def wrk_script(directory, name, method, target, headers, body):
    """wrk makes its request once from these, and repeats it."""
    path = f"{directory}/{name}.lua"
    with open(path, "w", encoding="ascii") as script:
        script.write(f'wrk.method, wrk.path = "{method}", "{target}"\n')
        if body:
            script.write(f"wrk.body = [[{body.decode()}]]\n")
        for header, value in headers.items():
            script.write(f'wrk.headers["{header}"] = "{value}"\n')
    return path


# ---- Processes ------------------------------------------------------------------------------


def read(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()


def tree(pid):
    """The process and all below it."""
    below = [int(child) for task in os.listdir(f"/proc/{pid}/task")
             for child in read(f"/proc/{pid}/task/{task}/children").split()]
    return [pid] + [each for child in below for each in tree(child)]


def cpu_ns(pid):
    """What all threads of the tree have run, in nanoseconds."""
    return sum(int(read(f"/proc/{process}/task/{task}/schedstat").split()[0])
               for process in tree(pid) for task in os.listdir(f"/proc/{process}/task"))


def role(pid):
    return {"postern-front": "front", "postern-keeper": "keeper"}.get(read(f"/proc/{pid}/comm").strip(), "parent")


def memory_kib(pid):
    """{role: (RSS, PSS, private)} of the tree."""
    result = {}
    for process in tree(pid):
        rows = dict(re.findall(r"(\w+): +(\d+) kB", read(f"/proc/{process}/smaps_rollup")))
        private = int(rows["Private_Clean"]) + int(rows["Private_Dirty"])
        result[role(process)] = (int(rows["Rss"]), int(rows["Pss"]), private)
    return result
