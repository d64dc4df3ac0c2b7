"""A control group whose processes together get the time of one core, on whichever cores they run.

    with quota.one_core() as group:
        start([*group.before, "postern", …])

Of version 2 where the root of the hierarchy has the cpu controller, else of version 1.  NotAllowed says why there is none.
"""

import contextlib
import os
import time
from pathlib import Path

PERIOD_US = 100_000             # the kernel's own, and Docker's
END_S = 10
V2, V1 = Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/cpu")


class NotAllowed(Exception):
    pass


class Group:
    def __init__(self, path):
        # The server's children are born into the group, and its pid is the one that was started.
        self.path, self.before = path, ["sh", "-c", 'echo $$ >"$0"/cgroup.procs && exec "$@"', str(path)]


def hierarchy():
    """Where groups are made, and what is written where for one core."""
    controllers = V2 / "cgroup.controllers"
    if controllers.exists() and "cpu" in controllers.read_text().split():
        if "cpu" not in (V2 / "cgroup.subtree_control").read_text().split():
            raise NotAllowed("the cpu controller is not given to control groups below the root")
        return V2, {"cpu.max": f"{PERIOD_US} {PERIOD_US}"}
    if (V1 / "cpu.cfs_quota_us").exists():
        return V1, {"cpu.cfs_period_us": PERIOD_US, "cpu.cfs_quota_us": PERIOD_US}
    raise NotAllowed("there is no control group with a cpu controller")


def make():
    root, settings = hierarchy()
    path = root / f"postern-scorecard-{os.getpid()}"
    path.mkdir()
    try:
        for name, value in settings.items():
            (path / name).write_text(str(value))
    except OSError:
        path.rmdir()
        raise
    return path


def remove(path):
    """Its processes have been waited for; that they are gone the kernel may notice a little later."""
    until = time.monotonic() + END_S
    while (path / "cgroup.procs").read_text() and time.monotonic() < until:
        time.sleep(0.01)
    path.rmdir()


@contextlib.contextmanager
def one_core():
    try:
        path = make()
    except OSError as error:
        raise NotAllowed(f"no control group may be made: {error.strerror}") from error
    try:
        yield Group(path)
    finally:
        remove(path)
