"""Serve this release, or one of the same product that knows other revisions, in a process.

RELEASE_SERVES=0001 PORTAL_ENV=production PORTAL_DATA=... python -m tests.releases.present
"""

import os

from werkzeug.serving import make_server

import portal.app
from portal.databases.targets import readiness


def main() -> None:
    app = portal.app.create_app()
    if serves := os.environ.get("RELEASE_SERVES"):
        portal.app.SERVES = frozenset(serves.split(","))
        readiness.declare(portal.app.SERVES)
    with app.app_context():
        portal.app.keep_lease()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(f"port {server.server_port}", flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main()
