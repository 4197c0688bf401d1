"""Parses a Markdown file as an incident report: facts from front matter, else from the text.

All attributes of a report are visible to each of its readers: facts in the text are only taken from
parts that all of them may read. Restricted parts (text, updates, timeline) come only from a
`ReportView`, which checks `is_for` itself.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from portal.core.clock import now
from portal.core.durations import duration as in_words
from portal.documents.audiences.audience import STAFF, Audience, Reader, for_reader
from portal.documents.document import Document, title_of
from portal.incidents.access.statement import Statement, statement_of
from portal.incidents.parsing.cstate import cstate_facts, is_cstate
from portal.incidents.parsing.facts import FactProblem, Facts, read_facts
from portal.incidents.parsing.metrics import Metric, metrics_of
from portal.incidents.parsing.stated import stated
from portal.incidents.parsing.updates import Update
from portal.incidents.parsing.values import one_line
from portal.incidents.parsing.vocabulary import Severity, Status
from portal.incidents.timelines.timeline import TextTimeline, read_timeline
from portal.incidents.timelines.times import aware, between, read_span

#: The largest offset of any zone: an end without a zone is certainly past after this long.
_FARTHEST = timedelta(hours=14)


@dataclass(frozen=True)
class Report:
    """`day` is the incident's date. `status_text` and `severity_text` are the author's own words if
    they say more than one of our terms; `duration_text` is “1 h 12 min”, the author's own text,
    or empty.
    """

    document: Document
    facts: Facts
    title: str
    day: date | None
    severity: Severity | None
    status: Status | None
    status_text: str
    severity_text: str
    duration_text: str
    prepared_by: str
    is_cstate: bool

    @property
    def slug(self) -> str:
        return self.document.slug

    @property
    def sha256(self) -> str:
        return self.document.sha256

    @property
    def started(self) -> datetime | None:
        """Like the other times: None if it or its zone is not known."""
        return aware(self.facts.times.get("started"))

    @property
    def detected(self) -> datetime | None:
        return aware(self.facts.times.get("detected"))

    @property
    def acknowledged(self) -> datetime | None:
        return aware(self.facts.times.get("acknowledged"))

    @property
    def mitigated(self) -> datetime | None:
        return aware(self.facts.times.get("mitigated"))

    @property
    def resolved(self) -> datetime | None:
        return aware(self.facts.times.get("resolved"))

    @property
    def duration(self) -> timedelta | None:
        """None unless it is known exactly."""
        return _measured(self.facts) or read_span(self.duration_text)

    @property
    def affected(self) -> list[str]:
        return list(self.facts.affected)

    @property
    def audience(self) -> Audience:
        return self.facts.audience

    @property
    def clients(self) -> list[str]:
        """Slugs of the only organisations that may read it; empty if it is not limited."""
        return list(self.facts.clients)

    @property
    def doubts(self) -> tuple[FactProblem, ...]:
        """Why only staff read it although the file may state another audience."""
        return self.facts.doubts

    @property
    def summary(self) -> str:
        return self.facts.summary

    @property
    def is_over(self) -> bool:
        """Whether the report says so. A doubt, a status that was not understood, and no status do
        not count; a past end without any status does.
        """
        if self.states_status:
            return self.status is Status.RESOLVED
        informs_only = self.is_cstate
        return informs_only or _is_past(self.facts.times.get("resolved"))

    @property
    def states_status(self) -> bool:
        """Whether it has a status in words, understood or not."""
        return bool(self.status or self.status_text)

    @property
    def status_line(self) -> str:
        """For people: our term, and the author's words if they say more; else empty."""
        if self.status is None or self.status is Status.RESOLVED or not self.status_text:
            return self.status.value if self.status else self.status_text
        return f"{self.status} (“{self.status_text}”)"

    @property
    def common_reader(self) -> Reader:
        """A reader who sees exactly what all of its readers see."""
        return common_reader(self.facts.audience)

    @property
    def updates(self) -> list[Update]:
        """The updates that all of its readers may see."""
        return [each for each in self.facts.updates if each.is_for(self.common_reader)]

    def metrics_since(self, first_message: datetime | None) -> list[Metric]:
        """`first_message` is when the first message about it was sent."""
        return metrics_of(self.facts.times, self.updates, first_message=first_message)

    def is_for(self, reader: Reader) -> bool:
        """Whether this reader may know that the report exists."""
        if reader.is_staff:
            return True
        named = reader.client is not None and reader.client in self.facts.clients
        if reader.named_only and not named:
            return False
        if self.audience is Audience.CLIENTS and self.facts.clients and not named:
            return False
        return reader.reads_all_of(self.audience)

    def told_in(self, body: str) -> TextTimeline:
        """The timeline in a text of this report."""
        given = "zone" in self.document.meta
        return read_timeline(body, day=self.day, zone=self.facts.zone, zone_is_given=given)


def common_reader(audience: Audience) -> Reader:
    return STAFF if audience is Audience.INTERNAL else Reader(audience)


def parse_report(document: Document, *, as_shared: bool = False) -> Report:
    """Never raises: unreadable values are problems of its facts. With `as_shared` the report is for
    clients if the text states no other audience.
    """
    meta, foreign = document.meta, is_cstate(document.meta)
    statement = _as_shared(document) if as_shared else statement_of(document)
    facts = cstate_facts(meta, document.body, statement) if foreign else read_facts(meta, statement)
    reader = common_reader(facts.audience)
    seen = replace(document, body=for_reader(document.body, reader))
    updates = [update for update in facts.updates if update.is_for(reader)]
    said = stated({} if foreign else meta, facts, seen.body, slug=document.slug, updates=updates)
    return Report(
        document=document,
        facts=facts,
        title=_title(seen),
        day=said.day,
        severity=facts.severity if foreign else said.severity,
        status=facts.status if foreign else said.status,
        status_text="" if foreign else said.status_text,
        severity_text="" if foreign else said.severity_text,
        duration_text=_duration_text(facts, said.duration_text),
        prepared_by=said.prepared_by,
        is_cstate=foreign,
    )


def _as_shared(document: Document) -> Statement:
    """Ignores the file's name, which was visible when it was shared; its text still counts."""
    statement = statement_of(replace(document, slug="shared"))
    is_open = not (statement.is_given or statement.doubts)
    return replace(statement, audience=Audience.CLIENTS) if is_open else statement


def _title(document: Document) -> str:
    return one_line(title_of(document.meta, document.body, document.slug))[:300] or document.slug


def _is_past(at: datetime | None) -> bool:
    if at is None:
        return False
    return at <= now() if at.tzinfo else at.replace(tzinfo=UTC) + _FARTHEST <= now()


def _measured(facts: Facts) -> timedelta | None:
    return between(facts.times.get("started"), facts.times.get("resolved"))


def _duration_text(facts: Facts, written: str) -> str:
    if (measured := _measured(facts)) is not None:
        return in_words(measured)
    exact = read_span(written)
    return in_words(exact) if exact else written
