"""What clients were sent about an incident, and the topics of a next message."""

from dataclasses import dataclass
from datetime import UTC, datetime

from portal.core.clock import now
from portal.emails.drafting.template_library import templates
from portal.emails.models import Message
from portal.emails.review.already_sent import WHOLE_REPORT, messages_sent_about
from portal.incidents.report import Report


@dataclass(frozen=True)
class SentGroup:
    """Messages from one template about the same topic; `at` is when the last was approved."""

    template: str
    title: str
    about: str
    at: datetime | None
    messages: list[Message]


@dataclass(frozen=True)
class Topic:
    """A topic of a message: an update, or with the key WHOLE_REPORT the whole report."""

    key: str
    text: str
    sent_to: list[str]

    @property
    def label(self) -> str:
        if self.key == WHOLE_REPORT:
            return self.text
        sent = f"sent to {', '.join(self.sent_to)}" if self.sent_to else "not sent yet"
        return f"{self.text} ({sent})"


def sent_by_topic(report: Report) -> list[SentGroup]:
    """Newest first."""
    titles = {each.slug: each.title for each in templates()}
    about = {each.key: each.text for each in topics(report)}
    groups: dict[tuple[str, str], list[Message]] = {}
    for message in messages_sent_about(report.slug):
        mailing = message.mailing
        groups.setdefault((mailing.template, mailing.update_key), []).append(message)
    return [
        SentGroup(
            template=template,
            title=titles.get(template, template),
            about=about.get(key, key),
            at=found[0].approved_at,
            messages=sorted(found, key=lambda each: each.to_name),
        )
        for (template, key), found in groups.items()
    ]


def topics(report: Report) -> list[Topic]:
    """The report as a whole, then its updates, newest first."""
    updates = sorted(report.updates, key=lambda each: _with_zone(each.at), reverse=True)
    names: dict[str, set[str]] = {}
    for message in messages_sent_about(report.slug):
        names.setdefault(message.mailing.update_key, set()).add(message.to_name)
    texts = {each.at.isoformat(): each.text for each in updates}
    listed = [(WHOLE_REPORT, "the report as a whole"), *texts.items()]
    return [Topic(key, text[:80], sorted(names.get(key, ()))) for key, text in listed]


def next_topic(report: Report) -> str:
    """The key of the newest past update that no client was sent; WHOLE_REPORT if there is none."""
    happened = {e.at.isoformat() for e in report.updates if _with_zone(e.at) <= now()}
    for topic in topics(report):
        if topic.key in happened and not topic.sent_to:
            return topic.key
    return WHOLE_REPORT


def _with_zone(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
