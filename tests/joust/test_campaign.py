"""Campaigns from the command line to the exit status: targets, order, answers, cost, gates, files."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from joust import BINARY, SHORT, target
from servers import BODY, OTHER_BODY, Fixed, LoggingServer
from service import ReservedPort, Service, about, command

ANSWERS = (*SHORT, "answers")
NOBODY = "http://127.0.0.1:{}/"


def orders(result, view=0):
    """The targets of each block, in the order of their visits."""
    blocks = {}
    for r in result.rounds(view=view):
        blocks.setdefault(r["block"], []).append(r["target"])
    return list(blocks.values())


def exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(what, seconds=10):
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "not in time"


@pytest.fixture
def port():
    with ReservedPort() as port:
        yield port


# --- Order ---


def test_the_order_follows_from_the_seed(joust):
    with LoggingServer() as a, LoggingServer() as b:
        def run(seed):
            run = joust.short("-d", "240ms", "--blocks", 24, "-c", 2, "--seed", seed, target("a", a), target("b", b))
            assert run.status == 0, run
            assert str(seed) in run.stdout and run.result.tree["seed"] == str(seed)
            return orders(run.result)
        first = run(7)
        assert first == run(7)
        assert all(sorted(block) == [0, 1] for block in first) and len(first) == 24
        assert all(one != other for one, other in zip(first[::2], first[1::2]))  # squares: each first once
        assert first != run(8)


# --- Answers ---


def test_other_bodies_are_refused(joust):
    with LoggingServer() as a, LoggingServer(body=OTHER_BODY) as b:
        run = joust.short("-d", "100ms", "-c", 2, target("good", a), target("other", b))
        assert run.status == 5, run
        for part in ("other does other work than good", "user_id", "123", "124", "--ignore", "--allow answers"):
            assert part in run.stderr, run
        assert run.stderr.count("\n") == 1
        assert a.connections() <= 3 and b.connections() <= 3  # before any load

        allowed = joust.short("-d", "100ms", "-c", 2, target("good", a), target("other", b), allow=ANSWERS)
        assert allowed.status == 0, allowed
        assert allowed.result.outcomes("other").keys() == {"correct"}  # held to its own answer
        assert "user_id" in allowed.result.target("other")["differs"]
        assert allowed.result.gate("answers", "other")["allowed"]
        assert "answers" in allowed.stdout

        ignored = joust.short("-d", "100ms", "-c", 2, "--ignore", "user_id", target("good", a), target("other", b))
        assert ignored.status == 0 and ignored.result.target("other")["differs"] is None, ignored

        unchecked = joust.short("-d", "100ms", "-c", 2, "--no-body-check", target("good", a), target("other", b))
        assert unchecked.status == 0, unchecked


def test_the_same_json_written_otherwise_is_the_same(joust):
    other = b'{ "ok" : true, "action": "get_profile",\n "user_id": 123 }'
    with LoggingServer(body=BODY) as a, LoggingServer(body=other) as b:
        run = joust.short("-d", "100ms", "-c", 2, target("a", a), target("b", b))
        assert run.status == 0, run


def test_another_media_type_is_refused(joust):
    with LoggingServer() as a, LoggingServer(media_type="text/plain") as b:
        run = joust.short("-d", "100ms", "-c", 2, target("a", a), target("b", b))
    assert run.status == 5 and "text/plain" in run.stderr and "application/json" in run.stderr, run


def test_a_counter_in_the_answer_needs_no_option(joust):
    """The same request gave two bodies, so that only their form is held to."""
    with Service() as service:
        run = joust.short("-d", "100ms", "-c", 2, target("a", service))
        assert run.status == 0, run


def test_an_unexpected_status(joust):
    with Service() as service:
        refused = joust.short("-d", "100ms", "-c", 2, target("a", service, "/nothing"))
        assert refused.status == 2 and "a: answered 404" in refused.stderr and "--expect 404" in refused.stderr, refused
        meant = joust.short("-d", "100ms", "-c", 2, "--expect", 404, target("a", service, "/nothing"))
        assert meant.status == 0, meant


# --- Targets that are not there ---


def test_a_target_that_is_not_up(joust, port):
    with LoggingServer() as a:
        begun = time.monotonic()
        run = joust.short("-d", "100ms", target("here", a), f"away={NOBODY.format(port)}")
        assert time.monotonic() - begun < 5
    assert run.status == 2 and "away: " in run.stderr and "refused" in run.stderr and "here: " not in run.stderr, run
    assert run.stderr.count("\n") == 1 and run.result is None


def test_a_target_that_dies(joust):
    with LoggingServer(Fixed(0.001)) as a, LoggingServer(Fixed(0.001)) as b:
        with joust.begin("-d", "1s", "--blocks", 5, "--warm-up", 0, "-c", 4,
                         target("stays", a), target("dies", b)) as running:
            running.wait_for("block 2/5")
            b.process.kill()
            run = running.end()
    assert run.status == 5 and "dies: " in run.stderr.splitlines()[-1] and "refused" in run.stderr, run
    assert "stays: " not in run.stderr.splitlines()[-1]


def test_a_command_that_ends(joust, port):
    run = joust.short("-d", "100ms", "--run", "a=echo no such table: users >&2; exit 3", f"a={NOBODY.format(port)}")
    assert run.status == 2, run
    for part in ("a: ", "status 3", "no such table: users"):
        assert part in run.stderr


def test_a_command_that_is_never_ready(joust, port, tmp_path):
    pid_file = tmp_path / "pid"
    run = joust.short("-d", "100ms", "--ready-timeout", "300ms",
                      "--run", f"a=echo $$ > {pid_file}; echo starting; exec sleep 60",
                      f"a={NOBODY.format(port)}")
    assert run.status == 2 and "a: " in run.stderr and "starting" in run.stderr, run
    assert not exists(int(pid_file.read_text()))


# --- Targets that joust starts ---


def started(port, folder, **options):
    """What --run and the target take, and the file that will hold its process id."""
    file = folder / f"pid-{port}"
    return ["--run", "a=" + command(port=port, pid_file=str(file), **options), f"a=http://127.0.0.1:{port}/"], file


def test_a_target_is_started_and_stopped(joust, port, tmp_path):
    words, pid_file = started(port, tmp_path)
    run = joust.short("-d", "100ms", "-c", 2, *words)
    assert run.status == 0, run
    assert not exists(int(pid_file.read_text()))
    assert run.result.target("a")["command"] and run.result.target("a")["cost_unknown"] is None
    assert "python" in run.result.target("a")["program"] and len(run.result.target("a")["program_sha256"]) == 64
    assert run.result.analysis("a")["server_cpu_ns_per_request"]["value"] > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_process_is_left_when_it_is_stopped(joust, port, tmp_path, number):
    words, pid_file = started(port, tmp_path)
    with joust.begin("-d", "60s", "--blocks", 200, "--warm-up", 0, "-c", 2, *words) as running:
        running.wait_for("block 1/200")
        pid = int(pid_file.read_text())
        assert exists(pid)
        running.process.send_signal(number)
        run = running.end()
    assert run.status == 130 and run.result is None, run
    assert not exists(pid)


def test_what_was_measured_before_the_end_is_kept(joust, port, tmp_path):
    words, _ = started(port, tmp_path)
    with joust.begin("-d", "60s", "--blocks", 200, "--warm-up", 0, "-c", 2, "--allow", ",".join(SHORT), *words) as running:
        running.wait_for("block 4/200")
        running.process.send_signal(signal.SIGINT)
        run = running.end()
    assert run.status == 130, run
    assert 4 <= len(run.result.rounds("a")) < 200
    assert joust.compare(run.file, run.file)[0] == 0


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 10100, reason="so many files may not be open here")
def test_ten_thousand_connections_are_held(joust):
    with subprocess.Popen([BINARY, "--null-server"], stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().split()[-1]
        run = joust.short("-d", "2s", "-c", 10000, f"a={url}/", seconds=60)
        server.terminate()
    assert run.status == 0, run
    assert [r["connections_established"] for r in run.result.rounds("a")] == [10000, 10000]
    assert set(run.result.outcomes("a")) == {"correct"}


def test_stopped_while_it_waits_for_a_target(joust, port):
    with joust.begin("-d", "20s", "--ready-timeout", "20s",
                         "--run", "a=exec sleep 60", f"a={NOBODY.format(port)}", seconds=8) as running:
        children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
        wait_for(lambda: children.read_text().strip())
        pid = int(children.read_text().split()[0])
        running.process.send_signal(signal.SIGINT)
        run = running.end()
    assert run.status == 130, run
    assert not exists(pid)


def test_processes_below_a_command_end_too(joust, port, tmp_path):
    words, pid_file = started(port, tmp_path)
    words[1] = words[1].replace("a=exec ", "a=true; ", 1) + " & wait"
    run = joust.short("-d", "100ms", "-c", 2, *words, seconds=8)  # those who ignore SIGTERM are given ten
    assert run.status == 0, run
    assert not exists(int(pid_file.read_text()))


# --- What targets cost ---


def test_the_cpu_time_of_a_request(joust):
    """2 ms are burnt by each; the server's own clock says what all was."""
    with Service(burn=0.002) as service:
        def cost(*words):
            before = service.about()
            run = joust.short("-d", "800ms", "-c", 2, *words, target("a", service, "/burn"))
            after = service.about()
            assert run.status == 0, run
            own = (after["cpu_s"] - before["cpu_s"]) * 1e9 / (after["served"] - before["served"])
            assert own >= 2_000_000
            assert run.result.analysis("a")["server_cpu_ns_per_request"]["value"] == pytest.approx(own, rel=0.1)
        cost()
        cost("--pid", f"a={service.pid}")


