import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.line import free_port, gunicorn

WORKER = "tests.serving.small_site.SmallWorker"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a small site under the product's worker."""
    port = free_port()
    with small_site(port, tmp_path_factory.mktemp("small") / "log"):
        yield port


def small_site(port: int, log: Path):
    words = ["-c", "/dev/null", "-k", WORKER, "-b", f"127.0.0.1:{port}", "--keep-alive", "3"]
    words += ["--graceful-timeout", "30", "--log-level", "error"]
    words += ["--asgi-disconnect-grace-period", "0"]
    application = "tests.serving.small_site:application"
    return gunicorn(port, *words, application, env=dict(os.environ), log=log)
