"""The public status page: what is going on, 90 days of each public probe, what is over.

It reads ops alone, with neither a session nor a cookie, and keeps what it read last. Start with
`pages`.
"""

from portal.incidents.views.status.pages import blueprint, init_status
from portal.incidents.views.status.version import StatusVersion, status_address

__all__ = ["StatusVersion", "blueprint", "init_status", "status_address"]
