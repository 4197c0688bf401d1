"""The files of `deploy/` are what systemd, Caddy, sh and the settings understand."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from portal.core.configuration.settings import load_settings
from tests.house.tree import ROOT
from tests.support.caddy import command

DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("*.service"))
NOT_OURS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "HOST", "WEB_CONCURRENCY"}
"""Read by the store's client and by gunicorn."""


def lines(name: str) -> dict[str, str]:
    found = [
        line
        for line in (DEPLOY / name).read_text("utf-8").splitlines()
        if line[:1] not in {"", "#"}
    ]
    assert all(re.fullmatch(r"[A-Z_]+='[^']*'", line) for line in found), name
    return {key: value.strip("'") for key, value in (line.split("=", 1) for line in found)}


def test_the_settings_are_ours_and_valid(tmp_path: Path) -> None:
    given = lines("talkback.env") | lines("worker.env") | {"SECRET_KEY": "0f" * 32}
    given |= {"PORTAL_GROUP": str(os.getgid()), "BACKUP_URL": ""}  # s3fs is not installed here
    guide = (ROOT / "docs/operator.md").read_text("utf-8")
    for name in given.keys() - NOT_OURS:
        assert f"`{name}`" in guide, name
    settings = load_settings(given | {"PORTAL_DATA": str(tmp_path)})
    assert settings.is_https
    assert settings.admin_urls.keys() == {"ops", "production", "development"}
    development = load_settings(given | lines("development.env") | {"PORTAL_DATA": str(tmp_path)})
    assert development.base_url != settings.base_url


def test_sh_reads_the_same_as_systemd() -> None:
    for name in ("talkback.env", "worker.env", "development.env"):
        shell = subprocess.run(
            ["sh", "-c", f"set -a; . {DEPLOY / name}; env -0"],
            env={},
            check=True,
            capture_output=True,
            text=True,
        )
        read = dict(line.split("=", 1) for line in shell.stdout.split("\0") if line)
        assert lines(name).items() <= read.items()


def test_no_site_reads_the_workers_settings() -> None:
    secret = set(lines("worker.env"))
    assert not secret & lines("talkback.env").keys()
    for unit in UNITS:
        text = (DEPLOY / unit).read_text("utf-8")
        assert ("worker.env" in text) == ("User=talkback-worker" in text)


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("There is no systemd-analyze here: the units are not verified.")
    for unit in UNITS:
        text = re.sub(r"^(User|Group)=.*\n", "", (DEPLOY / unit).read_text("utf-8"), flags=re.M)
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.M)
        (tmp_path / unit.replace("@", "@8000")).write_text(text)
    said = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.glob("*.service"))],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in said.stderr.splitlines() if str(tmp_path) in line]
    assert (ours, said.returncode) == ([], 0), said.stderr


def test_caddy_takes_its_file() -> None:
    words = [command(), "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


def test_the_worker_and_the_command_agree(tmp_path: Path) -> None:
    script = (DEPLOY / "talkback").read_text("utf-8")
    assert subprocess.run(["sh", "-n", DEPLOY / "talkback"], check=False).returncode == 0
    unit = (DEPLOY / "talkback-worker.service").read_text("utf-8")
    for name in re.findall(r"^EnvironmentFile=(.*)$", unit, re.M):
        assert f". {name}\n" in script
