"""The expected errors of the product, each with a sentence for people.

Services raise these; one handler for pages and one for commands show them. An error that belongs in
the audit log carries a `Refusal`; the handler rolls back first and records it afterwards.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """The audit entry of a refused attempt: the attempted action, its target, details."""

    action: str
    target: str | None = None
    details: dict[str, str | int | None] | None = None


class PortalError(Exception):
    """An expected failure with one sentence for a person.

    `remedy` is a second sentence: what to do instead. `refusal` adds an audit entry. `field` names
    the field of a form that it is about.
    """

    status = 500
    heading = "Something went wrong"

    def __init__(
        self,
        sentence: str,
        *,
        remedy: str | None = None,
        refusal: Refusal | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy
        self.refusal = refusal
        self.field = field

    @property
    def form_status(self) -> int:
        """Of the page with the form that was refused: 422 where its input is at fault."""
        return 422 if self.field or isinstance(self, Invalid) else self.status

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}" if self.remedy else self.sentence


class SettingError(PortalError):
    """A setting in the environment is missing or invalid; commands end with this one line."""

    heading = "A setting is wrong"


class Invalid(PortalError):
    status = 400
    heading = "Check your answers"


class LoginNeeded(PortalError):
    status = 401
    heading = "Log in first"


class FreshLoginNeeded(PortalError):
    """The login is too old for a dangerous action: log in again, then continue."""

    status = 401
    heading = "Log in again"


class Forbidden(PortalError):
    status = 403
    heading = "Not for this account"


class NotFound(PortalError):
    status = 404
    heading = "Nothing here"


class Gone(PortalError):
    """It was at this address, and is not shown."""

    status = 410
    heading = "Not shown at the moment"


class Conflict(PortalError):
    """The state has changed: out of turn, out of date, already done."""

    status = 409
    heading = "Not now"


class Refused(PortalError):
    """A guard refused, and nothing was changed."""

    status = 409
    heading = "Refused"


class TooMany(PortalError):
    status = 429
    heading = "Too many attempts"


class Unavailable(PortalError):
    status = 503
    heading = "Not available at the moment"


class StaffFault(Unavailable):
    """Its sentence names files, servers, rows or processes: clients and visitors never read it."""