def test_memory(joust):
    with Service(memory=100 << 20) as large, Service() as small:
        run = joust.short("-d", "100ms", "-c", 2, target("large", large), target("small", small))
        assert run.status == 0, run
        held = {name: run.result.analysis(name)["memory_bytes"] for name in ("large", "small")}
    assert 100 << 20 <= held["large"] <= 160 << 20
    assert held["small"] <= 60 << 20 and held["large"] - held["small"] >= 90 << 20


def test_a_process_that_is_not_there(joust):
    with Service() as service:
        run = joust.short("-d", "100ms", "--pid", "a=4194303", target("a", service))
        assert run.status == 2 and "a: " in run.stderr and "4194303" in run.stderr, run


def test_pinning(joust, port, tmp_path):
    cpus = sorted(os.sched_getaffinity(0))
    servers, generator = cpus[0], cpus[-1]
    with Service() as service:
        with joust.begin("-d", "1s", "--blocks", 2, "--warm-up", 0, "-c", 2, "-t", 1, "--pin", f"{servers}:{generator}",
                         "--allow", ",".join(SHORT), target("a", service)) as running:
            running.wait_for("block 1/2")
            wait_for(lambda: str(generator) in threads_allowed(running.process.pid))
            assert allowed(Path(f"/proc/{service.pid}")) == str(servers)
            assert service.about()["cpus"] == [servers]
            run = running.end()
        assert run.status == 0, run
    words, _ = started(port, tmp_path)
    with joust.begin("-d", "1s", "--blocks", 2, "--warm-up", 0, "-c", 2,
                         "--pin", f"{servers}:{generator}", *words) as running:
        running.wait_for("block 1/2")
        assert about(port)["cpus"] == [servers]
        assert running.end().result


