"""Servers that joust is tested against: one that logs what it was asked and how long it took, one that misbehaves.

Each runs in a process of its own on a port that it chose, which this module starts as `servers.py KIND OPTIONS`, and which
ends when its standard input does.  Times are of CLOCK_MONOTONIC, in nanoseconds, the same in every process.

    with LoggingServer(Fixed(0.020)) as server:
        run_joust(server.url("/json"))
        true_delays = [r.delay_ns for r in server.log() if r.written_ns]

    with HostileServer("close_early", every=10) as server:
        run_joust(server.url())
        assert server.counts()["misdeeds"] == ...
"""

import ast
import ctypes
import dataclasses
import gc
import heapq
import os
import pickle
import random
import re
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter

BODY = b'{"user_id":123,"action":"get_profile","ok":true}'
OTHER_BODY = b'{"user_id":124,"action":"get_profile","ok":true}'
QUIET_S = 5  # how long counts wait for the last connection to be closed


# --- Delays: what each request is given, in the order of arrival ---


@dataclasses.dataclass(frozen=True)
class Fixed:
    seconds: float

    def delays(self):
        while True:
            yield self.seconds


@dataclasses.dataclass(frozen=True)
class Bimodal:
    """`slow` for a share of the requests, `fast` for the others."""

    fast: float
    slow: float
    slow_share: float
    seed: int

    def delays(self):
        dice = random.Random(self.seed)
        while True:
            yield self.slow if dice.random() < self.slow_share else self.fast


@dataclasses.dataclass(frozen=True)
class Stall:
    """No answer is written for `seconds`, from `after` seconds behind the first request on: what falls due in that time
    is written at its end."""

    after: float
    seconds: float


# --- What a test holds ---


@dataclasses.dataclass(frozen=True)
class Request:
    arrived_ns: int  # when its last bytes came, as the kernel has it
    written_ns: int | None  # just before its answer was written; None: the connection was closed before
    wanted_ns: int  # the delay that it was to have, a stall included
    connection: int  # counted from 0
    method: str
    target: str
    headers: list  # of (name, value), names in lower case
    body: bytes

    @property
    def delay_ns(self):
        return self.written_ns - self.arrived_ns


class Child:
    """A server in a process of its own, to which one talks in lines and which answers in pickles."""

    def __init__(self, kind, **options):
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), kind, repr(options)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = self.receive()

    def receive(self):
        return pickle.load(self.process.stdout)

    def ask(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.receive()

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class LoggingServer(Child):
    """Answers each request with `body` after its delay.  `cpus`: where it may run."""

    def __init__(self, delay=Fixed(0.0), stall=None, body=BODY, media_type="application/json", cpus=None):
        super().__init__("logging", delay=(type(delay).__name__, dataclasses.astuple(delay)),
                         stall=stall and dataclasses.astuple(stall), body=body, media_type=media_type, cpus=cpus)

    def log(self):
        """Every request so far, in the order of arrival; waits until all connections are closed, QUIET_S at most."""
        return [request_of(*entry) for entry in self.ask("log")]

    def connections(self):
        """How many have been accepted."""
        return self.ask("connections")

    def stall(self, seconds):
        """Stalls from now on; the moment at which it began."""
        return self.ask(f"stall {seconds!r}")


def request_of(arrived_ns, written_ns, wanted_ns, connection, head, body):
    line, *fields = head.decode("latin-1").split("\r\n")
    method, target, _ = line.split(" ")
    pairs = (field.partition(":") for field in fields)
    headers = [(name.lower(), value.strip()) for name, _, value in pairs]
    return Request(arrived_ns, written_ns, wanted_ns, connection, method, target, headers, body)


class HostileServer(Child):
    """Treats every `every`-th request as `mode` says (see MODES), the first `good_first` and all others well.

    Its counts: connections, requests (read whole, or their head in early_answer), good (answered well), misdeeds,
    statuses and bodies (wrong ones sent), closes and resets (of connections, by the server), gone (by the client while it
    was written to).  `pause` is how long dribble waits between bytes and slow_accept between connections.
    """

    def __init__(self, mode, every=1, good_first=0, pause=0.0002, body=BODY):
        super().__init__("hostile", mode=mode, every=every, good_first=good_first, pause=pause, body=body)

    def counts(self):
        """A Counter; waits until all connections are closed, QUIET_S at most."""
        return self.ask("counts")


# --- In the child: what both have in common ---


LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
CLOSE = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)


