"""The words of a notice: what is down, since when, why, and that no one outside knows."""

from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup, escape

from portal.core.configuration.settings import settings
from portal.core.durations import duration
from portal.incidents.live.models import LiveIncident
from portal.monitoring.outages.models import NoticeKind, Outage

NOT_PUBLISHED = "Not published: no one outside was informed."
PATH = "/ops/outages/"


@dataclass(frozen=True)
class NoticeText:
    title: str
    body: str


def notice_text(
    outage: Outage, draft: LiveIncident | None, kind: NoticeKind, number: int, at: datetime
) -> NoticeText:
    what = draft.title if draft else outage.cause
    lines = [
        _state(outage, at),
        outage.sentence,
        *_repeated(outage),
        _published(draft),
        _ask(outage, kind, number),
        link_to(outage),
    ]
    return NoticeText(f"{_WORDS[kind]}: {what}", "\n\n".join(filter(None, lines)))


def text_of_test(by: str) -> NoticeText:
    body = f"{by} sent this to see whether notices arrive. Nothing is down."
    return NoticeText("Test notice", f"{body}\n\n{settings().base_url}/ops")


def as_page(text: NoticeText) -> str:
    """For programs that show HTML; nothing is loaded from elsewhere."""
    parts = [escape(part) for part in text.body.split("\n\n")]
    linked = [
        Markup('<a href="{0}">{0}</a>').format(part) if _is_link(part) else part for part in parts
    ]
    return str(Markup("").join(Markup("<p>{}</p>\n").format(part) for part in linked))


def _is_link(part: str) -> bool:
    return part.startswith(("https://", "http://")) and " " not in part


def link_to(outage: Outage) -> str:
    return f"{settings().base_url}{PATH}{outage.id}"


_WORDS = {
    NoticeKind.DOWN: "Down",
    NoticeKind.REMINDER: "Still down",
    NoticeKind.LAST: "Still down, last notice",
    NoticeKind.UP: "Up again",
}


def _state(outage: Outage, at: datetime) -> str:
    if outage.ended_at is not None:
        lasted = duration((outage.ended_at - outage.began_at).total_seconds())
        return f"Up again since {_moment(outage.ended_at)}, after {lasted}."
    since = duration(max((at - outage.began_at).total_seconds(), 0))
    return f"Down since {_moment(outage.began_at)} ({since})."


def _repeated(outage: Outage) -> list[str]:
    return [f"It went down {outage.times_down} times."] if outage.times_down > 1 else []


def _published(draft: LiveIncident | None) -> str:
    if draft is None or draft.published_at is None:
        return NOT_PUBLISHED
    return f"Published at {_moment(draft.published_at)}."


def _ask(outage: Outage, kind: NoticeKind, number: int) -> str:
    if kind is NoticeKind.UP:
        return "The draft of the incident is still open: say there what happened, or discard it."
    if kind is NoticeKind.LAST:
        return f"This is notice {number}, and the last one. No one has acknowledged it."
    return "Open this page, log in, and acknowledge it there:"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%d %B %Y, %H:%M} UTC"
