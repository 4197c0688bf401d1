"""The proxy of `deploy/Caddyfile` before a site of ours."""

import shutil
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.house.tree import ROOT
from tests.support.line import is_up
from tests.support.waiting import wait_until

#: What a test must have otherwise: no certificate from outside, no port for commands, one address.
HERE = "admin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tservers"


def given_settings() -> str:
    """Those of the production site, with one process behind it."""
    settings = (ROOT / "deploy/Caddyfile").read_text("utf-8")
    production, _, _ = settings.partition("development.studios.example")
    return production.replace(" 127.0.0.1:8001", "")


@contextmanager
def proxy(port: int, *, site: int, folder: Path) -> Iterator[None]:
    """`port` speaks plain HTTP here, `port` + 1 TLS; both hand on to `site`."""
    settings = given_settings().replace("servers", HERE, 1)
    settings = settings.replace("127.0.0.1:8000", f"127.0.0.1:{site}")
    settings = settings.replace(
        "studios.example", f"http://localhost:{port}, https://localhost:{port + 1}"
    )
    settings = settings.replace("request_body", "tls internal\n\trequest_body")
    file = folder / "Caddyfile"
    file.write_text(settings)
    words = [command(), "run", "--config", str(file), "--adapter", "caddyfile"]
    env = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(words, env=env, cwd=folder, stdout=log, stderr=log)
    try:
        wait_until(lambda: is_up(port) and is_up_with_tls(port + 1))
        yield
    finally:
        process.kill()  # it would wait for connections that tests left open
        process.wait()


def opened(port: int, path: str) -> Any:
    """An answer to close, over TLS. The certificate is the proxy's own."""
    trusting = ssl._create_unverified_context()
    address = f"https://localhost:{port}{path}"
    return urllib.request.urlopen(address, context=trusting, timeout=10)


def is_up_with_tls(port: int) -> bool:
    try:
        with opened(port, "/healthz") as said:
            return bool(said.status == 200)
    except OSError:
        return False


def command() -> str:
    beside = Path(sys.executable).parent / "caddy"
    return str(beside) if beside.exists() else str(shutil.which("caddy"))
