"""`flask incidents open` and `update`: the acts of the pages, while no page can be opened.

The worker sends the messages. The log has them as acts at a terminal: no login was asked for.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any, cast

import click

from portal.accounts.models import Account
from portal.accounts.queries import account_by_email
from portal.audit.actor import NamedActor, at_the_console
from portal.core.clock import now
from portal.core.errors import Invalid, NotFound
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.emails.live_updates.preview import UpdatePreview, preview_of
from portal.emails.live_updates.queueing import queue_updates, withdraw_held
from portal.emails.live_updates.rendering import render_without_lock
from portal.incidents.cli import commands
from portal.incidents.live.maintenance import open_or_schedule
from portal.incidents.live.models import IncidentUpdate, LiveIncident, Phase
from portal.incidents.live.opening import Opening
from portal.incidents.live.phases import OF_INCIDENTS
from portal.incidents.live.queries import going_on, incident_named
from portal.incidents.live.updates import Said, add_update
from portal.incidents.parsing.vocabulary import Severity
from portal.incidents.sharing.reach import counted
from portal.monitoring.outages.queries import incident_about, open_outages
from portal.monitoring.outages.service import acknowledge_with_incident

READERS = {"staff": Audience.INTERNAL, "clients": Audience.CLIENTS, "everybody": Audience.PUBLIC}
SEVERITIES = [each.value for each in Severity if each is not Severity.MAINTENANCE]
PRODUCTION = "production"


@dataclass(frozen=True)
class AtTheTerminal(NamedActor):
    """A member of staff as the machine's user names them: the log says that no login was asked."""

    email: str = ""
    is_admin: bool = False


def _sends(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both commands have."""
    options = (
        click.option("--by", "email", required=True, help="Your account’s email address."),
        click.option(
            "--for", "readers", required=True, type=click.Choice([*READERS]), help="Who reads it."
        ),
        click.option(
            "--client", "clients", multiple=True, help="Only this client; may be repeated."
        ),
        click.option("--text", help="One to three sentences; else they are read from the input."),
        click.option("--next-update", type=click.IntRange(5, 1440), help="Minutes until the next."),
        click.option("--yes", is_flag=True, help="Send without asking."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@commands.command("open")
@click.argument("title")
@click.option("--severity", type=click.Choice(SEVERITIES), default=Severity.MAJOR.value)
@click.option("--affected", multiple=True, help="What is affected; may be repeated.")
@_sends
def open_live(
    title: str, severity: str, affected: Sequence[str], email: str, yes: bool, **given: Any
) -> None:
    """Open an incident named TITLE, and send its first update."""
    by, opening = _person(email), Opening(title, Severity(severity), affected)
    said = _said(Phase.INVESTIGATING, None, yes=yes, **given)
    _send(opening, said, None, by=by, yes=yes)


@commands.command("update")
@click.argument("slug", required=False)
@click.option("--phase", required=True, type=click.Choice([each.value for each in OF_INCIDENTS]))
@_sends
def update_live(slug: str | None, phase: str, email: str, yes: bool, **given: Any) -> None:
    """Send an update of the incident SLUG; without it, of the one that goes on.

    The draft that an outage has opened is published with it, in its first phase.
    """
    by, incident = _person(email), _incident(slug)
    times = incident.begins_at, incident.ends_at
    opening = Opening(incident.title, incident.severity, incident.affected, *times)
    said = _said(Phase(phase), incident, yes=yes, **given)
    _send(opening, said, incident, by=by, yes=yes)


def _person(email: str) -> Account:
    """Raises NotFound for an address of no account, Invalid for one of no active staff."""
    found = account_by_email(email)
    if found.is_disabled or not found.is_staff:
        raise Invalid(f"{found.name} can’t send updates: an active account of staff is needed.")
    console = at_the_console()
    name, role = f"{found.name}, at the terminal of {console.name}", console.role
    return cast(Account, AtTheTerminal(name, role, found.id, found.email, found.is_admin))


def _incident(slug: str | None) -> LiveIncident:
    """Raises NotFound."""
    if slug:
        return incident_named(slug)
    if chosen := incident_about(PRODUCTION, open_outages(), going_on()):
        return chosen
    raise NotFound("No incident goes on.", remedy="Open one: flask incidents open TITLE")


def _said(
    phase: Phase,
    incident: LiveIncident | None,
    *,
    text: str | None,
    readers: str,
    clients: Sequence[str],
    next_update: int | None,
    yes: bool,
) -> Said:
    return Said(
        text=_typed(yes=yes) if text is None else text,
        phase=phase.value,
        audience=READERS[readers],
        once_key=token_hex(16),
        clients=clients,
        next_update_at=now() + timedelta(minutes=next_update) if next_update else None,
        version=incident.version if incident else 0,
        seen=max((each.number for each in incident.updates), default=0) if incident else 0,
    )


def _typed(*, yes: bool) -> str:
    """Raises Invalid where the text comes from the input, and so no answer can."""
    if sys.stdin.isatty():
        return str(click.prompt("Update"))
    if not yes:
        raise Invalid("Nothing was sent: a text from the input needs --yes.")
    return sys.stdin.read()


def _send(
    opening: Opening, said: Said, incident: LiveIncident | None, *, by: Account, yes: bool
) -> None:
    """Shown first, then asked; the act itself is one transaction with its messages."""
    slug = incident.slug if incident else None
    preview = preview_of(opening, said, incident)
    if preview.problems:
        raise Invalid(" ".join(preview.problems), remedy="Nothing was sent.")
    _show(opening, preview)
    db.session.rollback()
    if not yes:
        click.confirm("Send it?", abort=True)
    render_without_lock(opening, said, slug=slug)
    updates = _write(opening, said, incident_named(slug) if slug else None, by=by)
    queue_updates(updates, by=by)
    incident, leaves_at = updates[0].incident, updates[0].leaves_at
    acknowledge_with_incident(incident.id, by=by)
    slug = incident.slug
    db.session.commit()
    click.echo(f"It leaves at {leaves_at:%H:%M:%S} UTC. The incident is {slug}.")


def _write(
    opening: Opening, said: Said, incident: LiveIncident | None, *, by: Account
) -> list[IncidentUpdate]:
    if incident is None or incident.is_draft:
        return open_or_schedule(opening, said, by=by, draft=incident)
    update = add_update(incident, said, by=by)
    withdraw_held(incident, by=by)
    return [update]


def _show(opening: Opening, preview: UpdatePreview) -> None:
    people = counted(len(preview.recipients), "person", "people")
    click.echo(f"{opening.title}: for {_words(preview.audience)}, by email to {people}.")
    for letter in preview.letters[:1]:
        click.echo(f"\n{letter.subject}\n\n{letter.text.strip()}\n")


def _words(audience: Audience) -> str:
    return next(words for words, each in READERS.items() if each is audience)
