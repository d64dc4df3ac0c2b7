"""The split, looked at from outside: what is in the memory and among the descriptors of the processes that serve."""

import ctypes
import ctypes.util
import hmac
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

import flags
from client import Client, Raw, new_email
from postern import EXTRA, alive

FRONT, KEEPER = "postern-front", "postern-keeper"
HASH = re.compile(rb"\$argon2id\$v=19\$m=[0-9]+,t=[0-9]+,p=[0-9]+\$[A-Za-z0-9+/]{8,}")
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
PKCS8 = bytes.fromhex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420")

pytestmark = [
    pytest.mark.usefixtures("managed"),
    pytest.mark.skipif(flags.SINGLE_PROCESS in EXTRA, reason="one process alone"),
    pytest.mark.skipif(os.geteuid() != 0, reason="the processes cannot be looked into by others than root"),
]
sandboxed = pytest.mark.skipif(flags.NO_SANDBOX in EXTRA, reason="no sandbox was asked for")
# A sanitizer keeps freed memory and copies of what was read: its processes forget nothing.
plain = pytest.mark.skipif(os.environ.get("POSTERN_BUILD", "release") in ("asan", "tsan"), reason="not the memory that is served from")


def until(holds, seconds=5):
    deadline = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.01)
    return value


def memory(pid):
    """(name, bytes) of every mapping that a reader of arbitrary memory could see."""
    with open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_, = line.split()
            name = line.split()[5] if len(line.split()) > 5 else "anonymous"
            if not rights.startswith("r") or name in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
                continue
            begin, end = (int(part, 16) for part in span.split("-"))
            try:
                mem.seek(begin)
                yield name, mem.read(end - begin)
            except (OSError, OverflowError, ValueError):
                continue


def places(pid, needle):
    """Where in a process it stands: mapping names with what surrounds it."""
    pattern = needle if isinstance(needle, re.Pattern) else re.compile(re.escape(needle))
    return [(name, bytes(data[max(0, hit.start() - 24):hit.end() + 24])) for name, data in memory(pid) for hit in pattern.finditer(data)]


def forgets(pid, needle, seconds=3):
    """What is wiped when a request ends is wiped a moment after its answer arrived."""
    deadline = time.monotonic() + seconds
    while (found := places(pid, needle)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not found, found


def descriptors(pid):
    """[(what it is, flags it was opened with)]"""
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            info = Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text()
            found.append((os.readlink(entry), int(re.search(r"flags:\s*([0-7]+)", info)[1], 8)))
        except FileNotFoundError:   # a connection that has just ended
            continue
    return found


def subkey(master, purpose):
    """HKDF-SHA256 (RFC 5869) without a salt."""
    return hmac.digest(hmac.digest(bytes(32), master, "sha256"), f"postern vault 1: {purpose}".encode() + b"\x01", "sha256")


def signing_scalar(directory, master):
    """The private key, unwrapped as the keeper does it."""
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
    with sqlite3.connect(f"file:{directory}/postern.db?mode=ro", uri=True) as db:
        kid, wrapped = db.execute("SELECT kid, wrapped_private_key FROM signing_keys").fetchone()
    plain, context = ctypes.create_string_buffer(len(wrapped)), f"signing_key:{kid}".encode()
    size = ctypes.c_ulonglong()
    assert sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, ctypes.byref(size), None, wrapped[25:], ctypes.c_ulonglong(len(wrapped) - 25), context, ctypes.c_ulonglong(len(context)),
        wrapped[1:25], subkey(master, "signing key")) == 0
    assert plain.raw.startswith(PKCS8)
    return plain.raw[len(PKCS8):len(PKCS8) + 32]


def use(server, password):
    """Registers, logs in, fails to, asks who it is; each connection is closed."""
    email = new_email()
    with Client(server) as client:
        assert client.register(email, password).status_code == 201
        assert client.register(email, password).status_code == 400
        token = client.token(email, password)
        assert client.log_in(email, password + "x").status_code == 401
        assert client.me(token).status_code == 200
    return email, token


def canary(word):
    return f"{word}-canary-{os.urandom(8).hex()}"