def listen(backlog=1024):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(backlog)
    return listener


def say(value):
    pickle.dump(value, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def answer_bytes(body, media_type="application/json", status=b"200 OK", more=b""):
    return b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n%b" % (
        status, media_type.encode(), len(body), more, body)


# --- In the child: the logging server ---

SO_TIMESTAMPNS = 35


def moment_of(told):
    """When the kernel got what has just been read, so that waiting for this process is part of the delay; now where it
    does not say."""
    now, now_by_the_wall = time.perf_counter_ns(), time.time_ns()
    for level, kind, value in told:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("qq", value)
            return now - max(0, now_by_the_wall - seconds * 10**9 - nanoseconds)
    return now


class Connection:
    def __init__(self, sock, number):
        self.sock, self.number, self.bytes = sock, number, b""

    def take_request(self):
        """(head, body) when one is complete."""
        end = self.bytes.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self.bytes[:end]
        length = LENGTH.search(head)
        total = end + 4 + (int(length[1]) if length else 0)
        if len(self.bytes) < total:
            return None
        body, self.bytes = self.bytes[end + 4:total], self.bytes[total:]
        return head, body


class Logger:
    """One thread, select() and a heap of answers with the moment at which each is due.

    select() alone knows microseconds, epoll only milliseconds; the last SPIN_NS before an answer are polled.
    """

    SPIN_NS = 150_000

    def __init__(self, delay, stall, body, media_type, cpus):
        if cpus:
            os.sched_setaffinity(0, cpus)
        ctypes.CDLL(None).prctl(29, 1, 0, 0, 0)  # PR_SET_TIMERSLACK: wake when asked, not up to 50 us later
        gc.disable()  # nothing here has cycles
        self.delays = globals()[delay[0]](*delay[1]).delays()
        self.stall_wanted, self.stall = stall, (0, 0)
        self.answer = answer_bytes(body, media_type)
        self.head_answer = self.answer[:len(self.answer) - len(body)]
        self.listener = listen()
        self.connections, self.accepted = {}, 0
        self.due, self.entries = [], []  # due: (moment, number of the entry, connection)
        self.log_asked_ns = None
        say(self.listener.getsockname()[1])

    def run(self):
        while True:
            now = time.perf_counter_ns()
            left = self.due[0][0] - now if self.due else 100_000_000
            wait = max(0, left - self.SPIN_NS) / 1e9
            ready = select.select([self.listener, sys.stdin, *self.connections], [], [], wait)[0]
            self.write_due()
            if ready:
                self.read(ready)
            if self.log_asked_ns:
                self.hand_over()

    def read(self, ready):
        for sock in ready:
            if sock in self.connections:
                try:
                    piece, told, _, _ = sock.recvmsg(1 << 18, 64)
                except ConnectionError:
                    piece, told = b"", ()
                self.arrive(self.connections[sock], piece, moment_of(told))
        if self.listener in ready:
            self.accept()
        if sys.stdin in ready:
            self.obey(sys.stdin.buffer.raw.read(1000))

    def accept(self):
        sock = self.listener.accept()[0]
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.connections[sock] = Connection(sock, self.accepted)
        self.accepted += 1

    def close(self, connection):
        if self.connections.pop(connection.sock, None):
            connection.sock.close()

    def arrive(self, connection, piece, at):
        if not piece:
            self.close(connection)
            return
        connection.bytes += piece
        while request := connection.take_request():
            if not self.entries and self.stall_wanted:
                begins = at + int(self.stall_wanted[0] * 1e9)
                self.stall = begins, begins + int(self.stall_wanted[1] * 1e9)
            moment = at + int(next(self.delays) * 1e9)
            heapq.heappush(self.due, (moment, len(self.entries), connection))
            self.entries.append([at, None, moment - at, connection.number, *request])

    def write_due(self):
        while self.due and self.due[0][0] <= (now := time.perf_counter_ns()):
            moment, number, connection = heapq.heappop(self.due)
            if self.stall[0] <= now < self.stall[1]:
                self.entries[number][2] = self.stall[1] - self.entries[number][0]
                heapq.heappush(self.due, (self.stall[1], number, connection))
            elif connection.sock in self.connections:
                self.write(self.entries[number], connection)

    def write(self, entry, connection):
        answer = self.head_answer if entry[4].startswith(b"HEAD ") else self.answer
        try:
            entry[1] = time.perf_counter_ns()
            connection.sock.send(answer)
        except OSError:
            entry[1] = None
            self.close(connection)
        if CLOSE.search(entry[4]):
            self.close(connection)

    def obey(self, line):
        if not line:
            sys.exit(0)
        verb, _, value = line.decode().strip().partition(" ")
        if verb == "stall":
            now = time.perf_counter_ns()
            self.stall = now, now + int(float(value) * 1e9)
            say(now)
        elif verb == "connections":
            say(self.accepted)
        else:
            self.log_asked_ns = time.perf_counter_ns()

    def hand_over(self):
        if not self.connections or time.perf_counter_ns() > self.log_asked_ns + QUIET_S * 10**9:
            self.log_asked_ns = None
            say(self.entries)


