"""A live incident as one reader sees it: the only access to its updates for pages and messages.

The update must be for the reader and so must the incident; both only after the update has left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from portal.core.clock import now
from portal.core.errors import NotFound
from portal.documents.audiences.audience import Audience, Reader
from portal.incidents.live.models import IncidentUpdate, LiveIncident, Phase

OVER = (Phase.RESOLVED, Phase.DONE, Phase.CANCELLED)


def is_for(reader: Reader, audience: Audience, clients: Sequence[str]) -> bool:
    """Whether this reader may read what is for `audience`; `clients` limit it to those named.

    A limit counts for the public too: what names clients is never public.
    """
    if reader.is_staff:
        return True
    named = reader.client is not None and reader.client in clients
    if not named and (clients or reader.named_only):
        return False
    return reader.reads_all_of(audience)


def may_know_of(reader: Reader, incident: LiveIncident) -> bool:
    """Whether it may be shown to this reader together with an update for them.

    One for all clients is also for those who read only what names them, once an update does.
    """
    if not incident.clients:
        return reader.reads_all_of(incident.audience)
    return is_for(reader, incident.audience, incident.clients)


@dataclass(frozen=True)
class LiveView:
    """Raises NotFound for readers who may not know of the incident, or for whom no update has
    left, with the sentence for a missing one.
    """

    incident: LiveIncident
    reader: Reader

    def __post_init__(self) -> None:
        if not self.reader.is_staff and not (self._is_published and self.updates):
            raise NotFound("There is no such incident.")

    @cached_property
    def updates(self) -> list[IncidentUpdate]:
        """In their order; for staff also those that were held back or have yet to leave."""
        return [each for each in self.incident.updates if self._shows(each)]

    @property
    def phase(self) -> Phase:
        """Staff see the incident's; other readers that of the last update for them."""
        if self.reader.is_staff or not self.updates:
            return self.incident.phase
        return self.updates[-1].phase

    @property
    def next_update_at(self) -> datetime | None:
        """What the last update for this reader promised; None once it is over."""
        if self.is_over:
            return None
        if self.reader.is_staff:
            return self.incident.next_update_at
        return self.updates[-1].next_update_at

    @property
    def is_late(self) -> bool:
        """Whether the next update was promised for a time that is past."""
        return self.next_update_at is not None and self.next_update_at <= now()

    @property
    def is_over(self) -> bool:
        return self.phase in OVER

    @property
    def over_at(self) -> datetime | None:
        return self.updates[-1].happened_at if self.is_over and self.updates else None

    @property
    def _is_published(self) -> bool:
        incident = self.incident
        shown = incident.published_at is not None and incident.discarded_at is None
        return shown and may_know_of(self.reader, incident)

    def _shows(self, update: IncidentUpdate) -> bool:
        if self.reader.is_staff:
            return True
        return update.has_left and is_for(self.reader, update.audience, update.clients)
