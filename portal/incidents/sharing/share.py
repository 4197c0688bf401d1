"""The sharing state of a report, and sharing it: reviewed first, confirmed once.

A confirmation covers a text, its readers, and the present share: `Proposal.key` identifies all
three. If one of them has changed when the button is pressed, nothing is shared and the page is
shown again: a page that was opened earlier can't undo the end of a share.
"""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from markupsafe import Markup

from portal.accounts.clients.queries import organisations
from portal.audit.actor import Actor
from portal.core.errors import Conflict, Invalid, NotFound, Refusal
from portal.documents.audiences.audience import Audience, Reader
from portal.documents.document import Document
from portal.documents.models import DocumentKind
from portal.documents.publishing.sources import source_of
from portal.documents.rendering.embedding import inside_a_page
from portal.documents.writing import Finding, UnsolvedProblems
from portal.incidents.lint.links import folders_here
from portal.incidents.lint.run import lint_report
from portal.incidents.models import ReportShare
from portal.incidents.presentation.plain_words import ShownReport, show
from portal.incidents.report import Report, parse_report
from portal.incidents.report_view import Hidden, ReportView, hidden_parts
from portal.incidents.reports import (
    files_by_slug,
    report_named,
    shared_report,
    shared_reports,
    states_nothing,
)
from portal.incidents.sharing.reach import ReaderCounts, reach_of
from portal.incidents.sharing.shares import (
    add_share,
    end_share,
    open_share,
    open_slugs,
    shares_on_page,
)

#: The recorded reason of a share that was ended automatically.
STATED = "The report says by now who reads it."


@dataclass(frozen=True)
class Proposal:
    """A text as clients would read it. `source` is the whole file."""

    report: Report
    source: str

    @cached_property
    def reach(self) -> ReaderCounts:
        return reach_of(self.report)

    @cached_property
    def problems(self) -> list[Finding]:
        """What must be fixed before the text is visible outside of the staff."""
        return [each for each in findings_of(self.report, self.source) if not each.is_note]

    @property
    def key(self) -> str:
        share = open_share(self.report.slug)
        said = f"{self.report.sha256} {self.reach.key} {share.id if share else ''}"
        return sha256(said.encode()).hexdigest()

    @property
    def hidden(self) -> list[Hidden]:
        return hidden_parts(self.report)

    @cached_property
    def shown(self) -> ShownReport:
        """The report as a client sees it: if clients are named, as the first of them."""
        reader = Reader(Audience.CLIENTS, next(iter(self.report.clients), None))
        return show(ReportView(self.report, reader), zone="UTC")

    @property
    def html(self) -> Markup:
        """The text as part of a page."""
        return inside_a_page(self.shown.rendered.html)


@dataclass(frozen=True)
class Sharing:
    """The sharing state of a report. `file` is None if it is missing or can't be read: then only
    the staff reads it, even if it was shared.
    """

    slug: str
    file: Report | None
    share: ReportShare | None

    @property
    def title(self) -> str:
        return self.file.title if self.file else self.slug

    @property
    def states(self) -> bool:
        """Whether the file has a valid statement of its audience, which overrides shares."""
        return self.file is not None and self.file.facts.audience_is_given

    @property
    def doubts(self) -> list[str]:
        """Why only staff read it, even if it is shared, until the text is fixed."""
        return [] if self.file is None or states_nothing(self.file) else _words(self.file)

    @property
    def warnings(self) -> list[str]:
        """Reasons against sharing that do not prevent it: the name of the file."""
        return _words(self.file) if self.file and not self.doubts else []

    @property
    def outside(self) -> Report | None:
        """The text visible outside of the staff."""
        if self.file is None or self.doubts:
            return None
        if self.states:
            return None if self.file.audience is Audience.INTERNAL else self.file
        return shared_report(self.share) if self.share else None

    @property
    def is_suspended(self) -> bool:
        """A share is open but has no effect until something is fixed."""
        return self.share is not None and not self.states and self.outside is None

    @property
    def why_suspended(self) -> str:
        if self.file is None:
            return "its file is missing or can’t be read"
        if self.doubts:
            return "its file’s statement about readers is not understood"
        return "the shared text itself contains a statement about readers"

    @property
    def is_moot(self) -> bool:
        return self.share is not None and self.states

    @property
    def has_moved_on(self) -> bool:
        """Clients read another text than staff."""
        return (
            self.outside is not None
            and self.file is not None
            and (self.outside.sha256 != self.file.sha256)
        )

    @property
    def can_be_shared(self) -> bool:
        """By a click: the file states no audience, and clients do not read its present text yet."""
        has_no_words = self.file is not None and not self.states and not self.doubts
        return has_no_words and (self.outside is None or self.has_moved_on)

    @cached_property
    def reach(self) -> ReaderCounts | None:
        return reach_of(self.outside) if self.outside else None


