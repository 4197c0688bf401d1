#!/usr/bin/python3
"""`systemctl` of a scratch machine: starts, stops and restarts what unit files say, as their users.

Of a unit it knows what Talkback's files use; what else they say, `systemd-analyze verify` reads.
A process that ends is started again after RestartSec.
"""

import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path

UNITS = (Path("/etc/systemd/system"), Path("/lib/systemd/system"))
STATE = Path("/run/units")
OTHERS = {"postgresql"}


def main() -> None:
    command, *names = [each for each in sys.argv[1:] if each != "--now"]
    STATE.mkdir(exist_ok=True)
    for name in names:
        {"enable": start, "start": start, "restart": restart, "stop": stop, "reload": reload}[
            command
        ](name)


def restart(name: str) -> None:
    if name in OTHERS:
        [place] = Path("/etc/postgresql").iterdir()
        subprocess.run(["pg_ctlcluster", place.name, "main", "restart"], check=True)
        return
    stop(name)
    start(name)


def reload(name: str) -> None:
    if pid_of(name):
        subprocess.run(read(name)["ExecReload"][-1].split(), check=True)
    else:
        start(name)


def start(name: str) -> None:
    if name in OTHERS or pid_of(name):
        return
    unit = read(name)
    if os.fork():
        until = time.monotonic() + 5
        while not pid_of(name):
            assert time.monotonic() < until, f"{name} does not start"
            time.sleep(0.02)
        return
    os.setsid()
    log = os.open(f"/run/units/{name}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    supervise(name, unit)
    os._exit(0)


def supervise(name: str, unit: dict[str, list[str]]) -> None:
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    (STATE / f"{name}.pid").write_text(str(os.getpid()))
    while not ended:
        process = begin(unit)
        while process.poll() is None and not ended:
            time.sleep(0.1)
        if ended:
            process.terminate()
            try:
                process.wait(int(unit.get("TimeoutStopSec", ["90"])[-1].rstrip("s")))
            except subprocess.TimeoutExpired:
                process.kill()
        elif unit.get("Restart", ["no"])[-1] == "no":
            break
        time.sleep(0 if ended else int(unit.get("RestartSec", ["1"])[-1]))
    (STATE / f"{name}.pid").unlink(missing_ok=True)


def begin(unit: dict[str, list[str]]) -> "subprocess.Popen[bytes]":
    user = pwd.getpwnam(unit["User"][-1])
    env = {"LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": user.pw_dir}
    for line in unit.get("Environment", []):
        env |= dict(each.split("=", 1) for each in line.split())
    for path in unit.get("EnvironmentFile", []):
        lines = [line for line in Path(path).read_text().splitlines() if line[:1] not in {"", "#"}]
        env |= {n: v.strip("'") for n, v in (line.split("=", 1) for line in lines)}
    words = ["setpriv", f"--reuid={user.pw_name}", f"--regid={unit['Group'][-1]}", "--init-groups"]
    for each in unit.get("AmbientCapabilities", []):
        right = each.lower().replace("cap_", "+")
        words += [f"--inh-caps={right}", f"--ambient-caps={right}"]
    return subprocess.Popen(
        [*words, *unit["ExecStart"][-1].split()],
        env=env,
        cwd=unit.get("WorkingDirectory", ["/"])[-1],
        umask=int(unit.get("UMask", ["0022"])[-1], 8),
    )


def stop(name: str) -> None:
    if pid := pid_of(name):
        os.kill(pid, signal.SIGTERM)
        while pid_of(name):
            time.sleep(0.05)


def pid_of(name: str) -> int:
    try:
        pid = int((STATE / f"{name}.pid").read_text())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return 0
    return pid


def read(name: str) -> dict[str, list[str]]:
    stem, at, instance = name.partition("@")
    file = f"{stem}{at}.service"
    path = next(folder / file for folder in UNITS if (folder / file).exists())
    found: dict[str, list[str]] = {}
    for line in path.read_text().replace("%i", instance).splitlines():
        key, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


main()
