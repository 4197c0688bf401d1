"""Which sessions on a target stop a change, and which were declared known."""

from dataclasses import dataclass

from portal.core.errors import Refusal, Refused
from portal.core.page import cached_per_page
from portal.databases.engines import engine_for
from portal.databases.engines.base import Session
from portal.databases.sessions.known import known_sessions
from portal.databases.targets.config import Target
from portal.jobs.leases.holder import live_leases
from portal.jobs.processes import PRODUCT, name_of_session, session_name


@dataclass(frozen=True)
class Sessions:
    """Those that are no live process of this control room: `unknown` stop a change, `known` do
    not."""

    unknown: list[Session]
    known: list[Session]


@cached_per_page
def other_sessions(target: Target) -> Sessions:
    """A process whose lease was ended counts as unknown: its activity can't be determined."""
    live = {name_of_session(lease.release, lease.host, lease.pid) for lease in live_leases()}
    live.add(session_name())
    others = [each for each in engine_for(target.url).sessions() if each.name not in live]
    declared = {each.role for each in known_sessions(target)} if others else set()
    roles = engine_for(target.url).roles_that_only_read(declared) if declared else set()
    known = [each for each in others if _is_known(each, roles)]
    return Sessions([each for each in others if each not in known], known)


def _is_known(session: Session, roles: set[str]) -> bool:
    """Of a role that may write nothing, without a lock, and not named like one of this product."""
    is_own = session.name.startswith(PRODUCT)
    return session.role in roles and not session.writes and not is_own


def unknown_sessions(target: Target) -> list[Session]:
    """Sessions on the target that are neither live processes of this control room nor declared
    known."""
    return other_sessions(target).unknown


def refuse_strangers(target: Target) -> None:
    """Raises Refused, naming each session that is unknown to the control room."""
    if strangers := unknown_sessions(target):
        raise Refused(
            f"{target.name.capitalize()} has sessions of programs that are not known here:"
            f" {'; '.join(each.words for each in strangers)}. Nothing was changed.",
            remedy="End them, or restart these programs, and try again. For a permanent session"
            " that only reads, such as a monitor's: flask databases declare-known"
            f" {target.name} ROLE --reason WHY",
            refusal=Refusal("migration.refused", target.name),
        )