def threads_allowed(pid):
    """Where the threads that drive may run; between two visits there are none."""
    return [allowed(thread) for thread in Path(f"/proc/{pid}/task").iterdir() if thread.name != str(pid)]


def allowed(process):
    try:
        lines = (process / "status").read_text().splitlines()
    except FileNotFoundError:
        return None
    return next(line.split()[1] for line in lines if line.startswith("Cpus_allowed_list:"))


# --- Verdicts and files ---


@pytest.fixture(scope="module")
def twice_as_slow(tmp_path_factory):
    """A campaign whose first target has twice the delay of its second; both ways round."""
    from joust import Joust
    joust = Joust(tmp_path_factory.mktemp("slow"))
    with LoggingServer(Fixed(0.008)) as slow, LoggingServer(Fixed(0.004)) as fast:
        def run(*targets):
            return joust.short("-d", "700ms", "--blocks", 5, "-c", 8, "--fail-if", "slower>20%", *targets)
        return run(target("slow", slow), target("fast", fast)), run(target("fast", fast), target("slow", slow))


def test_a_planted_factor_of_two_is_a_regression(twice_as_slow):
    slow_first, fast_first = twice_as_slow
    assert slow_first.status == 4, slow_first
    assert "slower>20%" in slow_first.stderr and "slow is slower than fast" in slow_first.stderr, slow_first
    assert fast_first.status == 0 and "crossed" not in fast_first.stderr, fast_first
    verdicts = {c["metric"]: c for c in slow_first.result.tree["analysis"][0]["comparisons"]}
    assert verdicts["throughput"]["ratio"] == pytest.approx(0.5, rel=0.15)
    assert "slower" in verdicts["throughput"]["verdict"] and "slower" in verdicts["p50"]["verdict"]


