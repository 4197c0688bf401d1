"""Alerts of the emails that the sites send: how many wait or were not sent, never whose."""

from collections.abc import Iterator, Sequence

from flask import url_for

from portal.control.home.alerts.alert import Alert
from portal.control.home.directories import DirectoryStatus
from portal.emails.site_letters.trouble import LetterTrouble, failed_letters, late_letters

STEP = "See what to do"


def of_letters(_seen: Sequence[DirectoryStatus]) -> Iterator[Alert]:
    address = url_for("help.show_guide", guide="owners", _anchor="when-emails-do-not-leave")
    if late := late_letters():
        since, wait = f"{late.since:%Y-%m-%d %H:%M} UTC", _plural(late, "has", "have")
        say = f"{_count(late)} of the sites {wait} waited since {since}."
        yield Alert(f"{say}{_answer(late)}", STEP, address, is_grave=True)
    if failed := failed_letters():
        were = _plural(failed, "was", "were")
        say = f"{_count(failed)} of the sites {were} not sent in the last day."
        yield Alert(f"{say}{_answer(failed)}", STEP, address)


def _count(trouble: LetterTrouble) -> str:
    return f"{trouble.count:,} {_plural(trouble, 'email', 'emails')}"


def _plural(trouble: LetterTrouble, one: str, more: str) -> str:
    return one if trouble.count == 1 else more


def _answer(trouble: LetterTrouble) -> str:
    """In the mail server's words, or this program's."""
    return f" The last obstacle: {trouble.answer}" if trouble.answer else ""
