"""Reads cState status page files unchanged. Times without a zone are UTC, as in Hugo."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from portal.documents.audiences.audience import Audience
from portal.documents.markdown.slugs import plain_title
from portal.incidents.access.statement import Statement
from portal.incidents.parsing.facts import ALIASES, FactProblem, Facts
from portal.incidents.parsing.status_words import status_in
from portal.incidents.parsing.updates import Update
from portal.incidents.parsing.values import texts
from portal.incidents.parsing.vocabulary import Severity, Status
from portal.incidents.timelines.times import read_time

KEYS = (
    *("title", "date", "resolved", "resolvedWhen", "severity", "affected", "section"),
    *("informational", "pin", "automated", "id"),
)
_OWN = {"resolvedWhen", "section", "informational"}
_OURS = {"status", "started", "detected", "acknowledged", "mitigated", "summary", "updates"}
_OURS |= ALIASES.keys()
_SEVERITIES = {
    "down": Severity.CRITICAL,
    "disrupted": Severity.MAJOR,
    "notice": Severity.MINOR,
}
_TRACK = re.compile(r"""\{\{<\s*track\s+["“]([^"”}]*)["”]\s*>\}\}""")
_SHORTCODE = re.compile(r"\{\{(?:<[^{}]*>|%[^{}]*%)\}\}")
_FENCE = re.compile(r"[ \t>]*(?:```|~~~)")


def is_cstate(meta: Mapping[str, Any]) -> bool:
    """Decided by keys or severities that only cState has; in doubt it is one of our own files."""
    known = bool(_OWN & meta.keys()) or str(meta.get("severity")) in _SEVERITIES
    return known and not _OURS & meta.keys()


def cstate_facts(meta: Mapping[str, Any], body: str, statement: Statement) -> Facts:
    problems: list[FactProblem] = []

    def time(key: str) -> datetime | None:
        try:
            return read_time(meta[key], UTC) if meta.get(key) is not None else None
        except ValueError as error:
            problems.append(FactProblem((key,), f"{key}: {error}"))
            return None

    started, resolved = time("date"), time("resolvedWhen")
    informs = _is_yes(meta.get("informational"))
    times = {} if informs else {"started": started, "resolved": resolved}
    updates = tuple(_updates(body))
    return Facts(
        day=started.date() if started else None,
        severity=_SEVERITIES.get(str(meta.get("severity"))),
        status=None if informs else _status(meta, updates),
        times={name: at for name, at in times.items() if at},
        zone=UTC,
        affected=()
        if isinstance(meta.get("affected"), dict)
        else texts(meta.get("affected") or []),
        audience=statement.audience,
        audience_is_given=statement.is_given,
        said_on_line=statement.said.line if statement.said else None,
        clients=statement.clients,
        updates=updates,
        problems=(*statement.doubts, *problems),
        doubts=statement.doubts,
    )


def without_shortcodes(body: str) -> str:
    """The text with `track` replaced by its time, and other shortcodes removed."""
    lines, in_code = [], False
    for line in body.split("\n"):
        in_code ^= bool(_FENCE.match(line))
        lines.append(line if in_code else _SHORTCODE.sub("", _TRACK.sub(_tracked, line)))
    return "\n".join(lines)


def _tracked(found: re.Match[str]) -> str:
    at = _track_time(found[1])
    return f"*({at:%H:%M} UTC, {at.day} {at:%B %Y})*" if at else ""


def _track_time(text: str) -> datetime | None:
    try:
        return read_time(text, UTC).astimezone(UTC)
    except ValueError:
        return None


def _is_yes(value: object) -> bool:
    return value is True or str(value).lower() in ("true", "yes", "on")


def _status(meta: Mapping[str, Any], updates: tuple[Update, ...]) -> Status:
    if _is_yes(meta.get("resolved")):
        return Status.RESOLVED
    latest = max(updates, key=lambda update: update.at, default=None)
    found = latest.status if latest else None
    return found if found and found is not Status.RESOLVED else Status.INVESTIGATING


def _updates(body: str) -> Iterator[Update]:
    """Each paragraph with a time of its own."""
    for paragraph in re.split(r"\n[ \t]*\n", body):
        found = _TRACK.search(paragraph)
        at = _track_time(found[1]) if found else None
        if at:
            text = plain_title(_SHORTCODE.sub("", paragraph))
            status = status_in(text.partition(" -")[0][:40]) if " -" in text else None
            yield Update(at, text, status, Audience.PUBLIC)
