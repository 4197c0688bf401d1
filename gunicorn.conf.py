"""How gunicorn serves the site: whole requests for threads, and a lease for each of its processes.

portal/serving is the worker: its pools of threads and the clocks of connections are there.
"""

import logging
import os
import sys
from typing import Any

_log = logging.getLogger("portal.serving")

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
worker_class = "portal.serving.worker.SiteWorker"
asgi_loop = "asyncio"
# A client that left waits for nothing: its request is dropped where no thread has begun it.
asgi_disconnect_grace_period = 0
keepalive = 5
timeout = 60
graceful_timeout = 4
# Where each process touches a file once a second: a disk that hangs must not stop its event loop.
_MEMORY = "/dev/shm"  # noqa: S108 — gunicorn's file there has no name
worker_tmp_dir = _MEMORY if os.access(_MEMORY, os.W_OK) else None
# Only TRUSTED_PROXIES decides who the visitor is, and by which scheme.
forwarded_allow_ips = ""
accesslog = None  # ACCESS_LOG is for the requests' own lines
loglevel = "warning"
# Nothing may be changed in a running process from outside.
control_socket_disable = True
logger_class = "portal.serving.access.ServerLog"


def when_ready(server: Any) -> None:
    where = ", ".join(str(each) for each in server.LISTENERS)
    _log.info("Started: listens at %s. Processes: %s.", where, server.cfg.workers)


def on_starting(_server: Any) -> None:
    """End with one line where a setting is wrong, before the port is taken.

    A worker that can't start would leave gunicorn waiting without one. Looked at in a fork: the
    arbiter itself loads nothing of the product.
    """
    child = os.fork()
    if child == 0:
        os._exit(_says_what_is_wrong())
    if os.waitpid(child, 0)[1]:
        raise SystemExit(1)


def _says_what_is_wrong() -> int:
    from portal.core.errors import SettingError  # noqa: PLC0415 — as above
    from portal.start import settings_of_a_site  # noqa: PLC0415

    try:
        settings_of_a_site()
    except SettingError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.stderr.flush()
        return 1
    return 0


def post_worker_init(worker: Any) -> None:
    """Take the lease before the first request: the release gate counts this process from now."""
    from portal.app import keep_lease, log_start  # noqa: PLC0415 — the arbiter never loads this

    with worker.wsgi.app_context():
        keep_lease()
        log_start()


def worker_exit(_server: Any, worker: Any) -> None:
    from portal.jobs.leases.holder import end_lease  # noqa: PLC0415 — as above

    end_lease()
    if getattr(worker, "booted", False):
        _log.info("Stopped: this process has answered what it had begun.")


def on_exit(_server: Any) -> None:
    _log.info("Stopped.")
