"""The facts in a runbook's front matter: risk, roles, review date."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from portal.documents.document import Document
from portal.runbooks.format.steps import Problem

T = TypeVar("T")
KEYS = ("id", "title", "risk", "roles", "review-by")
ROLES = ("ops", "admin")


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True)
class Facts:
    risk: Risk | None = None
    roles: tuple[str, ...] = ROLES
    review_by: date | None = None


def read_facts(document: Document, source: str) -> tuple[Facts, list[Problem]]:
    """The facts that can be read, and a problem for each that can't."""
    problems: list[Problem] = []

    def value(key: str, read: Callable[[object], T], default: T) -> T:
        given = document.meta.get(key)
        try:
            return default if given is None else read(given)
        except ValueError as error:
            problems.append(Problem(line_of_key(source, key), str(error)))
            return default

    facts = Facts(
        risk=value("risk", _risk, None),
        roles=value("roles", _roles, ROLES),
        review_by=value("review-by", _day, None),
    )
    return facts, problems


def line_of_key(source: str, key: str) -> int:
    """The line of the file with a key of the front matter."""
    lines = source.splitlines()
    return next((at for at, line in enumerate(lines, 1) if line.startswith(f"{key}:")), 1)


def _risk(value: object) -> Risk | None:
    try:
        return Risk(str(value))
    except ValueError:
        raise ValueError(f"risk: “{value}” must be low, medium or high.") from None


def _roles(value: object) -> tuple[str, ...]:
    roles = tuple(str(role) for role in value) if isinstance(value, list) else (str(value),)
    if not roles or any(role not in ROLES for role in roles):
        raise ValueError("roles: must be a list of ops and admin.")
    return roles


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise ValueError(f"review-by: “{value}” must be a date such as 2027-06-30.")
