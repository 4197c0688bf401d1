"""What home reads of the control room's records beside its lists, in one statement: exceptional
states, confirmations that are asked for, drafts, and how far a newcomer has come in a demo."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, literal, null, or_, select

from portal.accounts.models import Account
from portal.audit.models import AuditEntry, AuditPersonal, Outcome
from portal.audit.reading.indexes import IS_NAME
from portal.control.states.rows import NEVER, Part, Row, exceptional, rows_of
from portal.core.storage.between_pages import answer_on_page, cached_until_commit
from portal.databases.changes.models import Plan, Ticket
from portal.databases.changes.queries import waiting_for_another
from portal.documents.audiences.audience import Audience
from portal.documents.models import DocumentDraft
from portal.emails.models import Message, MessageState
from portal.emails.site_letters.trouble import (
    FAILED,
    WAITING,
    StoredTrouble,
    letter_parts,
    letter_rows,
)
from portal.incidents.live.models import LiveIncident
from portal.incidents.sharing.open_matters import matters_of, open_matters, open_parts
from portal.monitoring.outages.models import Outage
from portal.runbooks.models import Run

HOME_READ = '%"page":"home"%'
"""In the record of an entry about reading home, which shows the log's newest entries."""
NEWEST = 40
"""How many entries of the log are looked at for the recent activity."""
CHANGES = ("site-is-down", "migrate-production")
"""Runbooks whose start shows that the reader has seen why it is down."""


class Asked(StrEnum):
    APPROVAL = "approval"
    MESSAGES = "messages"
    TEXT = "text"
    SEEN = "seen"
    READ = "read"
    SENT = "sent"
    LOG = "log"
    ENTRY = "entry"


@dataclass(frozen=True)
class Matters:
    rows: list[Row]

    def of(self, kind: Asked) -> list[Row]:
        return [each for each in self.rows if each.matter == kind.value]

    @property
    def facts(self) -> set[str]:
        return {each.matter for each in self.rows}


def matters_for(account: Account, *, is_demo: bool) -> Matters:
    """The open matters of reports are read along, for the page's other parts."""
    found = Matters(_rows(account.id, is_demo))
    reports = [(each.matter, each.number, each.target, each.who, each.why) for each in found.rows]
    answer_on_page(open_matters, matters_of(reports))
    letters = [each for each in found.rows if each.matter in {WAITING, FAILED}]
    answer_on_page(letter_rows, [StoredTrouble(e.matter, e.since, e.why) for e in letters])
    return found


@cached_until_commit()
def _rows(account_id: int, is_demo: bool) -> list[Row]:
    shown = [*exceptional(), _approvals(account_id), _messages(), _texts(account_id), _newest()]
    shown += [_of_reports(each) for each in open_parts()]
    shown += [_of_letters(each) for each in letter_parts()]
    return rows_of([*shown, *(_first_steps(account_id) if is_demo else ())])


def _of_reports(part: Part) -> Part:
    kind, number, slug, who, client = part.subquery().c
    return select(kind, number, slug, who, NEVER, NEVER, client, cast(null(), Text))


def _of_letters(part: Part) -> Part:
    kind, at, answer = part.subquery().c
    text = cast(null(), Text)
    return select(kind, literal(0), literal(""), text, at, NEVER, answer, text)


def _newest() -> Part:
    """The newest entries of the log; `more` is the action, the outcome and the role."""
    newest = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(NEWEST).subquery()
    of = newest.c
    words = of.action + literal(" ") + cast(of.outcome, Text) + literal(" ") + of.actor_role
    name = (AuditPersonal.seq == of.seq) & IS_NAME
    return select(
        *(literal(Asked.ENTRY.value), of.seq, func.coalesce(of.target, ""), AuditPersonal.value),
        *(of.at, NEVER, of.canonical, words),
    ).outerjoin(AuditPersonal, name)


def _approvals(account_id: int) -> Part:
    """Changes whose second confirmation others may wait for this account to give."""
    return waiting_for_another(
        account_id,
        *(literal(Asked.APPROVAL.value), Run.id, Plan.target, Ticket.confirmed_by),
        *(Ticket.confirmed_at, Plan.expires_at, Run.title, Ticket.number),
    )


def _messages() -> Part:
    """One row: how many messages are drafts, and the oldest."""
    return (
        select(
            *(literal(Asked.MESSAGES.value), func.count(), literal(""), cast(null(), Text)),
            *(func.min(Message.created_at), NEVER, cast(null(), Text), cast(null(), Text)),
        )
        .where(Message.state == MessageState.DRAFT)
        .having(func.count() > 0)
    )


def _texts(account_id: int) -> Part:
    """Reports and templates that the reader began and has not published."""
    return select(
        *(literal(Asked.TEXT.value), DocumentDraft.id, literal(""), cast(null(), Text)),
        *(DocumentDraft.saved_at, NEVER, DocumentDraft.slug, cast(DocumentDraft.kind, Text)),
    ).where(DocumentDraft.account_id == account_id)


def _first_steps(account_id: int) -> Iterable[Part]:
    """A row for each point that is done."""
    outage_seen = or_(Outage.acknowledged_at.is_not(None), Outage.ended_at.is_not(None))
    yield _fact(Asked.SEEN, Outage.id, (Outage.target == "production") & outage_seen)
    yield _fact(Asked.READ, Run.id, Run.runbook_id.in_(CHANGES))
    published = LiveIncident.published_at > datetime(1970, 1, 1, tzinfo=UTC)  # found by its index
    yield _fact(
        Asked.SENT, LiveIncident.id, published & (LiveIncident.audience != Audience.INTERNAL)
    )
    is_log = AuditEntry.canonical.not_like(HOME_READ) & (AuditEntry.outcome == Outcome.DONE)
    is_readers = (AuditEntry.action == "audit.read") & (AuditEntry.actor_id == account_id)
    yield _fact(Asked.LOG, AuditEntry.seq, is_readers & is_log)


def _fact(kind: Asked, number: Any, is_so: ColumnElement[bool]) -> Part:
    """A row if any is so. `is_so` comes last: a part of a union has no limit of its own."""
    text = cast(null(), Text)
    return (
        select(literal(kind.value), func.min(number), literal(""), text, NEVER, NEVER, text, text)
        .where(is_so)
        .having(func.count() > 0)
    )
