"""The database is locked, full, gone or cannot be written: 500 or 503 with a detail, never a 2xx, and it recovers alone."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import time

import pytest

from client import Client, new_email

pytestmark = pytest.mark.usefixtures("managed")

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")


def fails(answer):
    """An honest failure of the store."""
    assert answer.status_code in (500, 503), (answer.status_code, answer.text)
    assert isinstance(answer.json()["detail"], str)
    if answer.status_code == 503:
        assert int(answer.headers["Retry-After"]) >= 0
    return True


def recovers(client, seconds=15):
    until = time.monotonic() + seconds
    while True:
        answer = client.register()
        if answer.status_code == 201 or time.monotonic() > until:
            return answer.status_code == 201
        time.sleep(0.05)


@pytest.fixture
def lock(tmp_path):
    opened = []

    def begin():
        connection = sqlite3.connect(tmp_path / "postern.db", timeout=5, isolation_level=None)
        opened.append(connection)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            pytest.skip("the server lets nobody else lock its database")
        return connection

    yield begin
    for connection in opened:
        connection.close()


def test_locked_by_another_connection(start, lock):
    with Client(start()) as client:
        user, token = client.new_user()
        other = lock()
        assert fails(client.register())
        assert client.me(token).json() == user
        assert client.get("/health/live").status_code == 200
        other.execute("ROLLBACK")
        assert recovers(client)


def comes_true(condition, seconds=15):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    return condition()


def test_readiness_follows_the_writes(start, lock):
    """A load balancer hears that nothing can be written, and that it can be again."""
    with Client(start()) as client:
        client.new_user()
        assert client.get("/health/ready").status_code == 200
        other = lock()
        assert fails(client.register())
        assert comes_true(lambda: client.get("/health/ready").status_code == 503)
        other.execute("ROLLBACK")
        assert comes_true(lambda: client.get("/health/ready").status_code == 200)


def test_a_short_lock_is_waited_for(start, lock):
    import threading
    with Client(start()) as client:
        client.new_user()
        other = lock()
        results = []
        thread = threading.Thread(target=lambda: results.append(client.register().status_code))
        thread.start()
        time.sleep(0.1)
        other.execute("ROLLBACK")
        thread.join()
        assert results == [201]


def test_a_fault_is_logged_but_not_once_a_request(start, lock):
    server = start()
    with Client(server) as client:
        client.new_user()
        before = len(server.log().splitlines())
        other = lock()
        for _ in range(5):
            assert fails(client.register())
        lines = server.log().splitlines()[before:]
        assert 1 <= len([line for line in lines if "lock" in line or "busy" in line or "database" in line]) < 5, lines
        other.execute("ROLLBACK")
        assert recovers(client)


def test_readers_locked_out(start, tmp_path):
    """A stranger holds the locks that readers of a WAL need (the bytes 123 to 127 of its index)."""
    with Client(start(), timeout=60) as client:
        user, token = client.new_user()
        with open(tmp_path / "postern.db-shm", "r+b") as index:
            try:
                fcntl.lockf(index, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 123)
            except OSError:
                pytest.skip("the server keeps these locks to itself")
            assert fails(client.me(token))
            assert client.get("/health/live").status_code == 200
        until = time.monotonic() + 15
        while client.me(token).status_code != 200 and time.monotonic() < until:
            time.sleep(0.05)
        assert client.me(token).json() == user


def test_moved_away(start, tmp_path):
    """The files are renamed: nothing may be confirmed that nobody will find."""
    with Client(start()) as client:
        user, token = client.new_user()
        away = tmp_path / "away"
        away.mkdir()
        moved = [shutil.move(file, away / file.name) for file in tmp_path.glob("postern.db*")]
        for _ in range(3):
            assert fails(client.register())
        for file in moved:
            shutil.move(file, tmp_path / file.name)
        assert recovers(client)
        assert client.me(token).json() == user and client.log_in(user["email"]).status_code == 200


@pytest.fixture
def small_disk(tmp_path):
    """A tmpfs of 2 MB."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("cannot mount: " + done.stderr)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place):
    filler = place / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    return filler


@root
def test_disk_full(start, small_disk):
    server = start(database=f"sqlite:{small_disk}/postern.db")
    with Client(server) as client:
        users = [client.new_user() for _ in range(3)]
        filler = fill(small_disk)
        acknowledged, failed = [], 0
        for _ in range(2000):
            email = new_email("full")
            answer = client.register(email)
            if answer.status_code == 201:
                acknowledged.append(email)
                continue
            assert fails(answer)
            failed += 1
            if failed == 10:
                break
        assert failed == 10, "the disk was never full"
        for user, token in users:
            assert client.me(token).json() == user
        filler.unlink()
        assert recovers(client)
        assert [email for email in acknowledged if client.log_in(email).status_code != 200] == []
    server.stop()
    with Client(start(database=f"sqlite:{small_disk}/postern.db")) as client:
        assert [email for email in acknowledged if client.log_in(email).status_code != 200] == []


@root
def test_disk_full_at_the_start(refuses, small_disk):
    fill(small_disk)
    assert "postern.db" in refuses(database=f"sqlite:{small_disk}/postern.db")


@root
def test_read_only_at_the_start(start, refuses, small_disk):
    start(database=f"sqlite:{small_disk}/postern.db").stop()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert "postern.db" in refuses(database=f"sqlite:{small_disk}/postern.db")


@root
def test_read_only_while_running(start, tmp_path, small_disk):
    """The database cannot be written any more although it is open: its size is limited from outside to what it has."""
    server = start(database=f"sqlite:{small_disk}/postern.db")
    with Client(server) as client:
        user, token = client.new_user()
        done = subprocess.run(["mount", "-o", "remount,ro", small_disk], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip("a file system in use cannot be made read-only here: " + done.stderr)
        assert fails(client.register())
        assert client.me(token).json() == user
        subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
        assert recovers(client)


def replace_by_copy(tmp_path, change=None):
    """A backup is put back: another file, in WAL mode, at the path of the running server's."""
    copy = tmp_path / "copy.db"
    with sqlite3.connect(tmp_path / "postern.db") as old, sqlite3.connect(copy) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = WAL")
        if change:
            change(new)
    new.close()
    old.close()
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"postern.db{suffix}").unlink(missing_ok=True)
    copy.rename(tmp_path / "postern.db")


def test_a_backup_put_back_is_used(start, tmp_path):
    if os.environ.get("POSTERN_TEST_ARGS", "").find("single-process") >= 0:
        pytest.skip("one process has nobody to start it anew")
    with Client(start()) as client:
        user, _ = client.new_user()
        replace_by_copy(tmp_path)
        until = time.monotonic() + 20
        answers = []
        while time.monotonic() < until and 201 not in answers:
            try:
                answers.append(client.register().status_code)
            except OSError:     # the processes are being made anew
                pass
            time.sleep(0.1)
        assert 201 in answers
        assert client.log_in(user["email"]).status_code == 200


def test_a_database_of_another_master_key_is_not_written(start, tmp_path):
    """No 201 for an account that the next start would refuse to read."""
    server = start()
    with Client(server) as client:
        client.new_user()
        replace_by_copy(tmp_path, lambda new: new.execute("UPDATE vault_check SET sealed = randomblob(64)"))
        until = time.monotonic() + 4
        while time.monotonic() < until:
            try:
                assert client.register().status_code != 201
            except OSError:
                pass
            time.sleep(0.1)
        assert "does not fit" in server.log()
    server.kill()
