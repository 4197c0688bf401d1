"""What an admin decides about probes: a target's public address, intervals, thresholds, names."""

import re
from typing import NoReturn
from urllib.parse import urlsplit

from sqlalchemy import select

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.errors import Invalid, NotFound
from portal.core.storage.database import db
from portal.databases.targets.config import Target
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import registered_target
from portal.monitoring.probes.kinds import LONGEST_INTERVAL, LONGEST_TIMEOUT, MOST, key_of
from portal.monitoring.probes.models import Probe, ProbeKind, ProbeState
from portal.monitoring.probes.plan import planned_probes, reset, settle

LONGEST_ADDRESS, LONGEST_NAME = 200, 60
SHORTEST_INTERVAL = 5
OF_SITES = (ProbeKind.HOME, ProbeKind.READY, ProbeKind.CERTIFICATE)
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
IPV6 = re.compile(r"[0-9a-f:.]+")


def public_address(text: str | None) -> str | None:
    """Scheme, host and port of an address, as it is stored; None for nothing. Raises Invalid."""
    text = (text or "").strip()
    if not text:
        return None
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        _refuse("The address can’t be read; it looks like https://studios.example.")
    if url.scheme not in {"http", "https"}:
        _refuse("The address begins with https:// or http://.")
    if url.username is not None or url.password is not None:
        _refuse("The address may hold no user and no password.")
    if len(text) > LONGEST_ADDRESS or not (HOST.fullmatch(host) or _is_ipv6(host)):
        _refuse("The address names no host; write a name of another alphabet in its ASCII form.")
    if url.path not in {"", "/"} or url.query or url.fragment or port == 0:
        _refuse("Give only the beginning of the address, such as https://studios.example.")
    host = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{host}{f':{port}' if port else ''}"


def _is_ipv6(host: str) -> bool:
    return ":" in host and bool(IPV6.fullmatch(host))


def _refuse(sentence: str) -> NoReturn:
    raise Invalid(sentence, field="address")


def set_public_address(target: Target, text: str | None, *, by: Actor) -> str | None:
    """Where the visitors of a target find its site; its probes begin again. The caller commits.

    Raises Invalid, or NotFound for a target that is not registered.
    """
    row = registered_target(target.name)
    if row is None:
        raise NotFound(f"{target.name.capitalize()} is not registered yet.")
    address = public_address(text)
    if address == row.public_address:
        return address
    _move(row, address)
    record(
        "target.address-changed",
        target.name,
        by=by,
        target=target.name,
        details={"address": address or "none"},
    )
    return address


def _move(row: RegisteredTarget, address: str | None) -> None:
    row.public_address = address
    db.session.flush()
    settle(planned_probes())
    db.session.flush()
    of = Probe.target == row.name, Probe.kind.in_(OF_SITES)
    for probe in db.session.scalars(select(Probe).where(*of)):
        if probe.outcome is not None:
            reset(probe)


def name_probe(kind: ProbeKind, target: str, name: str) -> None:
    """Give a probe a public name, unless it has one. The caller commits."""
    key = key_of(kind, target)
    settle(planned_probes())
    db.session.flush()
    probe = db.session.scalar(select(Probe).where(Probe.key == key))
    if probe is not None and probe.public_name is None and probe.measured_at is None:
        probe.public_name = name[:LONGEST_NAME]


def change_probe(
    probe: Probe,
    *,
    is_on: bool,
    public_name: str | None,
    interval: int,
    timeout: int,
    down_after: int,
    up_after: int,
    by: Actor,
) -> None:
    """Change what is measured, how often, and when it counts. The caller commits.

    Raises Invalid for a number out of range, and for a public name that another probe has.
    """
    _require("interval", interval, SHORTEST_INTERVAL, LONGEST_INTERVAL)
    _require("timeout", timeout, 1, LONGEST_TIMEOUT)
    _require("down_after", down_after, 1, MOST)
    _require("up_after", up_after, 1, MOST)
    if timeout > interval:
        raise Invalid("The time-out can’t be longer than the interval.", field="timeout")
    name = _free_name(probe, public_name)
    if is_on != probe.is_on:
        probe.streak, probe.state, probe.state_since = 0, ProbeState.UNKNOWN, None
    probe.is_on, probe.public_name = is_on, name
    probe.interval_seconds, probe.timeout_seconds = interval, timeout
    probe.down_after, probe.up_after = down_after, up_after
    details: dict[str, str | int | None] = {
        "on": "yes" if is_on else "no",
        "name": name,
        "interval": interval,
        "timeout": timeout,
        "down after": down_after,
        "up after": up_after,
    }
    record("probe.changed", probe.key, by=by, target=probe.target, details=details)


def _require(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Invalid(f"Give a whole number from {least} to {most:,}.", field=field)


def _free_name(probe: Probe, text: str | None) -> str | None:
    name = " ".join((text or "").split())
    if not name:
        return None
    if len(name) > LONGEST_NAME:
        raise Invalid(f"Keep it below {LONGEST_NAME} characters.", field="public_name")
    others = select(Probe.public_name).where(Probe.id != probe.id, Probe.public_name.is_not(None))
    if name.casefold() in {str(each).casefold() for each in db.session.scalars(others)}:
        raise Invalid("Another probe has this public name.", field="public_name")
    return name