def test_a_result_compared_with_itself(joust, twice_as_slow):
    file = twice_as_slow[0].file
    status, stdout, stderr = joust.compare(file, file)
    assert status == 0, stdout + stderr
    assert "slow" in stdout and "fast" in stdout


def test_a_result_compared_with_a_slower_one(joust):
    with LoggingServer(Fixed(0.004)) as fast, LoggingServer(Fixed(0.008)) as slow:
        old = joust.short("-d", "700ms", "--blocks", 5, "-c", 8, target("a", fast))
        new = joust.short("-d", "700ms", "--blocks", 5, "-c", 8, target("a", slow))
    assert old.status == new.status == 0, (old, new)
    status, stdout, stderr = joust.compare(old.file, new.file)
    assert status == 4 and "slower" in stdout, stdout + stderr
    assert joust.compare(new.file, old.file)[0] == 0


def test_a_file_that_is_no_result(joust, tmp_path):
    file = tmp_path / "x.json"
    file.write_text('{"joust": 1}')
    status, _, stderr = joust.compare(file, file)
    assert status == 2 and "x.json" in stderr
    status, _, stderr = joust.compare(tmp_path / "none.json", file)
    assert status == 2 and "none.json" in stderr


def test_thresholds(joust):
    with LoggingServer(Fixed(0.002)) as server:
        def run(*conditions):
            words = [word for condition in conditions for word in ("--fail-if", condition)]
            return joust.short("-d", "100ms", "-c", 4, *words, target("a", server))
        crossed = run("p99>1us")
        assert crossed.status == 3 and "p99>1us is crossed: a's p99 is " in crossed.stderr, crossed
        assert crossed.stderr.endswith("\n")
        assert run("p99>10s", "failures>0%", "throughput<1", "mean>9s", "memory>9GiB", "cpu>1s").status == 0
        assert run("p99>10s", "throughput>1").status == 3
        assert run("b:p99>1us").status == 2
        assert run("p99>1parsec").status == 2


