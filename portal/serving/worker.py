"""The process that gunicorn starts: its ASGI worker, with our connections and our front."""

import asyncio
import os
import resource
from dataclasses import replace
from typing import Any

from gunicorn.workers.gasgi import ASGIWorker

from portal.serving.bodies import Bodies
from portal.serving.connection import Connection, Connections
from portal.serving.front import Front
from portal.serving.limits import Limits
from portal.serving.pools import Door, Size, make_pools

FILES_FOR_OURSELVES = 200
"""File descriptors that are left to databases, pictures and logs."""


class SiteWorker(ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """`wsgi` is the application, as with the other workers: gunicorn.conf.py asks for it."""

    def load_wsgi(self) -> None:
        self.wsgi = self.app.wsgi()
        self.limits = fitting(Limits())
        self.connections = Connections(self.limits)
        config = getattr(self.wsgi, "config", {})
        largest = config.get("MAX_CONTENT_LENGTH") or self.limits.body_bytes
        self.asgi = Front(
            self.wsgi,
            bodies=Bodies(self.limits, largest),
            pool_of=make_pools(sizes()),
            multiprocess=self.cfg.workers > 1,
        )

    async def _serve(self) -> None:
        """As gunicorn's own, with our connections and without the lifespan that no WSGI has."""
        for each in self.sockets:
            server = await self.loop.create_server(
                lambda: Connection(self, self.connections),
                sock=each.sock,
                ssl=self._get_ssl_context(),
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
        self.connections.close_unfinished()
        await self._shutdown()


def sizes() -> dict[Door, Size]:
    return {
        Door.PUBLIC: Size(int(os.environ.get("X_PUBLIC", 4)), waiting=300),
        Door.ROOM: Size(int(os.environ.get("X_ROOM", 4)), waiting=100),
        Door.FILES: Size(2, waiting=300),
    }


def fitting(limits: Limits) -> Limits:
    """As many connections as this process may have open files for; each may have a body on disk."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = limits.connections * 2 if hard == resource.RLIM_INFINITY else hard - FILES_FOR_OURSELVES
    return replace(limits, connections=max(50, min(limits.connections, files // 2)))


def _typed(worker: Any) -> Any:
    return worker
