"""/metrics: what is known here, for Prometheus, and only for the addresses of METRICS_FROM."""

from ipaddress import ip_address

from flask import Response, request

from portal.core.configuration.settings import settings
from portal.core.errors import NotFound
from portal.monitoring.views import blueprint
from portal.monitoring.views.exposition import CONTENT_TYPE, exposition


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """Raises NotFound for every other address: it does not say that there is something."""
    if _came_through_unknown_proxy() or not may_read(request.remote_addr):
        raise NotFound("There is no page at this address.")
    answer = Response(exposition(), content_type=CONTENT_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def may_read(address: str | None) -> bool:
    """By the client's address, as a trusted proxy states it."""
    try:
        client = ip_address(address or "")
    except ValueError:
        return False
    client = getattr(client, "ipv4_mapped", None) or client
    return any(client in network for network in settings().metrics_from)


def _came_through_unknown_proxy() -> bool:
    """Without TRUSTED_PROXIES the address would be the proxy's, for each client behind it."""
    forwarded = {"Forwarded", "X-Forwarded-For"} & set(request.headers.keys())
    return bool(forwarded) and not settings().trusted_proxies