def findings_of(report: Report, source: str) -> list[Finding]:
    clients = frozenset(each.slug for each in organisations(archived=True))
    return findings_among(report, source, clients=clients)


def findings_among(report: Report, source: str, *, clients: frozenset[str]) -> list[Finding]:
    found = lint_report(report, source, roots=folders_here(), clients=clients)
    return [Finding(each.line, each.message, each.is_note, each.asks_for_upload) for each in found]


def sharing_of(slug: str) -> Sharing:
    """Raises NotFound if there is neither such a file nor an open share."""
    return _sharing_of(slug, open_share(slug))


def _sharing_of(slug: str, share: ReportShare | None) -> Sharing:
    try:
        return Sharing(slug, report_named(slug), share)
    except (NotFound, Invalid):
        if share is None:
            raise
        return Sharing(slug, None, share)


def unread_shares() -> list[str]:
    """The reports whose share seems to have no effect; asks no more than a page has asked."""
    shared, files = shared_reports(), files_by_slug()
    return [slug for slug in sorted(shared) if not _is_read(slug, shared, files)]


def suspended() -> list[Sharing]:
    """Shares without effect; details are loaded only for likely ones."""
    unread = unread_shares()
    shares = {share.slug: share for share in shares_on_page(unread) if share.ended_at is None}
    found = [_sharing_of(slug, shares[slug]) for slug in unread if slug in shares]
    return [each for each in found if each.is_suspended]


def _is_read(slug: str, shared: dict[str, Report | None], files: dict[str, Report]) -> bool:
    file = files.get(slug)
    if file is None:
        return False
    return file.facts.audience_is_given or (shared[slug] is not None and states_nothing(file))


def moot_shares() -> list[str]:
    """Slugs of shared reports whose file now states an audience."""
    return [slug for slug in open_slugs() if _states_its_readers(slug)]


def end_moot_shares(*, by: Actor) -> list[str]:
    """End those shares, so that they do not take effect again when the statement is removed. The
    caller commits.
    """
    slugs = moot_shares()
    for slug in slugs:
        end_share(slug, by=by, reason=STATED)
    return slugs


def _states_its_readers(slug: str) -> bool:
    try:
        return report_named(slug).facts.audience_is_given
    except (NotFound, Invalid):
        return False


def proposal_of(slug: str) -> Proposal:
    """The file as it would be shared. Raises NotFound or Invalid as `report_named` does, Conflict
    if a click can't share it.
    """
    report, source = report_named(slug), source_of(DocumentKind.REPORT, slug)
    if report.facts.audience_is_given:
        raise Conflict(
            "The report says itself who reads it, and that counts.",
            remedy="Change the line “audience” of its text.",
        )
    if not states_nothing(report):
        raise Conflict(
            "What the report says of its readers was not understood, so staff alone read it: "
            + " ".join(_words(report)),
            remedy="Fix that in its text, or take it out; then it can be shared.",
        )
    if source.sha256 != report.sha256:
        raise Conflict("The report was changed at this moment.", remedy="Look at it again.")
    return proposed(report.document, source.text)


def proposed(document: Document, source: str) -> Proposal:
    return Proposal(parse_report(document, as_shared=True), source)


def share_report(slug: str, *, seen: str, by: Actor) -> ReportShare:
    """Let clients read the file as it is now, until the share ends. The caller commits.

    `seen` is the key of the confirmed proposal. Raises what `proposal_of` raises, ProblemsStand,
    Conflict if text or readers have changed since the confirmation.
    """
    proposal = proposal_of(slug)
    refusal = Refusal("report.shared", target=f"incidents/{slug}")
    if proposal.problems:
        sentence = f"“{proposal.report.title}” was not shared"
        raise UnsolvedProblems(sentence, proposal.problems, refusal=refusal)
    if proposal.key != seen:
        raise Conflict(
            "The report or its readers have changed since you looked, so nothing was shared.",
            remedy="Look at them again, and confirm.",
            refusal=refusal,
        )
    return add_share(
        slug,
        sha256=proposal.report.sha256,
        source=proposal.source,
        people=proposal.reach.people,
        by=by,
    )


def _words(report: Report) -> list[str]:
    return [str(each) for each in report.doubts]