# --- In the child: the hostile server, a thread a connection ---


class Hostile:
    def __init__(self, mode, every, good_first, pause, body):
        self.misdeed, self.every, self.good_first, self.pause, self.body = MODES[mode], every, good_first, pause, body
        self.mode, self.good = mode, answer_bytes(body)
        self.counted, self.open, self.quiet = Counter(), 0, threading.Condition()
        self.listener = listen(0 if mode == "no_accept" else 1024)
        self.port = self.listener.getsockname()[1]

    def run(self):
        kept = self.fill_backlog() if self.mode == "no_accept" else None
        say(self.port)
        if not kept:
            threading.Thread(target=self.accept, daemon=True).start()
        for _ in sys.stdin:
            with self.quiet:
                self.quiet.wait_for(lambda: self.open == 0, QUIET_S)
                say(self.counted)
        os._exit(0)

    def fill_backlog(self):
        """Connects to itself until nobody can any more: the kernel drops what comes then."""
        kept = []
        while len(kept) < 16:
            sock = socket.socket()
            sock.settimeout(0.2)
            kept.append(sock)
            try:
                sock.connect(("127.0.0.1", self.port))
            except TimeoutError:
                break
        return kept

    def count(self, *what):
        with self.quiet:
            self.counted.update(what)
            return self.counted[what[0]]

    def accept(self):
        while True:
            if self.mode == "slow_accept":
                time.sleep(self.pause)
            sock = self.listener.accept()[0]
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.quiet:
                self.open += 1
                self.counted["connections"] += 1
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            peer = Peer(self, sock)
            while peer.serve_one():
                pass
        except OSError:
            self.count("gone")
        sock.close()
        with self.quiet:
            self.open -= 1
            self.quiet.notify_all()


