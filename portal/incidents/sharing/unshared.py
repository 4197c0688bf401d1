"""Reports that clients could read until staff became the default audience, to be decided on.

They are recorded once, when the ops database first gets shares; nothing is shared automatically.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.paging import Page, page_of
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.documents.writing import problem_words
from portal.incidents.models import UnsharedReports
from portal.incidents.parsing.values import texts
from portal.incidents.report import Report
from portal.incidents.reports import all_reports
from portal.incidents.sharing.open_matters import open_matters
from portal.incidents.sharing.share import Proposal, proposal_of, share_report
from portal.incidents.sharing.shares import shares_on_page

PAGE = 50


@dataclass(frozen=True)
class Candidate:
    """A report that clients could read. `obstacle` says why a click can't share it now, `warnings`
    are reasons against it that do not prevent it.
    """

    report: Report
    proposal: Proposal | None
    obstacle: str | None

    @property
    def warnings(self) -> list[str]:
        return [str(each) for each in self.report.doubts] if self.proposal else []


@dataclass(frozen=True)
class Choice:
    """The reports chosen for sharing; `key` identifies what is confirmed."""

    proposals: list[Proposal]

    @cached_property
    def key(self) -> str:
        return sha256("\n".join(each.key for each in self.proposals).encode()).hexdigest()


def find_unshared(*, is_new: bool) -> int:
    """Record once the reports readable under the earlier default; returns their number. The caller
    commits.

    `is_new` is a control room that has not been used yet, so that no one relied on that default.
    """
    if db.session.get(UnsharedReports, 1) is not None:
        return 0
    found = [] if is_new else [each.slug for each in all_reports() if _is_unshared(each)]
    decided = None if found else now()
    db.session.add(UnsharedReports(id=1, slugs=sorted(found), decided_at=decided))
    db.session.flush()
    return len(found)


def undecided() -> list[Report]:
    """Those recorded that clients still can't read and that were never shared; newest first."""
    slugs = open_matters().undecided
    if slugs is None:
        return []
    left = set(slugs) - {share.slug for share in shares_on_page(slugs)}
    return [
        each
        for each in all_reports()
        if each.slug in left and _is_for_staff_by_text_or_default(each)
    ]


def candidates(page: int = 1) -> Page[Candidate]:
    """Those that are not over first, then the newest; details are loaded only for those of the
    page.
    """
    shown = page_of(sorted(undecided(), key=_is_over), number=page, size=PAGE)
    return shown.showing([_candidate(each) for each in shown.items])


def _is_over(report: Report) -> bool:
    return report.is_over


def choice_of(slugs: Sequence[str]) -> Choice:
    """Raises Invalid without a choice, Conflict for a report that is no longer undecided or has an
    obstacle.
    """
    waiting = {each.slug: each for each in undecided()} if slugs else {}
    wanted = [waiting.get(slug) for slug in dict.fromkeys(slugs)]
    chosen = [_candidate(each) if each else None for each in wanted]
    if not chosen:
        raise Invalid("Choose at least one report, or leave all of them with staff.")
    found = [each.proposal for each in chosen if each and each.proposal and not each.obstacle]
    if len(found) != len(chosen):
        raise Conflict("One of these reports can’t be shared now.", remedy="Look at them again.")
    return Choice(found)


def share_chosen(slugs: Sequence[str], *, seen: str, by: Actor) -> int:
    """The number of shared reports: all that were confirmed, or none. The caller commits.

    Raises what `choice_of` raises, and Conflict if a text or its readers have changed since.
    """
    choice = choice_of(slugs)
    if choice.key != seen:
        raise Conflict(
            "A report or its readers have changed since you looked, so nothing was shared.",
            remedy="Look at them again, and confirm.",
        )
    for proposal in choice.proposals:
        share_report(proposal.report.slug, seen=proposal.key, by=by)
    return len(choice.proposals)


def leave_with_staff(*, by: Actor) -> int:
    """Leave the remaining reports with staff and end the notice; returns their number. Idempotent.
    The caller commits.
    """
    rest, row = undecided(), db.session.get(UnsharedReports, 1)
    if row is None or row.decided_at is not None:
        return 0
    row.decided_at, row.decided_by = now(), by.name
    details = {"reports": [each.slug for each in rest]}
    record("reports.left-with-staff", row, by=by, details=details)
    return len(rest)


def _candidate(report: Report) -> Candidate:
    try:
        proposal = proposal_of(report.slug)
    except (Conflict, NotFound, Invalid) as error:
        return Candidate(report, None, str(error))
    obstacle = problem_words(proposal.problems) if proposal.problems else None
    return Candidate(report, proposal, obstacle)


def _is_unshared(report: Report) -> bool:
    return _is_for_staff_by_text_or_default(report) and clients_could_read(report.document.meta)


def _is_for_staff_by_text_or_default(report: Report) -> bool:
    """A line of the text that says “internal” counts only since staff became the default: before,
    clients could read the report all the same. “audience: internal” in front matter always
    counted.
    """
    facts = report.facts
    is_decided = facts.audience_is_given and facts.said_on_line is None
    return report.audience is Audience.INTERNAL and not is_decided


def clients_could_read(meta: Mapping[str, Any]) -> bool:
    """By the earlier rule, under which a file without `audience` was for clients."""
    given, named = meta.get("audience"), meta.get("clients")
    if given is not None and str(given).strip().lower() not in (Audience.PUBLIC, Audience.CLIENTS):
        return False
    try:
        return named is None or bool(texts(named))
    except ValueError:
        return False
