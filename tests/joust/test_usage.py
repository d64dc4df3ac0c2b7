"""What is wrong with a command line or a target is said in one line on standard error, exit 2, before any load."""

import contextlib
import os
import resource
import socket
import subprocess
import threading

import pytest

from joust import BINARY

A = "a=http://127.0.0.1:9/"
HERE = os.path.dirname(os.path.abspath(__file__))


def run(*arguments, **more):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=30, **more)


def refused(*arguments, says, **more):
    done = run(*arguments, **more)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.startswith("joust: ") and done.stderr.endswith("\n"), done.stderr
    assert done.stderr.count("\n") == 1 and len(done.stderr) < 300, done.stderr
    assert says in done.stderr, done.stderr


@pytest.mark.parametrize(
    "arguments, says",
    [
        ([], "no target"),
        (["--conections", "5", A], "unknown option '--conections'; did you mean --connections?"),
        (["--frobnicate", A], "unknown option '--frobnicate'; see --help"),
        (["-Z", A], "unknown option '-Z'"),
        ([A, "--rate"], "--rate needs a value: R"),
        ([A, "--json", "--quiet"], "--json needs a value: FILE"),
        ([A, "--quiet=yes"], "--quiet takes no value"),
        ([A, "-c", "0"], "--connections: '0' is not a number from 1 to"),
        ([A, "-c", "many\nlines"], "'many?lines' is not a number"),
        ([A, "-d", "5 parsecs"], "is not a time such as"),
        ([A, "--rate", "fast"], "requests a second"),
        ([A, "--expect", "99"], "a status from 200 to 599"),
        ([A, "--failures", "101%"], "is not a percentage"),
        ([A, "-H", "nothing"], "is not a header"),
        ([A, "-H", "Bad Name: x"], "Bad Name"),
        ([A, "--allow", "luck"], "is not a list of failures, connections,"),
        ([A, "--plot", "picture.gif"], "ends in .png or .svg"),
        ([A, "--fail-if", "p99"], "--fail-if: "),
        ([A, "--fail-if", "nonsense>5"], "--fail-if: "),
        ([A, "--fail-if", "b:p99>20ms"], "--fail-if: "),
        ([A, "--fail-if", "slower>5%"], "--fail-if: "),
        ([A, "--quantile", "0.00005"], "from 1 to below 100"),
        ([A, "--json", "/nowhere/a.json"], "--json: '/nowhere/a.json' cannot be written: No such file or directory"),
        ([A, "--report", "x", "--plot", "y.svg", "--json", "./x"], "--json and --report are both to be written to 'x'"),
        ([A, "--", "--quiet"], "'--quiet' is not a target"),
        ([A, "-b", "{{one\nline"], "{{one?line"),
        ([A, "-H", "A: {{", "-H", "B: }}"], "opens a place that no"),
        ([*(f"{i}=http://127.0.0.1:9/" for i in range(8)), "--blocks", "1000", "--scenario", os.path.join(HERE, "three.json")],
         "8 targets x 1000 blocks x 3 steps are 24000 histograms to keep; at most 20000 can be: fewer --blocks"),
        ([A, "--pin", "0"], "is not two lists of CPUs"),
        ([A, "--pin", "0:1023"], "this machine has no CPU 1023"),
        ([A, "--blocks", "1"], "from 2 to 1000"),
        ([A, "-d", "50ms"], "windows of 5 ms; they need 10 ms: 100ms"),
        ([A, "-n", "5"], "less than one in each of 10 blocks"),
        ([A, "-n", "50000", "--quantile", "99.9"], "p99.9 needs at least 10,000 requests a round: -n 50000 gives 5,000 in each of 10"),
        ([A, "-d", "1s", "-n", "100"], "--duration does not go with --requests"),
        ([A, "--rate", "5", "--equal-load"], "--rate does not go with --equal-load"),
        ([A, "--scenario", "/dev/null", "-b", "x"], "--scenario does not go with --body"),
        ([A, "--scenario", "/dev/null", "-X", "PUT"], "--scenario does not go with --method"),
        ([A, "--scenario", "/dev/null", "--expect", "200"], "--scenario does not go with --expect"),
        ([A, "--scenario", "/nowhere/s.json"], "cannot read '/nowhere/s.json': No such file or directory"),
        ([A, "-b", "@/nowhere/body"], "cannot read '/nowhere/body': No such file or directory"),
        ([A, "-b", "@/dev/zero"], "it is larger than 1 MiB"),
        ([A, "-b", "{{name}}"], "name"),
        ([A, "-t", "8", "-c", "4"], "--threads 8 is more than the connections, 4"),
        (["a="], "has no URL behind the '='"),
        (["=http://h/"], "has no name before the '='"),
        (["word"], "'word' is not a target"),
        (["http:///path"], "has no host"),
        (["a=http:///path"], "has no host"),
        (["a=https://127.0.0.1/"], "https is not spoken"),
        (["a=http://127.0.0.1:99999/"], "99999"),
        ([A, A], "two targets are called 'a'"),
        ([f"{i}=http://127.0.0.1:9/" for i in range(9)], "9 targets are too many: at most 8"),
        ([*(f"{i}=http://127.0.0.1:9/" for i in range(8)), "--control"], "at most 7 and --control's"),
        ([A, "--run", "b=sleep 1"], "--run: no target is called 'b'; there are a"),
        ([A, "--pid", "b=1"], "--pid: no target is called 'b'"),
        ([A, "--pid", "a=me"], "'me' is not a process id"),
        ([A, "--run", "a=sleep 1", "--pid", "a=1"], "--run and --pid are both given for 'a'"),
        ([A, "--listen", "127.0.0.1:0"], "--listen is only for --null-server"),
        (["--null-server", A], "--null-server takes no target"),
        (["--null-server", "--rate", "5"], "--rate is not for --null-server"),
        (["compare", "one.json"], "compare needs two results"),
        (["compare", "a", "b", "-c", "5"], "--connections is not for compare"),
        (["compare", "/nowhere/a.json", "/nowhere/b.json"], "/nowhere/a.json"),
        (["compare", "/dev/null", "/dev/null"], "/dev/null"),
    ],
)
def test_mistakes(arguments, says):
    refused(*arguments, says=says)