class Peer:
    """One connection.  A mode is a function of it that says whether the connection is to be kept."""

    def __init__(self, server, sock):
        self.server, self.sock, self.bytes = server, sock, b""

    def read_until(self, enough):
        while (end := enough(self.bytes)) is None:
            piece = self.sock.recv(1 << 16)
            if not piece:
                return None
            self.bytes += piece
        taken, self.bytes = self.bytes[:end], self.bytes[end:]
        return taken

    def read_head(self):
        return self.read_until(lambda b: b.find(b"\r\n\r\n") + 4 if b"\r\n\r\n" in b else None)

    def read_body(self, head):
        length = LENGTH.search(head)
        return self.read_until(lambda b: int(length[1]) if len(b) >= int(length[1]) else None) if length else b""

    def serve_one(self):
        head = self.read_head()
        early = self.server.misdeed is early_answer
        if head is None or (not early and self.read_body(head) is None):
            return False
        number = self.server.count("requests") - self.server.good_first
        if number < 1 or number % self.server.every:
            kept = self.give(self.server.good, "good")
        else:
            self.server.count("misdeeds")
            kept = self.server.misdeed(self, number // self.server.every)
        if early and self.read_body(head) is None:
            return False
        return kept and not CLOSE.search(head)

    def give(self, answer, *counted):
        """Sends it whole; kept."""
        self.sock.sendall(answer)
        if counted:
            self.server.count(*counted)
        return True

    def close(self):
        self.server.count("closes")
        return False

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.server.count("resets")
        return False

    def wait_for_close(self):
        """Until the client has had enough."""
        while self.sock.recv(1 << 16):
            pass
        return False


def ok(p, _):
    """Nothing wrong at all."""
    return p.give(p.server.good, "good")


def dribble(p, _):
    """The right answer, a byte at a time."""
    for i in range(len(p.server.good)):
        p.give(p.server.good[i:i + 1])
        time.sleep(p.server.pause)
    p.server.count("good")
    return True


def close_early(p, _):
    """Closed within the body."""
    p.give(p.server.good[:-len(p.server.body) // 2])
    return p.close()


def close_in_head(p, _):
    """Closed within the head."""
    p.give(p.server.good[:25])
    return p.close()


def close_before(p, _):
    """Closed without a byte of an answer."""
    return p.close()


def reset(p, _):
    """Reset within the body: the client may or may not have read what came before."""
    p.give(p.server.good[:-len(p.server.body) // 2])
    return p.reset()


def reset_before(p, _):
    """Reset without a byte of an answer."""
    return p.reset()


def wrong_length_short(p, _):
    """A Content-Length larger than the body, then closed."""
    p.give(answer_bytes(p.server.body + b" " * 10)[:-10])
    return p.close()


def wrong_length_long(p, _):
    """A body longer than its Content-Length: the surplus stands before the next answer."""
    return p.give(p.server.good + b"surplus")


def endless_headers(p, _):
    """Header after header, until the client closes, or 64 MiB."""
    p.give(b"HTTP/1.1 200 OK\r\n")
    for i in range(1 << 12):
        p.give(b"".join(b"X-%d-%d: y\r\n" % (i, j) for j in range(1 << 10)))
    return p.close()


def chunked(p, body):
    return p.give(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + body)


def huge_chunk(p, _):
    """A chunk of ffffffffffffffff bytes, of which a few come."""
    chunked(p, b"ffffffffffffffff\r\n" + p.server.body)
    return p.wait_for_close()


def bad_chunk(p, _):
    """A chunk whose size is no number."""
    chunked(p, b"xyz\r\n" + p.server.body + b"\r\n0\r\n\r\n")
    return p.wait_for_close()


def chunked_ok(p, _):
    """The right body in chunks of 1, 2, 3... bytes, sent in pieces of 7."""
    body, chunks, size = p.server.body, b"", 1
    while body:
        chunks, body, size = chunks + b"%x\r\n%b\r\n" % (len(body[:size]), body[:size]), body[size:], size + 1
    chunks += b"0\r\n\r\n"
    chunked(p, b"")
    for i in range(0, len(chunks), 7):
        p.give(chunks[i:i + 7])
    p.server.count("good")
    return True


def hundred_continue(p, _):
    """100 before the right answer."""
    p.give(b"HTTP/1.1 100 Continue\r\n\r\n")
    return p.give(p.server.good, "good")


def early_answer(p, _):
    """The right answer before the request's body has been read."""
    return p.give(p.server.good, "good")


def bare_lf(p, _):
    """Lines that end in LF."""
    return p.give(p.server.good.replace(b"\r\n", b"\n"))


def garbage(p, _):
    """Another protocol."""
    return p.give(b"SSH-2.0-OpenSSH_9.2\r\n")


def no_answer(p, _):
    """Nothing, ever."""
    return p.wait_for_close()


def http10(p, _):
    """HTTP/1.0 with a length, closed after it."""
    p.give(p.server.good.replace(b"HTTP/1.1", b"HTTP/1.0", 1), "good")
    return p.close()


def until_close(p, _):
    """No length: the body ends with the connection."""
    p.give(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + p.server.body, "good")
    return p.close()


def says_close(p, _):
    """The right answer with Connection: close, and closed."""
    p.give(answer_bytes(p.server.body, more=b"Connection: close\r\n"), "good")
    return p.close()


def alternating(p, number):
    """Every second answer is a 500."""
    if number % 2:
        return p.give(p.server.good, "good")
    return p.give(answer_bytes(p.server.body, status=b"500 Internal Server Error"), "statuses")


def wrong_body(p, number):
    """Every tenth answer has another body."""
    if number % 10:
        return p.give(p.server.good, "good")
    return p.give(answer_bytes(OTHER_BODY), "bodies")


def no_accept(p, _):
    """The backlog is full: nobody connects."""
    raise AssertionError("connected")


def slow_accept(p, _):
    """Right answers, once a connection has been accepted."""
    return p.give(p.server.good, "good")


MODES = {mode.__name__: mode for mode in (
    ok, dribble, close_early, close_in_head, close_before, reset, reset_before, wrong_length_short, wrong_length_long,
    endless_headers, huge_chunk, bad_chunk, chunked_ok, hundred_continue, early_answer, bare_lf, garbage, no_answer, http10,
    until_close, says_close, alternating, wrong_body, no_accept, slow_accept)}


if __name__ == "__main__":
    kind, options = sys.argv[1:]
    {"logging": Logger, "hostile": Hostile}[kind](**ast.literal_eval(options)).run()
