"""Logging in to a demo with one click, on the machine that runs it and nowhere else.

`why_not` is the one decision: the login page offers what it allows, and a request is refused by the
same rules. What is unknown, absent or unusual counts against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from portal.accounts.login.sessions import open_session
from portal.accounts.login.throttle import allowances, consume_allowance, refund_allowance
from portal.accounts.models import Account, LoginSession, Role
from portal.audit.models import AuditEntry, Outcome
from portal.audit.service import record
from portal.control.demo import OWNER, STAFF, logins_file
from portal.core.configuration.hosts import LOCAL_NAMES, read_host
from portal.core.configuration.settings import settings
from portal.core.errors import Forbidden, PortalError, Refusal
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.targets.config import targets
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import all_registered, is_demo

SET_UP_WITHIN = timedelta(seconds=2)
"""Between the times that a new account's row gets for its creation and for its password."""
OF_PROXIES = {
    *("HTTP_FORWARDED", "HTTP_VIA", "HTTP_TRUE_CLIENT_IP", "HTTP_CF_CONNECTING_IP"),
    *("HTTP_FASTLY_CLIENT_IP", "HTTP_CLIENT_IP", "HTTP_X_CLIENT_IP", "HTTP_X_REAL_IP"),
    *("HTTP_X_CLUSTER_CLIENT_IP", "HTTP_X_PROXYUSER_IP"),
}
"""Besides all that begin with X-Forwarded or X-Original."""


@dataclass(frozen=True)
class Asked:
    """What a request shows of its sender, before any proxy's word for it was believed."""

    peer: str
    host: str
    target: str
    protocol: str
    proxies: tuple[str, ...]

    @classmethod
    def of(cls, environ: Mapping[str, Any]) -> "Asked":
        seen = environ.get("werkzeug.proxy_fix.orig", environ)
        return cls(
            peer=str(seen.get("REMOTE_ADDR") or ""),
            host=str(seen.get("HTTP_HOST") or ""),
            target=str(environ.get("RAW_URI") or "/"),
            protocol=str(environ.get("SERVER_PROTOCOL") or ""),
            proxies=tuple(name for name in environ if _is_of_a_proxy(name)),
        )

    @property
    def is_from_here(self) -> bool:
        """A proxy speaks HTTP/1.0 to what is behind it, or names itself, or who asked it."""
        host = read_host(self.host)
        is_direct = self.protocol.startswith(("HTTP/1.1", "HTTP/2")) and not self.proxies
        is_local = host is not None and host.name in LOCAL_NAMES and self.target.startswith("/")
        return is_direct and is_local and _is_loopback(self.peer)


@dataclass(frozen=True)
class DemoLogin:
    """One button of the login page. `role` is its key in demo-accounts.json."""

    role: str
    label: str
    does: str


def offered(asked: Asked) -> list[DemoLogin]:
    """The logins that this request may use; none outside of a demo on this machine."""
    if why_not(asked):
        return []
    there = _accounts()
    return [
        DemoLogin(role, f"Log in as {STAFF[role][1]} ({role})", does)
        for role, does in DOES.items()
        if role in there
    ]


DOES = {
    "ops": "Leads the work: prepares the change, follows the runbook, writes to clients",
    "admin": "Gives the second confirmation, restores, manages accounts",
    "client": "Reads what is written for clients",
}
"""In the order of the page."""


def where_password_is(account: Account | None, asked: Asked) -> str | None:
    """For who is asked for the password of a login that needed none; None outside of a demo here.

    It names the place and never the password: reading it there is what it asks for.
    """
    file = logins_file()
    if account is None or why_not(asked) or not file.exists():
        return None
    if all(each.id != account.id for each in _accounts().values()):
        return None
    place = f"{file.parent.name}/{file.name}"
    return f"In this demo it is in the file {place}, for {account.email}."


