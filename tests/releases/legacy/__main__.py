"""Serve the old release: the directory, the ops database and the port as the environment says."""

import os
from datetime import timedelta

from werkzeug.serving import make_server

from portal.core.configuration.settings import Settings, load_settings
from portal.jobs.leases import holder as leases
from portal.jobs.leases.holder import LeaseHolder
from portal.jobs.models import LeaseKind
from tests.releases.legacy.app import create_legacy_app

SERVES = frozenset({"0001"})
RELEASE = "2025.11-legacy"


class LegacyLease(LeaseHolder):
    """The lease of another release than the code that renews it."""

    def _row(self) -> dict[str, object]:
        return {**super()._row(), "release": RELEASE}


def take_legacy_lease(settings: Settings) -> LeaseHolder:
    lease = LegacyLease(settings.ops_url, LeaseKind.WEB, settings.env.value, sorted(SERVES))
    lease.start()
    return lease


def main() -> None:
    if every := os.environ.get("LEASE_EVERY"):
        leases.INTERVAL = timedelta(seconds=float(every))
    settings = load_settings()
    app = create_legacy_app(settings.directory_url)
    app.extensions["portal.settings"] = settings
    server = make_server("127.0.0.1", settings.port, app, threaded=True)
    with app.app_context():
        lease = take_legacy_lease(settings)
    try:  # whoever reads the port may end this process at once
        print(f"legacy release on port {server.server_port}", flush=True)  # noqa: T201
        server.serve_forever()
    finally:
        lease.end()


if __name__ == "__main__":
    main()
