"""wrk, the generator that is not ours: the same request in the closed loop, 100 connections, from the client's core."""

import re
import subprocess

import servers
import services


class Wrk:
    """One kind of request.  `shown` is its command line; `wrong` gathers what it said of errors."""

    def __init__(self, bench, kind, token, seconds):
        method, self.path, headers, body = kind.request(token)
        self.script = servers.wrk_script(bench.directory, f"wrk-{kind.key}", method, self.path, headers, body)
        self.seconds, self.wrong = seconds, set()
        self.shown = self.show(kind)

    def command(self, script, port):
        return ["wrk", "-t1", "-c100", f"-d{self.seconds}s", "-s", script, f"http://127.0.0.1:{port}{self.path}"]

    def show(self, kind):
        method, _, headers, body = kind.request("TOKEN")
        lines = [f'wrk.method = "{method}"', *(f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items()),
                 *([f"wrk.body = [[{body.decode()}]]"] if body else [])]
        command = " ".join(self.command("request.lua", "PORT"))
        return f"taskset -c {services.CLIENT_CPU} {command}    # request.lua: {'; '.join(lines)}"

    def rate(self, name, server):
        """Answers a second, whatever they say: what was wrong with them is kept."""
        done = subprocess.run(["taskset", "-c", str(services.CLIENT_CPU), *self.command(self.script, server.port)],
                              capture_output=True, text=True, check=True)
        self.wrong |= {f"wrk says of {services.LABELS[name]}: {line.strip()}" for line in done.stdout.splitlines()
                       if "Non-2xx" in line or "Socket errors" in line}
        return float(re.search(r"Requests/sec: *([\d.]+)", done.stdout).group(1))


def turn(names, number):
    """Every other round backwards, and each pair of rounds begins elsewhere: no service has a place of its own."""
    names, begin = list(names), number // 2 % len(names)
    turned = [*names[begin:], *names[:begin]]
    return turned[::-1] if number % 2 else turned
