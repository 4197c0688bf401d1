"""The present readers of a report outside of the staff: clients and their people, counted."""

from dataclasses import dataclass
from hashlib import sha256

from portal.accounts.clients.queries import accounts_to_connect, organisations_with_readers
from portal.accounts.models import Organisation
from portal.documents.audiences.audience import Audience, Reader
from portal.incidents.report import Report
from portal.incidents.reports import reader_of_organisation


@dataclass(frozen=True)
class ClientReach:
    """A client that reads the report, and the names of its people."""

    name: str
    people: list[str]


@dataclass(frozen=True)
class ReaderCounts:
    """`logins` are clients' logins without an organisation: they read what is for all clients.
    `left_out` are clients that read only reports that name them.
    """

    clients: list[ClientReach]
    logins: list[str]
    left_out: list[str]
    is_public: bool
    key: str

    @property
    def people(self) -> int:
        return sum(len(client.people) for client in self.clients) + len(self.logins)

    @property
    def words(self) -> str:
        """“3 clients, 5 people”."""
        clients = counted(len(self.clients), "client", "clients")
        everybody = "everybody; among them " if self.is_public else ""
        return f"{everybody}{clients}, {counted(self.people, 'person', 'people')}"


def reach_of(report: Report) -> ReaderCounts:
    """For a report as it is, or would be, visible outside of the staff."""
    organisations = organisations_with_readers()
    reading = [each for each in organisations if report.is_for(reader_of_organisation(each))]
    clients = [ClientReach(each.name, _people(each)) for each in reading]
    logins, unnamed = [], Reader(Audience.CLIENTS)
    if report.is_for(unnamed):
        logins = [account.name for account in accounts_to_connect()]
    left_out = [each.name for each in organisations if each not in reading]
    said = repr((report.audience, [(each.slug, _people(each)) for each in reading], logins))
    return ReaderCounts(
        clients=clients,
        logins=logins,
        left_out=left_out,
        is_public=report.audience is Audience.PUBLIC,
        key=sha256(said.encode()).hexdigest(),
    )


def counted(count: int, one: str, many: str) -> str:
    """“1 client”, “3 clients”."""
    return f"{count:,} {one if count == 1 else many}"


def _people(organisation: Organisation) -> list[str]:
    return [contact.name for contact in organisation.contacts if contact.is_active]
