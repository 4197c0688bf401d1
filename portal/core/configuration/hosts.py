"""The host names that this site accepts: BASE_URL's host, and those in ALLOWED_HOSTS.

A name without a port allows the default ports 80 and 443; one with a port allows that port only.
There are no wildcards.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import urlsplit

from portal.core.errors import SettingError

_HOST = re.compile(
    r"(?P<name>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?",
    re.ASCII | re.IGNORECASE,
)
DEFAULT_PORTS = {"http": 80, "https": 443}
#: This machine, on any port.
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True)
class Host:
    """A host as given in a request or a setting, in lower case."""

    name: str
    port: int | None = None


@dataclass(frozen=True)
class AllowedHost:
    """None among the ports: a host without a port."""

    name: str
    ports: frozenset[int | None]

    def allows(self, host: Host) -> bool:
        return host.name == self.name and host.port in self.ports


@lru_cache(256)
def read_host(text: str) -> Host | None:
    """None for an invalid host: empty, several, with user information or a trailing dot."""
    found = _HOST.fullmatch(text)
    if found is None:
        return None
    name, port = found["name"].lower(), int(found["port"]) if found["port"] else None
    if port is not None and port > 65535:
        return None
    if name.startswith("["):
        try:
            name = f"[{IPv6Address(name[1:-1]).compressed}]"
        except AddressValueError:
            return None
    return Host(name, port)


def base_host(base_url: str) -> AllowedHost:
    """Raises SettingError for an address that is not valid for pages."""
    try:
        parts = urlsplit(base_url)
    except ValueError:
        parts = urlsplit("")
    host = read_host(parts.netloc)
    if parts.scheme not in DEFAULT_PORTS or host is None or parts.query or parts.fragment:
        raise SettingError(
            f"BASE_URL is “{base_url}”; it must be an address such as https://studios.example."
        )
    default = DEFAULT_PORTS[parts.scheme]
    return AllowedHost(host.name, _ports(host.port or default, {default}))


def allowed_hosts(value: str) -> tuple[AllowedHost, ...]:
    """ALLOWED_HOSTS: names with or without a port, separated by commas. Raises SettingError."""
    return tuple(_allowed(each.strip()) for each in value.split(",") if each.strip())


def is_allowed(host: Host | None, allowed: Iterable[AllowedHost]) -> bool:
    return host is not None and any(each.allows(host) for each in allowed)


def _allowed(text: str) -> AllowedHost:
    try:
        host = read_host(text if text.isascii() else text.encode("idna").decode())
    except UnicodeError:
        host = None
    if host is None:
        raise SettingError(
            f"ALLOWED_HOSTS names “{text}”; write hosts such as studios.example"
            " or studios.example:8443, with commas between them."
        )
    defaults = set(DEFAULT_PORTS.values())
    if host.port is None:
        return AllowedHost(host.name, frozenset({None, *defaults}))
    return AllowedHost(host.name, _ports(host.port, defaults))


def _ports(port: int, defaults: set[int]) -> frozenset[int | None]:
    return frozenset({port, None}) if port in defaults else frozenset({port})
