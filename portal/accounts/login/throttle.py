"""Rate limits for login attempts and private links.

Each key has an allowance: a burst of attempts, then one per interval. Every attempt is charged
before the password is verified, so that concurrent attempts gain nothing, and refunded if the
password is right. Nothing is locked out: waiting always helps. A device that has logged in to this
account before has an allowance of its own, so that strangers can't lock its owner out. Algorithm:
generic cell rate (virtual scheduling), ITU-T I.371.
"""

import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, scoped_session

from portal.accounts.models import ThrottleMark
from portal.core.clock import now
from portal.core.errors import Refusal, TooMany
from portal.core.storage.database import db

NOTHING = timedelta(0)

Store = Session | scoped_session[Any]


@dataclass(frozen=True)
class Allowance:
    key: str
    burst: int
    interval: timedelta


def allowances(email: str, address: str | None, device: str | None) -> list[Allowance]:
    """The allowances charged for one attempt. `device` is the id of a device known to the
    account."""
    person = sha256(email.casefold().encode()).hexdigest()[:32]
    if device:
        return [Allowance(f"device:{device}:{person}", 10, timedelta(seconds=30))]
    return [
        Allowance(f"account:{person}", 5, timedelta(seconds=60)),
        Allowance(f"address:{network_of(address)}", 20, timedelta(seconds=15)),
        Allowance("everybody", 100, timedelta(seconds=1)),
    ]


def link_allowances(address: str | None) -> list[Allowance]:
    """The allowance for opening a private link; enough for an office behind one address."""
    return [Allowance(f"links:{network_of(address)}", 60, timedelta(seconds=5))]


def consume_allowance(
    keys: list[Allowance],
    *,
    attempts: str = "attempts to log in",
    action: str = "login.throttled",
    store: Store = db.session,
) -> None:
    """Take one attempt from each allowance. Raises TooMany, and takes nothing, if one is used up.

    The caller commits in any case; `store` is its session.
    """
    marks = _marks(keys, store)
    at = now()  # not before a mark that was just made, which would count as used
    ahead = {key.key: _ahead(marks[key.key], key, at) for key in keys}
    waits = [
        wait for key in keys if (wait := ahead[key.key] - key.interval * (key.burst - 1)) > NOTHING
    ]
    if waits:
        raise TooMany(
            f"Too many {attempts}. Wait {_words(max(waits))} and try again.",
            refusal=Refusal(action),
        )
    for key in keys:
        marks[key.key].used_until = at + ahead[key.key] + key.interval
    store.execute(delete(ThrottleMark).where(ThrottleMark.used_until < at - timedelta(days=1)))


def _ahead(mark: ThrottleMark, key: Allowance, at: datetime) -> timedelta:
    """How much of the allowance is used.

    Attempts can't advance a mark beyond the burst; only a wrong clock can. Then one attempt is free
    and the following ones are at the slowest rate, so such a mark locks no one out.
    """
    used = max(mark.used_until - at, NOTHING)
    return used if used <= key.interval * key.burst else key.interval * (key.burst - 1)


def refund_allowance(keys: list[Allowance], store: Store = db.session) -> None:
    """Refund the attempt, as it was right."""
    marks = _marks(keys, store)
    for key in keys:
        marks[key.key].used_until -= key.interval


def _marks(keys: list[Allowance], store: Store) -> dict[str, ThrottleMark]:
    """By key, in one statement: the writer's lock is held meanwhile."""
    names = [each.key for each in keys]
    query = select(ThrottleMark).where(ThrottleMark.key.in_(names))
    found = {mark.key: mark for mark in store.scalars(query)}
    new = [ThrottleMark(key=name, used_until=now()) for name in names if name not in found]
    store.add_all(new)
    return found | {mark.key: mark for mark in new}


def network_of(address: str | None) -> str:
    """The address, or for IPv6 the /64, which one household or server has for itself."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if ip.version == 6:
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _words(wait: timedelta) -> str:
    seconds = math.ceil(wait.total_seconds())
    if seconds < 90:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{-(-seconds // 60)} minutes"