def where_owner_logs_in(asked: Asked) -> str | None:
    """For the login page of the site: whose login is in the demo, and the place of its password.
    None outside of a demo here, and where ops can't be asked."""
    if not asked.is_from_here:
        return None
    try:
        if why_not(asked) or not logins_file().exists():
            return None
    except (SQLAlchemyError, PortalError):
        db.session.rollback()
        return None
    place = f"{logins_file().parent.name}/{logins_file().name}"
    return f"This is a demo. One of its owners is {OWNER}; the password is in the file {place}."


def why_not(asked: Asked) -> str | None:
    """The first rule that forbids a login without a password, as a sentence; None if none does."""
    if not asked.is_from_here:
        return "This is possible only on the machine that runs the demo, by its own address."
    if not _is_private():
        return "This control room’s settings name an address or a proxy of its own."
    if not is_demo():
        return "This control room is not a demo."
    if not _are_all_demo(_registered()) or _was_one_taken_over():
        return "A database of this control room is not known to be a demo."
    return None


def demo_login(role: str, asked: Asked, *, user_agent: str) -> tuple[LoginSession, str]:
    """The session and its token. The caller commits. Raises Forbidden, or TooMany.

    Like an attempt with a password it is charged to the throttle, which is committed here, and
    refunded once it is allowed.
    """
    email = STAFF[role][0] if role in STAFF else ""
    keys = allowances(email, asked.peer, None)
    consume_allowance(keys)
    db.session.commit()
    account = _accounts().get(role)
    why = why_not(asked) or (None if account else "This account is not as the demo made it.")
    if why or account is None:
        raise Forbidden(
            why or "",
            remedy="Log in with a password.",
            refusal=Refusal("login.failed", details={"how": "demo"}),
        )
    refund_allowance(keys)
    row, token = open_session(account, address=asked.peer, user_agent=user_agent)
    db.session.flush()
    target = f"accounts/{account.id}"
    record("login.succeeded", row, by=account, target=target, details={"how": "demo"})
    return row, token


def _is_of_a_proxy(name: str) -> bool:
    return name in OF_PROXIES or name.startswith(("HTTP_X_FORWARDED", "HTTP_X_ORIGINAL"))


def _is_loopback(peer: str) -> bool:
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False


def _is_private() -> bool:
    """Whether the settings name neither a proxy nor a host that others could use."""
    config = settings()
    return not config.trusted_proxies and all(each.name in LOCAL_NAMES for each in config.hosts)


def _registered() -> Sequence[RegisteredTarget]:
    """None where a row of them can't be read: what is known then is not all of it."""
    try:
        return all_registered()
    except ValueError:
        return []


def _are_all_demo(registered: Sequence[RegisteredTarget]) -> bool:
    """Whether each database is registered as a demo, and each address is the registered one.

    Also of those that the settings name and nothing is known of.
    """
    known = {each.name: each.address for each in registered}
    is_known = all(known.get(each.name) == engine_for(each.url).address for each in targets())
    return bool(registered) and is_known and all(each.is_demo for each in registered)


def _was_one_taken_over() -> bool:
    """Whether a database came from another control room: its label says so when it is adopted."""
    return db.session.scalar(_TAKEN_OVER) is not None


_TAKEN_OVER = (
    select(AuditEntry.seq)
    .where(
        AuditEntry.action == "target.adopted",
        AuditEntry.outcome == Outcome.DONE,
        AuditEntry.canonical.contains('"room":'),
    )
    .limit(1)
)


def _accounts() -> dict[str, Account]:
    """The demo's accounts by role, of those that are as the set-up made them."""
    emails = [email for email, _, _ in STAFF.values()]
    found = {each.email: each for each in db.session.scalars(_BY_EMAIL, {"emails": emails})}
    return {
        role: found[email]
        for role, (email, _, kind) in STAFF.items()
        if email in found and _is_untouched(found[email], kind)
    }


_BY_EMAIL = select(Account).where(Account.email.in_(bindparam("emails", expanding=True)))


def _is_untouched(account: Account, role: Role) -> bool:
    """A password that somebody chose since makes the account theirs."""
    since = abs(account.password_changed_at - account.created_at)
    is_own = account.must_change_password or since > SET_UP_WITHIN
    return account.role is role and not account.is_shut_out and not is_own
