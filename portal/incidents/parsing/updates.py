"""The updates of an incident in front matter, each with its own audience."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from portal.documents.audiences.audience import Audience, Reader
from portal.documents.front_matter.yaml_errors import quoted
from portal.incidents.parsing.status_words import status_in
from portal.incidents.parsing.vocabulary import MORE_STATUSES, Status
from portal.incidents.timelines.times import read_time

KEYS = ("at", "status", "text", "audience")


@dataclass(frozen=True)
class Update:
    """`at` is naive if no zone is known. `client` is its only reader besides staff, if set."""

    at: datetime
    text: str
    status: Status | None = None
    audience: Audience = Audience.INTERNAL
    client: str | None = None

    def is_for(self, reader: Reader) -> bool:
        if self.client and not reader.is_staff:
            return reader.audience is Audience.CLIENTS and reader.client == self.client
        return reader.reads_all_of(self.audience)


def read_update(value: object, *, default: Audience, zone: tzinfo | None) -> Update:
    """`default` is the report's audience. Raises ValueError with a sentence."""
    if not isinstance(value, dict):
        raise ValueError("an update has at, status, text and audience.")
    audience, client = read_audience(value.get("audience", default))
    status = value.get("status")
    return Update(
        at=read_time(value.get("at"), zone),
        text=" ".join(str(value.get("text") or "").split()),
        status=None if status is None else read_status(status),
        audience=audience,
        client=client,
    )


def read_audience(value: object) -> tuple[Audience, str | None]:
    """“clients”, “client acme”. Raises ValueError."""
    kind, _, name = str(value).strip().lower().partition(" ")
    if kind == "client" and name.strip():
        return Audience.CLIENTS, name.strip()
    if kind not in list(Audience) or name:
        raise ValueError(
            f"{quoted(value)} must be public, clients, client with a name, or internal."
        )
    return Audience(kind), None


def read_status(value: object) -> Status:
    """Parsed like a status in a text. Raises ValueError."""
    if isinstance(value, str) and (found := status_in(value)):
        return found
    known = ", ".join(Status)
    raise ValueError(f"{quoted(value)} is not one of {known}. Understood too: {MORE_STATUSES}.")