def test_equal_load(joust):
    with LoggingServer(Fixed(0.008)) as slow, LoggingServer(Fixed(0.004)) as fast:
        run = joust.short("-d", "800ms", "-c", 8, "--equal-load",
                          target("fast", fast), target("slow", slow), allow=(*SHORT, "rate"))
        assert run.status == 0, run
        for name, server in ("slow", slow), ("fast", fast):
            assert run.result.sent(name) + 3 == len(server.log())
    result = run.result
    assert [view["kind"] for view in result.tree["views"]] == ["closed", "open"]
    completed = sum(s["completed"] for s in result.steps("slow"))
    half = completed / (result.sum("window_ns", "slow") / 1e9) / 2
    assert result.tree["views"][1]["rate_per_second"] == pytest.approx(half, rel=0.02)
    for name in ("slow", "fast"):
        offered = result.sum("due", name, 1) / (result.sum("window_ns", name, 1) / 1e9)
        assert offered == pytest.approx(half, rel=0.02)
        assert result.outcomes(name, 1) == {"correct": result.sum("due", name, 1)}


def test_the_control_shows_its_noise(joust):
    with LoggingServer(Fixed(0.002)) as a, LoggingServer(Fixed(0.002)) as b:
        run = joust.short("-d", "500ms", "--blocks", 5, "-c", 4, "--control", target("a", a), target("b", b))
        assert run.status == 0, run
        assert run.result.sent(run.result.names[0]) + run.result.sent(run.result.names[2]) + 3 == len(a.log())
    assert [t["control_of"] for t in run.result.tree["targets"]] == [None, None, 0]
    noise = run.result.tree["analysis"][0]["noise"]
    assert all(noise[metric] is not None and noise[metric] >= 0 for metric in ("throughput", "p50", "cpu"))
    assert "control" in run.stdout or "noise" in run.stdout
    assert all(len(block) == 3 for block in orders(run.result))


# --- Limits ---


def test_too_few_files(joust):
    run = joust.short("-d", "100ms", "-c", 200, NOBODY.format(1),
                      preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128)))
    assert run.status == 2 and "264" in run.stderr and "128" in run.stderr and run.stderr.count("\n") == 1, run


def test_just_enough_files(joust):
    with LoggingServer() as server:
        run = joust.short("-d", "100ms", "-c", 100, "-t", 2, target("a", server),
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (164, 164)))
        assert run.status == 0, run
        assert server.connections() == 3 + 2 * 100


@pytest.mark.parametrize("words, says", [
    (["--rat", "5", "a=http://127.0.0.1:1/"], "--rate"),
    (["a=http:///x"], "host"),
    (["a=https://127.0.0.1:1/"], "http"),
    ([], "NAME=URL"),
    (["-d", "1s", "-n", "5", "a=http://127.0.0.1:1/"], "--requests"),
    (["-n", "100", "--quantile", "99.9", "a=http://127.0.0.1:1/"], "99.9"),
])
def test_one_clear_line(joust, words, says):
    run = joust(*words)
    assert run.status == 2 and says in run.stderr and run.stderr.count("\n") == 1, run


def test_every_file_is_written(joust, tmp_path):
    with LoggingServer(Fixed(0.001)) as a, LoggingServer(Fixed(0.001)) as b:
        page, picture, drawing = tmp_path / "r.html", tmp_path / "p.png", tmp_path / "p.svg"
        for plot in picture, drawing:
            run = joust.short("-d", "200ms", "-c", 2, "--report", page, "--plot", plot, target("a", a), target("b", b))
            assert run.status == 0, run
    assert page.read_text().rstrip().endswith("</html>")
    assert picture.read_bytes().startswith(b"\x89PNG") and b"</svg>" in drawing.read_bytes()


def test_a_file_that_cannot_be_written(joust, tmp_path):
    with LoggingServer() as a:
        run = joust.short("-d", "50ms", "-c", 2, "--report", tmp_path / "none" / "r.html", target("a", a))
        assert run.status == 2 and "r.html" in run.stderr, run
        assert a.log() == [], "that is found out before the campaign"
        (tmp_path / "link.html").symlink_to(tmp_path / "none" / "r.html")   # found out at the end
        (tmp_path / "link.svg").symlink_to(tmp_path / "none" / "p.svg")
        files = ["--report", tmp_path / "link.html", "--plot", tmp_path / "link.svg"]
        run = joust.short("-d", "50ms", "-c", 2, *files, target("a", a))
    assert run.status == 1 and "link.html: " in run.stderr and "; " in run.stderr and "link.svg: " in run.stderr, run
    assert run.result is not None, "one that fails takes no other with it"