@contextlib.contextmanager
def answering(statuses):
    """A server that answers each connection once, one status after the other."""
    with socket.create_server(("127.0.0.1", 0)) as s:

        def serve():
            for status in statuses:
                with s.accept()[0] as connection:
                    connection.recv(65536)
                    connection.sendall(f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{s.getsockname()[1]}/"


def test_a_target_that_is_not_up_is_named():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))  # bound and not listening: refused
        port = s.getsockname()[1]
        refused(f"postern=http://127.0.0.1:{port}/", "-q", says="postern")


def test_a_command_that_ends_is_quoted():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
        refused(f"a=http://127.0.0.1:{port}/", "-q", "--run", "a=echo out of luck >&2; exit 3", says="out of luck")


@pytest.mark.parametrize(
    "more, says",
    [
        ([], "answered 500 the second time: a request that succeeds only once needs a {{random}}"),
        (["--expect", "200"], "answered 500 the second time: a request that succeeds only once needs a {{random}}"),
    ],
)
def test_a_request_that_succeeds_only_once(more, says):
    with answering(["200 OK", "200 OK", "500 Oops"]) as url:    # is it up; what does it answer; and once more
        refused(f"a={url}", "-q", *more, says=f"a: {says}\n")


@pytest.mark.parametrize(
    "more, says",
    [([], "answered 404, which is no success (--expect 404, if it is meant)"), (["--expect", "200"], "answered 404, not 200")],
)
def test_a_request_that_fails(more, says):
    with answering(["404 Not Found"] * 3) as url:
        refused(f"a={url}", "-q", *more, says=f"a: {says}\n")


def test_too_few_open_files():
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, 1024))

    refused(A, "-c", "10000", says="10000 connections need 10064 open files; the limit is 1024: ulimit -n 10064", preexec_fn=limit)


def test_help_and_version():
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) <= 40 and max(map(len, done.stdout.splitlines())) <= 80
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("joust ")
