"""METRICS_FROM: addresses and networks, separated by commas."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from portal.core.errors import SettingError

Network = IPv4Network | IPv6Network


def networks_setting(name: str, text: str) -> tuple[Network, ...]:
    """Empty for an empty setting. Raises SettingError."""
    words = [each.strip() for each in text.split(",") if each.strip()]
    try:
        return tuple(ip_network(each) for each in words)
    except ValueError as error:
        raise SettingError(
            f"{name} can’t be read: {error}. It lists addresses or networks, such as 10.0.0.0/8,"
            " separated by commas."
        ) from None