def test_the_recorded_command(joust, tmp_path):
    page = tmp_path / "r.html"
    with LoggingServer() as a:
        words = ["-H", "Authorization: Bearer hush", "-H", "X-Api-Key: hush", "-H", "X-Note: it's"]
        run = joust.short("-d", "50ms", "-c", 2, "--report", page, *words, target("a", a))
    assert "hush" not in run.file.read_text() + page.read_text()
    assert "'Authorization: …' -H 'X-Api-Key: …' -H 'X-Note: it'\\''s'" in run.result.tree["command"]


def test_results_with_nothing_in_common(joust):
    with LoggingServer() as server:
        one = joust.short("-d", "50ms", "-c", 2, target("a", server))
        other = joust.short("-d", "50ms", "-c", 2, target("b", server))
    assert joust.compare(one.file, other.file) == (2, "", "joust: the two results have no target in common\n")


# --- What is left behind ---


def masks(pid):
    return {thread.name: allowed(thread) for thread in Path(f"/proc/{pid}/task").iterdir()}


@pytest.mark.parametrize("number", [None, signal.SIGINT])
def test_a_running_service_is_not_left_pinned(joust, number):
    cpus = sorted(os.sched_getaffinity(0))
    with Service() as service:
        before = masks(service.pid)
        with joust.begin("-d", "1s" if number is None else "60s", "--blocks", 2, "--warm-up", 0, "-c", 2, "-t", 1,
                         "--pin", f"{cpus[0]}:{cpus[0]}", "--allow", ",".join(SHORT), target("a", service)) as running:
            running.wait_for("seed")
            assert allowed(Path(f"/proc/{service.pid}")) == str(cpus[0])
            if number:
                running.process.send_signal(number)
            run = running.end()
        assert run.status == (130 if number else 0), run
        assert masks(service.pid) == before
    if run.result:
        facts = {fact["name"]: fact["value"] for fact in run.result.tree["environment"]}
        assert facts["CPU sharing"] == f"servers on {cpus[0]}, generator on {cpus[0]}"


@contextlib.contextmanager
def none_left():
    """Whatever a failing joust leaves behind is ended all the same."""
    left = []
    try:
        yield left
        assert left and not any(map(exists, left))
    finally:
        for pid in filter(exists, left):
            os.kill(pid, signal.SIGKILL)


def list_started(port, folder):
    """A list of commands, which no shell execs, and a daemon that is in nobody's group; what was started."""
    words, pid_file = started(port, folder)
    daemon = folder / "daemon"
    words[1] = words[1].replace("a=exec ", f"a=(setsid sh -c 'echo $$ > {daemon}; exec sleep 300' &); ", 1) + "; true"
    return words, lambda: [int(pid_file.read_text()), int(daemon.read_text())]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_that_a_list_started_is_left(joust, port, tmp_path, number):
    words, pids = list_started(port, tmp_path)
    with none_left() as left, joust.begin("-d", "60s", "--blocks", 200, "--warm-up", 0, "-c", 2, *words) as running:
        running.wait_for("block 1/200")
        left += pids()
        assert all(map(exists, left))
        running.process.send_signal(number)
        if number == signal.SIGKILL:
            running.process.wait()
            wait_for(lambda: not any(map(exists, left)))
        else:
            run = running.end()
            assert run.status == 130, run


def test_a_second_signal_waits_for_nobody(joust, port, tmp_path):
    words, pid_file = started(port, tmp_path)
    words[1] = words[1].replace("a=exec ", "a=trap '' TERM; ", 1) + "; true"
    with none_left() as left, joust.begin("-d", "60s", "--blocks", 200, "--warm-up", 0, "-c", 2, *words) as running:
        running.wait_for("block 1/200")
        left.append(int(pid_file.read_text()))
        begun = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        assert running.goes_on_for(0.5)
        running.process.send_signal(signal.SIGINT)
        run = running.end()
    assert run.status == 130 and time.monotonic() - begun < 8, run


