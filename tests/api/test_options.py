"""Options, environment, and everything that refuses to start: one clear line, exit 2 for what was typed wrongly."""

import os
import socket
import sqlite3
import stat
import subprocess

import pytest

import flags
from client import Client
from postern import EXTRA, command, environment, run

pytestmark = pytest.mark.usefixtures("managed")

ARTICLES_SECRET = "dev-secret-2026-do-not-use-in-prod"


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"]])
def test_help(arguments):
    done = run(*arguments)
    assert done.returncode == 0 and done.stderr == "" and "serve" in done.stdout


@pytest.mark.parametrize("option", flags.EVERY_OPTION)
def test_help_names_every_option(option):
    assert option in run("serve", "--help").stdout


def test_version():
    done = run("--version")
    assert done.returncode == 0 and done.stdout.startswith("postern ")


@pytest.mark.parametrize("arguments", [["dance"], ["--dance"], ["serve", "--dance"], ["serve", "dance"], ["serve", "-x"],
                                       ["serve", "--listen"], ["serve", "--help-me"]], ids=str)
def test_a_wrong_command_line_is_exit_2_and_one_line(arguments):
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    if len(arguments) > 1 and arguments[1] != "--listen":
        assert arguments[-1] in done.stderr


@pytest.mark.parametrize("option, value", [
    ("--listen", "nonsense"), ("--listen", "127.0.0.1"), ("--listen", "127.0.0.1:99999"), ("--listen", "127.0.0.1:-1"),
    ("--listen", "300.0.0.1:0"), ("--listen", ""), ("--threads", "x"), ("--threads", "-1"), ("--threads", "1.5"), ("--threads", "1000000"),
    ("--hash-memory", "x"), ("--hash-memory", "0"), ("--hash-memory", "-8"), ("--hash-memory", "99999999999999999999"),
    ("--hash-passes", "0"), ("--hash-passes", "1x"), ("--connections-per-address", ""),
    ("--head-timeout", "soon"), ("--cors-origin", "not an origin"), ("--cors-origin", "https://a.example/path"),
    ("--trusted-proxy", "10.0.0.1/8"), ("--trusted-proxy", "0.0.0.0/0"), ("--trusted-proxy", "proxy.example"), ("--limits", "no"),
], ids=lambda v: v or "empty")
def test_a_bad_value_is_exit_2_and_one_line(tmp_path, option, value):
    given = [] if option == "--listen" else ["--listen", "127.0.0.1:0"]
    done = run("serve", "--database", f"sqlite:{tmp_path}/p.db", *given, option, value)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1 and option.lstrip("-") in done.stderr
    assert not (tmp_path / "p.db").exists()


@pytest.mark.parametrize("url", ["mysql://x/y", "postern.db", "sqlite", "sqlite:", "", "http://127.0.0.1/"])
def test_a_bad_database_url_is_exit_2_and_one_line(url):
    done = run("serve", "--listen", "127.0.0.1:0", "--database", url)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


def test_a_password_in_a_database_url_is_not_shown(refuses):
    assert "geheim" not in refuses(database="mysql://user:geheim@127.0.0.1/x")


class TestSecrets:
    @pytest.mark.parametrize("secret", ["x", "a" * 31, "é" * 15], ids=["1", "31", "30 bytes"])
    def test_under_32_bytes_is_refused(self, refuses, secret):
        line = refuses(JWT_SECRET=secret)
        assert "JWT_SECRET" in line and "32" in line and (len(secret) < 2 or secret not in line)

    @pytest.mark.parametrize("secret", [ARTICLES_SECRET])
    def test_one_that_the_world_knows_is_refused(self, refuses, secret):
        line = refuses(JWT_SECRET=secret)
        assert "JWT_SECRET" in line and secret not in line

    def test_32_bytes_are_enough(self, start):
        start(secret="k7Q" + "é" * 14 + "x")

    def test_an_empty_one_is_none(self, start):
        """An empty variable is what `JWT_SECRET=` in a file of variables gives: refused or none, never a key."""
        from postern import StartFailed
        try:
            server = start(secret="")
        except StartFailed:
            return
        with Client(server) as client:
            assert client.get("/.well-known/jwks.json").json()["keys"]

    def test_no_secret_is_shown_in_the_log(self, start):
        server = start(secret="a-secret-that-nobody-may-ever-read!!")
        with Client(server) as client:
            user, token = client.new_user()
            client.log_in(user["email"], "a-very-wrong-password")
            client.me(token)
        server.stop()
        for secret in ("nobody-may-ever-read", "correct horse", "a-very-wrong-password", token, token.split(".")[2]):
            assert secret not in server.log()

    def test_the_command_line_cannot_show_one(self):
        assert "--jwt-secret" not in run("serve", "--help").stdout