@plain
class TestMemory:
    @pytest.fixture
    def used(self, start):
        server = start()
        use(server, canary("key"))
        return server, bytes.fromhex((server.directory / "postern.db.key").read_text().strip())

    def test_the_front_never_had_a_private_key(self, used):
        server, master = used
        scalar, front, keeper = signing_scalar(server.directory, master), server.role(FRONT), server.role(KEEPER)
        for secret in (master, master.hex().encode(), PKCS8, scalar, scalar[::-1], scalar.hex().encode(),
                       *(subkey(master, purpose) for purpose in ("password hash", "signing key", "check"))):
            assert not places(front, secret), secret
        # And this way of looking finds them where they are.
        assert places(keeper, subkey(master, "password hash"))
        assert places(keeper, scalar) or places(keeper, scalar[::-1])

    def test_the_keeper_forgets_what_it_needs_no_more(self, used):
        server, master = used
        for secret in (master, master.hex().encode(), PKCS8):
            forgets(server.role(KEEPER), secret)

    def test_a_master_key_from_the_environment_is_not_in_the_front(self, start):
        key = os.urandom(32)
        server = start(POSTERN_MASTER_KEY=key.hex())
        use(server, canary("key"))
        for secret in (key, key.hex().encode()):
            assert not places(server.role(FRONT), secret)
        assert key.hex() not in Path(f"/proc/{server.role(FRONT)}/environ").read_text()

    def test_no_hash_is_seen_by_the_front_and_none_stays_in_the_keeper(self, used):
        server, _ = used
        assert not places(server.role(FRONT), HASH)
        forgets(server.role(KEEPER), HASH)

    @pytest.mark.parametrize("role", [FRONT, KEEPER])
    def test_a_password_is_gone_when_its_requests_are(self, start, role):
        server, password = start(), canary("password")
        use(server, password)
        forgets(server.role(role), password.encode())

    @pytest.mark.parametrize("role", [FRONT, KEEPER])
    def test_a_password_is_gone_while_its_connection_stays(self, start, role):
        server, password = start(), canary("idle")
        body = b'{"email":"%s","password":"%s"}' % (new_email().encode(), password.encode())
        head = b"POST /register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        with Raw(server) as connection:
            connection.send(head + body)
            assert connection.answer("POST", "/register").status == 201
            forgets(server.role(role), password.encode())

    @pytest.mark.parametrize("role", [FRONT, KEEPER])
    def test_a_password_of_a_refused_request_is_gone(self, start, role):
        server, password = start(), canary("refused")
        with Client(server) as client:
            assert client.post("/register", json={"email": "nonsense", "password": password}).status_code == 422
            assert client.post("/register", data=b'{"password":"%s' % password.encode()).status_code == 422
            assert client.post("/register", data=password.encode(), headers={"Content-Type": "text/plain"}).status_code == 415
            assert client.post("/token", data={"password": password}).status_code == 422
            assert client.post("/nowhere", json={"password": password}).status_code == 404
        forgets(server.role(role), password.encode())

    def test_a_password_of_a_request_that_was_cut_off_is_gone(self, start):
        server, password = start(), canary("cut")
        with Raw(server) as connection:
            connection.send(b"POST /register HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n" + password.encode())
            until(lambda: places(server.role(FRONT), password.encode()))
        forgets(server.role(FRONT), password.encode())

    @pytest.mark.parametrize("role", [FRONT, KEEPER])
    def test_a_token_is_gone(self, start, role):
        server = start()
        _, token = use(server, canary("token"))
        forgets(server.role(role), token.split(".")[2].encode())


class TestDescriptors:
    def test_the_front_can_only_read_the_database(self, start):
        server = start()
        use(server, canary("fd"))
        opened = [(name, flag) for name, flag in descriptors(server.role(FRONT)) if str(server.directory) in name]
        assert any(name.endswith("postern.db") for name, _ in opened)
        for name, flag in opened:
            writes = flag & os.O_ACCMODE != os.O_RDONLY
            assert not writes or name.endswith(("-shm", "stderr")), (name, oct(flag))
            assert not name.endswith((".key", ".lock")), name

    def test_nothing_but_one_folder_is_open_in_the_keeper(self, start):
        server = start()
        use(server, canary("fd"))
        for name, _ in descriptors(server.role(KEEPER)):
            if name.startswith("/") and not name.startswith("/dev/"):
                assert name.startswith(str(server.directory)), name

    def test_the_keeper_has_no_network(self, start):
        server = start()
        inet = set()
        for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
            path = Path(f"/proc/{server.role(KEEPER)}/net/{table}")
            inet |= {line.split()[9] for line in path.read_text().splitlines()[1:]} if path.exists() else set()
        front, keeper = ([name for name, _ in descriptors(server.role(role))] for role in (FRONT, KEEPER))
        assert [name for name in front if name.startswith("socket:") and name[8:-1] in inet], "the listening socket was not found"
        assert not [name for name in keeper if name.startswith("socket:") and name[8:-1] in inet]

    def test_what_the_starter_left_open_is_not_handed_on(self, start, tmp_path):
        left = tmp_path / "left-open"
        left.write_text("of the starter")
        server = start(wrapper=["sh", "-c", 'left=$1; shift; exec "$@" 9<"$left"', "sh", str(left)])
        holders = {name for pid, name in server.processes().items() if str(left) in [target for target, _ in descriptors(pid)]}
        assert holders == {"postern"}


