"""The result of a check, and the target that it is about."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from portal.databases.migrations.revision import Revision
from portal.databases.targets.config import Target
from portal.databases.targets.identity import Judgement, judge
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import guards_real_production, registered_target


@dataclass(frozen=True)
class Finding:
    """One sentence with its remedy. A fault ends the command with exit code 1, a note does not."""

    sentence: str
    is_fault: bool = True


def fault(sentence: str) -> Finding:
    return Finding(sentence)


def note(sentence: str) -> Finding:
    return Finding(sentence, is_fault=False)


def fault_of_real_production(sentence: str) -> Finding:
    """Only a note for a developer, or for a person who tries the product out."""
    return Finding(sentence, is_fault=guards_real_production())


class CheckedTarget:
    """A target under check: what several checks need is queried once."""

    def __init__(self, target: Target) -> None:
        self.target, self.name = target, target.name

    @cached_property
    def judgement(self) -> Judgement:
        return judge(self.target)

    @property
    def known(self) -> RegisteredTarget | None:
        return registered_target(self.name)

    @property
    def revision(self) -> str | None:
        return self.judgement.revision

    @property
    def pending(self) -> list[Revision]:
        """Raises Conflict at a revision that this release does not know."""
        return self.target.history.pending(self.revision)


OfTarget = Callable[[CheckedTarget], Iterator[Finding]]
OfRoom = Callable[[], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """`what` begins a sentence: “The version table”. `needs_identity`: requires a confirmed one."""

    what: str
    look: OfTarget
    needs_identity: bool = True


@dataclass(frozen=True)
class RoomCheck:
    what: str
    look: OfRoom
