"""How gunicorn serves the site: whole requests for threads, and a lease for each of its processes.

portal/serving is the worker: its pools of threads and the clocks of connections are there.
"""

import os
from typing import Any

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
accesslog = None
loglevel = "warning"


def post_worker_init(worker: Any) -> None:
    """Take the lease before the first request: the release gate counts this process from now."""
    from portal.app import keep_lease  # noqa: PLC0415 — the arbiter never loads the application

    with worker.wsgi.app_context():
        keep_lease()


def worker_exit(_server: Any, _worker: Any) -> None:
    from portal.jobs.leases.holder import end_lease  # noqa: PLC0415 — as above

    end_lease()
