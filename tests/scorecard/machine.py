"""What a run is measured on and with, as the pages say it: {name: value} in the order in which it is said."""

import datetime
import os
import platform
import re
import subprocess
import tempfile

import servers
import services
from services import ROOT

CRATES = ("axum", "tokio", "sqlx", "rusqlite")
LIBRARIES = {"libsodium": "libsodium", "SQLite": "sqlite3", "OpenSSL": "openssl"}


def said(*command):
    """What a program prints, or nothing where there is none or it fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def processor():
    found = re.search(r"model name\s*: (.*)", servers.read("/proc/cpuinfo"))
    return found.group(1) if found else platform.machine()


def file_system():
    """Where the databases lie: what a commit costs depends on it."""
    return said("stat", "-f", "-c", "%T", tempfile.gettempdir()) or "unknown"


def crates():
    lock = (ROOT / "contenders" / "axum" / "Cargo.lock").read_text()
    versions = dict(re.findall(r'\[\[package\]\]\nname = "([\w-]+)"\nversion = "([\d.]+)"', lock))
    return {name: versions[name] for name in CRATES if name in versions}


def rust():
    compiler = re.search(r"rustc ([\d.]+)", said("rustc", "--version"))
    return {"Rust": compiler.group(1), **crates()} if compiler else {"Rust": "none here"}


def python():
    found = services.interpreter()
    packages = found["packages"] if found else {}
    return {"FastAPI's interpreter": services.interpreter_text(), **packages}


def environment(command):
    known = {
        "command": command,
        "date": f"{datetime.datetime.now():%Y-%m-%d %H:%M}",
        "machine": f"{processor()}, {os.cpu_count()} cores, Linux {platform.release()}",
        "load average at the start": f"{os.getloadavg()[0]:.1f}",
        "databases on": file_system(),
        "commit": said("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "gcc": said("cc", "-dumpfullversion"),
        **{name: said("pkg-config", "--modversion", package) for name, package in LIBRARIES.items()},
        **rust(),
        **python(),
        "wrk": said("dpkg-query", "-W", "-f", "${Version}", "wrk"),
        "aiohttp": said("/usr/bin/python3", "-c", "import aiohttp; print(aiohttp.__version__)"),
    }
    return {name: value for name, value in known.items() if value}
