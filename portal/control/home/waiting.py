"""What waits for the reader: confirmations asked of them, questions, drafts, promised updates, and
runs that they lead."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from portal.accounts.models import Account
from portal.control.home.alerts.alert import GO_ON, Alert
from portal.control.home.matters import Asked, Matters
from portal.databases.changes.queries import approvals_asked_of
from portal.documents.models import DocumentKind
from portal.incidents.live.models import LiveIncident
from portal.incidents.live.queries import promise_of
from portal.incidents.reports import title_of
from portal.incidents.sharing.open_matters import open_matters
from portal.runbooks.engine.queries import waiting_runs

RUN = "runbooks.show_run"


@dataclass(frozen=True)
class Waiting(Alert):
    """`at`: since when it waits, or until when it was promised (`is_due`)."""

    at: datetime | None = None
    is_due: bool = False


def waiting_for(
    reader: Account, matters: Matters, going_on: list[LiveIncident], named: Collection[str] = ()
) -> list[Waiting]:
    """In the order in which somebody else waits the longest for it. `named`: the addresses of runs
    that the page names already."""
    return [
        *_approvals(reader, matters),
        *_promises(reader, going_on),
        *_questions(),
        *_incident_drafts(going_on),
        *_messages(matters),
        *(each for each in _runs(reader) if each.address not in named),
        *_texts(matters),
    ]


def _approvals(reader: Account, matters: Matters) -> Iterator[Waiting]:
    for asked in approvals_asked_of(reader) if matters.of(Asked.APPROVAL) else ():
        yield Waiting(
            asked.sentence,
            "Review",
            url_for(RUN, run_id=asked.run_id),
            is_grave=True,
            at=asked.asked_at,
        )


def _promises(reader: Account, going_on: list[LiveIncident]) -> Iterator[Waiting]:
    """Of the reader's incidents; an overdue one of anybody's."""
    for incident in going_on:
        promise = promise_of(incident)
        if promise is None or incident.is_draft:
            continue
        is_own = incident.lead_id is None or incident.lead_id == reader.id
        if is_own or promise.is_past:
            who = "You" if is_own else incident.lead or "Somebody"
            yield Waiting(
                f"{who} promised an update of “{incident.title}”.",
                "Send update",
                url_for("incidents.show_live", slug=incident.slug, _anchor="composer"),
                is_grave=promise.is_past,
                at=promise.at,
                is_due=True,
            )


def _questions() -> Iterator[Waiting]:
    for each in open_matters().questions:
        client = f", {each.client}," if each.client else ""
        yield Waiting(
            f"{each.name}{client} asks about “{title_of(each.slug)}”.",
            "Answer",
            url_for("incidents.show_incident", slug=each.slug, tab="questions"),
        )


def _incident_drafts(going_on: list[LiveIncident]) -> Iterator[Waiting]:
    for incident in going_on:
        if incident.is_draft:
            yield Waiting(
                f"The draft “{incident.title}” is for staff until somebody publishes it.",
                "Publish or discard",
                url_for("incidents.show_live", slug=incident.slug),
                at=incident.opened_at,
            )


def _messages(matters: Matters) -> Iterator[Waiting]:
    for row in matters.of(Asked.MESSAGES):
        one = "1 message to a client is a draft"
        say = one if row.number == 1 else f"{row.number:,} messages to clients are drafts"
        address = url_for("emails.list_messages", state="draft")
        yield Waiting(f"{say}, not yet approved.", "Review", address, at=row.since)


def _runs(reader: Account) -> Iterator[Waiting]:
    for run in waiting_runs():
        if run.driver_id == reader.id and (row := run.due_row):
            yield Waiting(
                f"Run {run.number}, “{run.title}”, waits for you at “{row.title}”.",
                GO_ON,
                url_for(RUN, run_id=run.id),
                at=run.started_at,
            )


def _texts(matters: Matters) -> Iterator[Waiting]:
    for row in matters.of(Asked.TEXT):
        slug, is_template = row.why or "", row.more == DocumentKind.TEMPLATE.value
        name = slug.partition("~")[0]
        yield Waiting(
            f"Your draft of {f'“{name}”' if name else 'a new text'} is not published.",
            "Go on writing",
            url_for(f"{'emails' if is_template else 'incidents'}.edit_document", slug=slug),
            at=row.since,
        )