class TestEnvironment:
    def test_each_option_has_a_variable(self, tmp_path):
        done = run("serve", POSTERN_LISTEN="nonsense", POSTERN_DATABASE=f"sqlite:{tmp_path}/p.db")
        assert done.returncode == 2 and "nonsense" in done.stderr

    def test_an_option_wins_over_the_variable(self, start):
        start(POSTERN_LISTEN="nonsense", POSTERN_DATABASE="nonsense", DATABASE_URL="nonsense")

    def test_the_own_variable_wins_over_the_plain_one(self, tmp_path):
        done = run("serve", "--listen", "nonsense:", POSTERN_DATABASE=f"sqlite:{tmp_path}/p.db", DATABASE_URL="mysql://x")
        assert done.returncode == 2 and "mysql" not in done.stderr

    @pytest.mark.parametrize("name", ["DATABASE_URL", "POSTERN_DATABASE"])
    @pytest.mark.parametrize("form", ["sqlite:{}", "sqlite:///{}", "sqlite+aiosqlite:///{}"])
    def test_databases_can_be_named_in_each_way(self, tmp_path, name, form):
        path = tmp_path / "named.db"
        process = subprocess.Popen(command("serve", "--listen", "127.0.0.1:0", *EXTRA), env=environment(**{name: form.format(path)}),
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout.readline().startswith(b"listening on")
        process.terminate()
        assert process.wait(20) == 0
        process.stdout.close()
        assert path.exists()

    def test_switches_are_variables_too(self, start):
        with Client(start(POSTERN_BENCH_ENDPOINT="1")) as client:
            assert client.post("/json", json={"user_id": 1, "action": "a"}).status_code == 200


def test_a_port_in_use(refuses):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        line = refuses(listen=address)
        assert address in line and "in use" in line.lower()


def test_an_address_that_is_not_ours(refuses):
    assert "192.0.2.1" in refuses(listen="192.0.2.1:0")


def test_a_database_in_no_folder(refuses, tmp_path):
    assert "nowhere" in refuses(database=f"sqlite:{tmp_path}/nowhere/postern.db")


def test_a_database_that_is_a_folder(refuses, tmp_path):
    assert str(tmp_path) in refuses(database=f"sqlite:{tmp_path}")


def test_a_database_that_is_none(refuses, tmp_path):
    (tmp_path / "postern.db").write_bytes(b"This is not a database, and long enough to be read as one. " * 100)
    assert "postern.db" in refuses()


def test_a_database_of_a_newer_version(start, refuses, tmp_path):
    start().stop()
    with sqlite3.connect(tmp_path / "postern.db") as database:
        database.execute("INSERT INTO schema_migrations SELECT scope, max(version) + 1, 0 FROM schema_migrations GROUP BY scope")
    database.close()
    line = refuses()
    assert "postern.db" in line and "newer" in line


def test_a_second_server_on_one_database(start, refuses, tmp_path):
    server = start()
    line = refuses()
    assert "postern.db" in line
    with Client(server) as client:
        assert client.register().status_code == 201


class TestMasterKey:
    def test_is_made_at_first_start_for_the_owner_alone(self, start, tmp_path):
        start()
        key = tmp_path / "postern.db.key"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600 and key.stat().st_uid == os.geteuid()
        assert stat.S_IMODE((tmp_path / "postern.db").stat().st_mode) & 0o077 == 0

    def test_is_not_made_anew_for_an_old_database(self, start, refuses, tmp_path):
        server = start()
        with Client(server) as client:
            client.new_user()
        server.stop()
        key = tmp_path / "postern.db.key"
        kept = key.read_bytes()
        key.unlink()
        assert "key" in refuses() and not key.exists()
        key.write_bytes(kept)
        key.chmod(0o600)
        start()

    def test_another_one_is_refused(self, start, refuses, tmp_path):
        first = start()
        with Client(first) as client:
            client.new_user()
        first.stop()
        other = tmp_path / "other"
        other.mkdir()
        start(directory=other).stop()
        (tmp_path / "postern.db.key").write_bytes((other / "postern.db.key").read_bytes())
        assert "key" in refuses()

    def test_can_be_a_file_elsewhere(self, start, tmp_path):
        (tmp_path / "keys").mkdir()
        key = tmp_path / "keys" / "master"
        server = start("--master-key-file", str(key))
        assert key.exists() and not (tmp_path / "postern.db.key").exists()
        with Client(server) as client:
            user = client.register().json()
        server.stop()
        with Client(start("--master-key-file", str(key))) as client:
            assert client.log_in(user["email"]).status_code == 200

    def test_one_that_others_can_read_is_refused(self, start, refuses, tmp_path):
        start().stop()
        (tmp_path / "postern.db.key").chmod(0o644)
        assert "postern.db.key" in refuses()


def test_no_stored_hash_can_be_read_in_the_file(start, tmp_path):
    server = start()
    with Client(server) as client:
        client.new_user()
    server.stop()
    content = b"".join(file.read_bytes() for file in tmp_path.glob("postern.db*") if file.suffix != ".key")
    assert b"argon2" not in content and b"correct horse" not in content