# --- Whose processes ---


def test_the_program_is_the_server_and_not_the_shell(joust, port, tmp_path):
    words, pid_file = started(port, tmp_path)
    words[1] = words[1].replace("a=exec ", "a=true; ", 1) + "; true"
    run = joust.short("-d", "100ms", "-c", 2, *words)
    assert run.status == 0 and "python" in run.result.target("a")["program"], run
    assert run.result.analysis("a")["memory_bytes"] > 5 << 20
    assert not exists(int(pid_file.read_text()))


def test_a_server_that_becomes_a_daemon(joust, port, tmp_path):
    words, pid_file = started(port, tmp_path)
    words[1] = words[1].replace("a=exec ", "a=(setsid ", 1) + " &); exec sleep 300"
    run = joust.short("-d", "100ms", "-c", 2, *words)
    assert run.status == 0 and "python" in run.result.target("a")["program"], run
    assert run.result.analysis("a")["server_cpu_ns_per_request"]["value"] > 0
    assert not exists(int(pid_file.read_text()))


def test_two_services_of_one_launcher(joust):
    """Both run the launcher's program, and are no less than two."""
    text = ("import signal, subprocess, sys\n"
            "children = [subprocess.Popen([sys.executable, sys.argv[1], options]) for options in sys.argv[2:]]\n"
            "signal.pause()\n")
    options = [repr({"memory": 100 << 20}), repr({})]
    launcher = subprocess.Popen([sys.executable, "-c", text, os.path.join(os.path.dirname(__file__), "service.py"), *options],
                                stdout=subprocess.PIPE, start_new_session=True)
    try:
        ports = [int(launcher.stdout.readline()) for _ in options]
        large, small = sorted(ports, key=lambda port: "memory" not in Path(f"/proc/{about(port)['pid']}/cmdline").read_text())
        run = joust.short("-d", "100ms", "-c", 2, f"large=http://127.0.0.1:{large}/", f"small=http://127.0.0.1:{small}/")
        assert run.status == 0, run
        held = {name: run.result.analysis(name)["memory_bytes"] for name in ("large", "small")}
        assert held["large"] >= 100 << 20 and held["small"] <= 60 << 20
    finally:
        os.killpg(launcher.pid, signal.SIGKILL)
        launcher.wait()
        launcher.stdout.close()


@pytest.mark.parametrize("pid, says", [(1, "process 1 "), (os.getpid(), "has started it")])
def test_a_process_that_is_no_target(joust, pid, says):
    with Service() as service:
        run = joust.short("-d", "100ms", "--pid", f"a={pid}", target("a", service))
    assert run.status == 2 and "a: " in run.stderr and says in run.stderr and run.stderr.count("\n") == 1, run


# --- Until they are up ---


def test_waiting_for_what_another_starts(joust, port):
    with joust.begin("-d", "100ms", "--blocks", 2, "--warm-up", 0, "--settle", "5ms", "-c", 2, "--ready-timeout", "20s",
                     "--allow", ",".join(SHORT), f"a={NOBODY.format(port)}") as running:
        assert running.goes_on_for(0.5)
        with Service(port=port):
            run = running.end()
    assert run.status == 0, run
    never = joust.short("-d", "100ms", "--ready-timeout", "300ms", f"a={NOBODY.format(port)}")
    assert never.status == 2 and "a: " in never.stderr and "within 0.3 s" in never.stderr, never


def test_open_files_are_the_targets_own(joust, port, tmp_path):
    words, _ = started(port, tmp_path)
    file = tmp_path / "files"
    words[1] = words[1].replace("a=exec ", f"a=ulimit -Sn > {file}; exec ", 1)
    run = joust.short("-d", "100ms", "-c", 2, *words,
                      preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (345, 2000)))
    assert run.status == 0, run
    assert file.read_text() == "345\n"
