"""The worker process of gunicorn: its ASGI worker, with our connections and our front."""

import asyncio
import logging
import os
import resource
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter
from gunicorn.workers.gasgi import ASGIWorker

from portal.serving.access import AsgiApp, with_access_log
from portal.serving.bodies import Bodies
from portal.serving.connection import Connection, Connections
from portal.serving.front import WsgiBridge
from portal.serving.limits import LARGER_BODIES, Limits
from portal.serving.pools import SIZES, RequestKind, Size, make_pools

log = logging.getLogger(__name__)

FILES_FOR_OURSELVES = 200
"""File descriptors reserved for databases, pictures and logs."""


class SiteWorker(ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """`wsgi` is the application, as with the other workers; gunicorn.conf.py reads it."""

    alive: bool
    limits: ClassVar[Limits] = Limits()
    sizes: ClassVar[Mapping[RequestKind, Size]] = SIZES
    asgi: AsgiApp

    def load_wsgi(self) -> None:
        self.wsgi = _loaded(self.app)
        limits = fitting(self.limits)
        self.connections = Connections(limits)
        config = getattr(self.wsgi, "config", {})
        largest = config.get("MAX_CONTENT_LENGTH") or limits.body_bytes
        bridge = WsgiBridge(
            self.wsgi,
            bodies=Bodies(limits, largest, config.get(LARGER_BODIES)),
            pool_of=make_pools(self.sizes),
            trusted_proxies=_trusted_proxies(self.wsgi),
            multiprocess=self.cfg.workers > 1,
        )
        self.asgi = bridge
        if _has_access_log(self.wsgi):
            self.asgi = with_access_log(bridge, trusted_proxies=_trusted_proxies(self.wsgi))

    async def _serve(self) -> None:
        """Like gunicorn's own, with our connections and without lifespan, which WSGI lacks."""
        tls = self._get_ssl_context()
        if self.cfg.is_ssl and tls is None:
            raise RuntimeError("TLS is asked for and its certificate can't be used.")
        for each in self.sockets:
            server = await self.loop.create_server(
                lambda: Connection(self, self.connections),
                sock=each.sock,
                ssl=tls,
                backlog=self.cfg.backlog,
            )
            self.servers.append(server)
        while self.alive and self.ppid == os.getppid():
            self.notify()
            self.connections.look()
            await asyncio.sleep(1)
        self.alive = False
        for server in self.servers:
            server.close()
        self.connections.close_idle()
        await self._shutdown()


def _loaded(app: Any) -> Any:
    """Its sentence was printed: starting other processes would print it again, and for ever."""
    try:
        return app.wsgi()
    except SystemExit as error:
        if isinstance(error.code, str):
            log.critical("%s", error.code)
        raise SystemExit(Arbiter.APP_LOAD_ERROR) from None


def _has_access_log(app: object) -> bool:
    """From the application's settings; False for another application."""
    settings = getattr(app, "extensions", {}).get("portal.settings")
    return bool(getattr(settings, "has_access_log", False))


def _trusted_proxies(app: object) -> int:
    """From the application's settings; 0 for another application."""
    settings = getattr(app, "extensions", {}).get("portal.settings")
    return int(getattr(settings, "trusted_proxies", 0))


def fitting(limits: Limits) -> Limits:
    """Reduce the number of connections to the limit of open files; each may also have a body on
    disk."""
    soft, hard = (_count(each) for each in resource.getrlimit(resource.RLIMIT_NOFILE))
    files = min(max(soft, limits.connections * 2 + FILES_FOR_OURSELVES), hard)
    if files > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    may_hold = (files - FILES_FOR_OURSELVES) // 2
    return replace(limits, connections=max(50, min(limits.connections, may_hold)))


def _count(limit: int) -> int:
    return 2**31 if limit == resource.RLIM_INFINITY else limit
