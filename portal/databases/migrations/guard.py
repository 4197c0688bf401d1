"""The guard: migrations/directory/env.py calls it before anything that writes.

Everything is read again here, on the connection and under the lock that the change will use, so
that what was checked is what is changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from portal.core.configuration.settings import Settings
from portal.core.errors import PortalError, Refusal, Refused
from portal.databases.changes import journal, tickets
from portal.databases.changes.models import Ticket
from portal.databases.changes.plan import require_unchanged
from portal.databases.engines import engine_for
from portal.databases.migrations.invariants.measure import Measured
from portal.databases.policies.expand_contract import require_soaked
from portal.databases.policies.maintenance import require_announced
from portal.databases.policies.release_gate import refuse_unless_served
from portal.databases.policies.windows import require_window
from portal.databases.targets.config import Target, targets
from portal.databases.targets.control_rooms import sign, this_room
from portal.databases.targets.identity import IdentityState, Judgement, judge
from portal.databases.targets.identity_label import stamp
from portal.databases.targets.registry import control_room, register, registered_target

REQUEST = "request"
"""The key of a `MigrationRequest` in Alembic's `config.attributes`."""


@dataclass(frozen=True)
class Move:
    """What a command is about to do: its name, its revisions in order, its destination."""

    command: str
    revisions: tuple[str, ...]
    leads_to: str | None
    typed: str = ""

    @property
    def words(self) -> str:
        return self.typed or self.command

    def details(self) -> dict[str, str | int | None]:
        return {"command": self.words, "to": self.leads_to}


@dataclass(frozen=True)
class Creation:
    """The permission to make an empty database the configured target; see `creation.create`."""

    target: str


@dataclass(frozen=True)
class MigrationRequest:
    """What a program asks of env.py beside its connection: a permission, or a rehearsal.

    `measured` is filled with the invariants that were compared.
    """

    ticket: Ticket | None = None
    creation: Creation | None = None
    rehearsal: bool = False
    measured: Measured = field(default_factory=list)


def request_in(attributes: Mapping[Any, Any]) -> MigrationRequest:
    """The request in Alembic's `config.attributes`; without one, a request with no permission.

    Raises Refused for anything else under its key.
    """
    request = attributes.get(REQUEST, MigrationRequest())
    if not isinstance(request, MigrationRequest):
        raise Refused(
            f"config.attributes[“{REQUEST}”] is no MigrationRequest; nothing was changed."
        )
    return request


def authorise(
    connection: Connection,
    target: Target,
    *,
    move: Move,
    ticket: Ticket | None = None,
    creation: Creation | None = None,
    judgement: Judgement | None = None,
) -> Judgement:
    """Allow a change, or raise Refused with the sentence and the remedy.

    The connection must hold the writer's lock. An empty database is stamped as the configured
    target; a change with a ticket is entered in the database's journal. The caller commits both.
    `judgement`: of this connection, if env.py judged it already under the same lock.
    """
    judgement = judgement or judge(target, connection=connection)
    if ticket is not None:
        _use(ticket, connection, target, judgement, move)
    elif judgement.state is IdentityState.EMPTY and _may_be_stamped(target, move, creation):
        return stamp_target(connection, target)
    elif not judgement.fits:
        raise refused(target, move, judgement.sentence, judgement.remedy)
    elif target.is_production:
        raise refused(
            target,
            move,
            f"This is {target.name}, and `{move.words}` has no ticket; nothing was changed.",
            "Follow the runbook “migrate-production” in the control room,"
            f" or run: flask databases migrate {target.name}",
        )
    return judgement


def refuse_unless_scratch(connection: Connection, config: Settings) -> None:
    """A rehearsal claims that its connection is on a private copy; this verifies it."""
    for target in targets(config):
        engine = engine_for(target.url)
        if engine.holds(connection):
            raise Refused(
                f"A rehearsal was pointed at {target.name} itself; nothing was changed.",
                remedy="Rehearse on a restored backup.",
                refusal=Refusal("migration.refused", target.name, {"command": "rehearsal"}),
            )


def refused(target: Target, move: Move, sentence: str, remedy: str | None = None) -> Refused:
    return Refused(sentence, remedy=remedy, refusal=refusal(target, move))


def refusal(target: Target, move: Move) -> Refusal:
    return Refusal("migration.refused", target.name, move.details())


def stamp_target(connection: Connection, target: Target) -> Judgement:
    """Make an empty database the target, in the two open transactions; the caller commits both.

    A set-up that was interrupted left an empty database that is registered: it gets that identity.
    """
    engine = engine_for(target.url)
    known = registered_target(target.name)
    label = stamp(
        connection,
        application=target.application,
        environment=target.environment,
        key=control_room().identity_key,
        database_uuid=known.database_uuid if known else None,
    )
    sign(connection, label, this_room())
    anchor = engine.cast_anchor(connection, label.database_uuid)
    register(target, label, anchor=anchor, address=engine.address)
    return judge(target, connection=connection)


def _use(
    ticket: Ticket, connection: Connection, target: Target, judgement: Judgement, move: Move
) -> None:
    if not judgement.fits:
        raise refused(target, move, judgement.sentence, judgement.remedy)
    try:
        _require_ticket(ticket, connection, target, move)
    except PortalError as error:
        error.refusal = error.refusal or refusal(target, move)
        raise
    plan = ticket.plan
    journal.write_entry(
        connection,
        ticket.number,
        plan=plan.seal,
        from_revision=plan.from_revision,
        to_revision=plan.to_revision,
    )


def _require_ticket(ticket: Ticket, connection: Connection, target: Target, move: Move) -> None:
    journal.require_new(connection, ticket.number)
    tickets.require_approved(ticket)
    plan = ticket.plan
    planned = tuple(each["id"] for each in plan.revisions)
    if (plan.target, planned, "upgrade") != (target.name, move.revisions, move.command):
        raise Refused(
            f"Ticket {ticket.number} is for another change; nothing was changed.",
            remedy="Prepare this change, and use its own ticket.",
        )
    require_unchanged(plan, connection)
    revisions = [target.history.revision(each) for each in planned]
    require_soaked(target, revisions, connection, ticket=ticket.number)
    require_window(target, plan.seal, ticket=ticket.number)
    refuse_unless_served(target, plan.to_revision, contracts=plan.contracts)
    require_announced(target, connection)


def _may_be_stamped(target: Target, move: Move, creation: Creation | None) -> bool:
    if creation is not None:
        return creation.target == target.name
    return not target.is_production and move.command == "upgrade"