@plain
class TestMemoryThatIsNotThere:
    @pytest.mark.skipif(not shutil.which("prlimit"), reason="needs prlimit")
    def test_does_not_tell_users_from_strangers(self, start):
        """A keeper that gets no memory for its first hash refuses both alike."""
        server = start(cheap=False)
        with Client(server) as client:
            email = client.register().json()["email"]
        server.stop()
        server = start(cheap=False)
        keeper = server.role(KEEPER)
        size = int(re.search(r"^VmSize:\s*(\d+) kB$", Path(f"/proc/{keeper}/status").read_text(), re.M)[1]) * 1024
        subprocess.run(["prlimit", "--pid", str(keeper), f"--as={size + (8 << 20)}:"], check=True)
        with Client(server) as client:
            refusals = [client.log_in(name) for name in (email, new_email(), email, new_email())]
            assert [answer.status_code for answer in refusals] == [503] * 4
            assert len({(answer.content, answer.headers.get("retry-after")) for answer in refusals}) == 1
            subprocess.run(["prlimit", "--pid", str(keeper), "--as=unlimited:"], check=True)
            assert client.log_in(email).status_code == 200
            assert client.log_in(new_email()).status_code == 401


@sandboxed
class TestConfinement:
    @pytest.mark.parametrize("role", [FRONT, KEEPER])
    def test_it_is_confined_on_every_thread(self, start, role):
        server = start()
        use(server, canary("status"))
        threads = list(Path(f"/proc/{server.role(role)}/task").iterdir())
        assert threads
        for thread in threads:
            status = (thread / "status").read_text()
            assert re.search(r"^NoNewPrivs:\s1$", status, re.M) and re.search(r"^Seccomp:\s2$", status, re.M), status

    def test_it_cannot_be_looked_into_by_its_own_user(self, start):
        """What is not dumpable belongs to root in /proc, whoever runs it."""
        if subprocess.run([*NOBODY, flags.BINARY, "--version"], capture_output=True, check=False).returncode != 0:
            pytest.skip("another user cannot run the binary")
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o777)
            server = start(directory=Path(directory), wrapper=NOBODY)
            pids = server.processes()
            assert len(pids) == 3
            for pid, name in pids.items():
                assert Path(f"/proc/{pid}/status").read_text().split("Uid:")[1].split()[0] == "65534"
                assert os.stat(f"/proc/{pid}/mem").st_uid == 0, name
                limits = Path(f"/proc/{pid}/limits").read_text()
                assert name == "postern" or re.search(r"^Max core file size\s+0\s+0\s", limits, re.M), name
            server.stop()

    def test_the_start_lines_say_so(self, start):
        server = start()
        lines = [line for line in server.log().splitlines() if "event=started" in line]
        assert len(lines) == 2 and all("seccomp=on" in line for line in lines), lines


class TestDeaths:
    def test_front_keeper_and_parent(self, start):
        server = start()
        with Client(server) as client:
            user, token = client.new_user()

        def answers():
            try:
                with Client(server, timeout=5) as client:
                    return client.me(token).status_code == 200 and client.log_in(user["email"]).status_code == 200
            except (OSError, ValueError):
                return False

        for role in (FRONT, KEEPER, FRONT, KEEPER):
            old = {name: server.role(name) for name in (FRONT, KEEPER)}
            os.kill(old[role], signal.SIGKILL)
            until(lambda: old[role] not in server.processes(), seconds=10)
            until(answers, seconds=10)
            assert server.role(role) != old[role]
            assert (server.role(KEEPER) == old[KEEPER]) == (role == FRONT)
        tree = server.processes()
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        until(lambda: not [pid for pid in tree if alive(pid)], seconds=10)
