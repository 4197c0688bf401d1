"""Problems in a report's front matter: the place, and a sentence."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from itertools import pairwise

from portal.documents.audiences.audience import Audience
from portal.documents.front_matter.positions import Place
from portal.incidents.lint.internal_words import internal_words_in
from portal.incidents.lint.keys import key_of, listed_updates
from portal.incidents.parsing import updates
from portal.incidents.parsing.facts import TIMES
from portal.incidents.report import Report

Remark = tuple[Place, str]


def in_front_matter(report: Report, clients: Collection[str] | None) -> Iterator[Remark]:
    yield from _without_zone(report)
    yield from _order(report)
    yield from _unknown_clients(report, clients)
    yield from _internal_words(report)


def notes(report: Report) -> Iterator[Remark]:
    """Remarks about front matter."""
    if not (report.facts.audience_is_given or report.doubts):
        yield ("audience",), "The report does not say for whom it is, so only staff read it."


def unknown_client(slug: str, clients: Collection[str] | None) -> str | None:
    """The sentence about a slug that no organisation has."""
    if clients is None or slug in clients:
        return None
    near = get_close_matches(slug, clients, n=1)
    return f"There is no client “{slug}”." + (f" Is “{near[0]}” meant?" if near else "")


def _without_zone(report: Report) -> Iterator[Remark]:
    """Times without a zone; `zone: unknown` states this explicitly and is no problem."""
    if "zone" in report.document.meta:
        return
    remedy = "Write one behind it, or zone: unknown where none was reported."
    for name, at in report.facts.times.items():
        if at.tzinfo is None:
            key = key_of(report, name)
            yield (key,), f"{key}: the time has no zone. {remedy}"
    for number, update in _numbered(report):
        if update.at.tzinfo is None:
            yield ("updates", number, "at"), f"at: the time has no zone. {remedy}"


def _order(report: Report) -> Iterator[Remark]:
    times = report.facts.times
    names = {"started": "date", "resolved": "resolvedWhen"} if report.is_cstate else {}
    recorded = [
        (names.get(name) or key_of(report, name), times[name]) for name in TIMES if name in times
    ]
    for (earlier, before), (later, after) in pairwise(recorded):
        if (before.tzinfo is None) is (after.tzinfo is None) and after < before:
            yield (later,), f"{later}: this is before {earlier}."
    for (_, first), (number, second) in pairwise(_numbered(report)):
        if (first.at.tzinfo is None) is (second.at.tzinfo is None) and second.at < first.at:
            yield ("updates", number), "This update is before the one above it."


def _numbered(report: Report) -> list[tuple[int, updates.Update]]:
    """The updates in front matter by their index; unreadable ones are left out."""
    if report.is_cstate:
        return []
    places = [problem.place for problem in report.facts.problems]
    bad = {place[1] for place in places if place[:1] == ("updates",) and len(place) == 2}
    numbers = [number for number, _ in enumerate(listed_updates(report)) if number not in bad]
    return list(zip(numbers, report.facts.updates, strict=False))


def _unknown_clients(report: Report, clients: Collection[str] | None) -> Iterator[Remark]:
    for slug in report.clients:
        if sentence := unknown_client(slug, clients):
            yield ("clients",), sentence
    for number, update in _numbered(report):
        if update.client and (sentence := unknown_client(update.client, clients)):
            yield ("updates", number, "audience"), sentence


def _internal_words(report: Report) -> Iterator[Remark]:
    """Internal words in the text facts that the report's readers see."""
    if report.audience is Audience.INTERNAL:
        return
    meta, listed = report.document.meta, report.facts.internal_words
    for key in ("title", "severity", "status", "summary", "affected", "prepared-by"):
        for word in internal_words_in(str(meta.get(key) or ""), listed):
            yield (key,), f"“{word}” is a word for staff."
    for number, update in _numbered(report):
        if update.audience is not Audience.INTERNAL:
            for word in internal_words_in(update.text, listed):
                yield ("updates", number, "text"), f"“{word}” is a word for staff."
