"""Open matters of reports: shares, unanswered questions, undecided reports.

They come from a single query per request: the home page needs all three.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, Text, cast, literal, null, select, union_all

from portal.accounts.models import Account, Contact, Organisation
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import db
from portal.incidents.models import Question, ReportShare, UnsharedReports

Part = Select[*tuple[Any, ...]]

SHARE, QUESTION, UNDECIDED = "share", "question", "undecided"


@dataclass(frozen=True)
class Unanswered:
    """An unanswered question: its report and its author; `client` if it is a client's."""

    slug: str
    name: str
    client: str | None


@dataclass(frozen=True)
class OpenMatters:
    """`shares`: by slug the SHA-256 of the shared text. `undecided`: slugs, None once all are
    decided.
    """

    shares: dict[str, str] = field(default_factory=dict)
    questions: list[Unanswered] = field(default_factory=list)
    undecided: list[str] | None = None


def open_parts() -> list[Part]:
    """The parts of a statement. Each row: its kind, a number, a slug, who, and the client."""
    no_text, no_number = cast(null(), Text), literal(0)
    shares = select(literal(SHARE), no_number, ReportShare.slug, ReportShare.sha256, no_text)
    questions = (
        select(literal(QUESTION), Question.id, Question.slug, Account.name, Organisation.name)
        .join(Account, Account.id == Question.account_id)
        .outerjoin(Contact, Contact.account_id == Account.id)
        .outerjoin(Organisation, Organisation.id == Contact.organisation_id)
    )
    slugs = cast(UnsharedReports.slugs, Text)
    undecided = select(literal(UNDECIDED), no_number, slugs, literal(""), no_text)
    return [
        shares.where(ReportShare.ended_at.is_(None)),
        questions.where(Question.answered_at.is_(None)),
        undecided.where(UnsharedReports.decided_at.is_(None)),
    ]


_IN_ONE = union_all(*open_parts())


@cached_until_commit()
def open_matters() -> OpenMatters:
    """Questions in the order in which they were asked."""
    return matters_of(db.session.execute(_IN_ONE, bind_arguments={"mapper": Question}))


def matters_of(rows: Iterable[Sequence[Any]]) -> OpenMatters:
    """From the rows of `open_parts`; others are ignored."""
    found, undecided = OpenMatters(), None
    for kind, _, what, who, client in sorted(rows, key=lambda row: row[1]):
        if kind == SHARE:
            found.shares[what] = who
        elif kind == QUESTION:
            found.questions.append(Unanswered(what, who, client))
        elif kind == UNDECIDED:
            undecided = json.loads(what)
    return OpenMatters(found.shares, found.questions, undecided)
