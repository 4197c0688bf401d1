"""What blocks an update for others than staff, at the field that it is in."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from portal.accounts.models import Contact, Organisation
from portal.core.configuration.settings import settings
from portal.core.errors import Invalid
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience, Reader
from portal.emails.live_updates.letters import UpdateFacts
from portal.emails.review.checks import Checked, blocking, findings
from portal.incidents.lint.internal_words import internal_words_in

IN = {"title": "The title", "own": "What is affected", "text": ""}


def require_sendable(facts: UpdateFacts, *, audience: Audience, clients: Sequence[str]) -> None:
    """Raises Invalid with every finding in the first field that has some.

    `audience` and `clients` are the incident's: they read its title and what is affected.
    """
    for name, found in problems_of(facts, audience=audience, clients=clients).items():
        raise Invalid(" ".join(found), field=name)


def problems_of(
    facts: UpdateFacts, *, audience: Audience, clients: Sequence[str]
) -> dict[str, list[str]]:
    """By the form's field. Nothing of what is for staff is checked."""
    if facts.audience is Audience.INTERNAL:
        return {}
    found = {
        "title": _found("title", facts.title, audience, clients),
        "own": _found("own", "\n\n".join(facts.affected), audience, clients),
        "text": _found("text", facts.text, facts.audience, facts.clients),
    }
    return {name: sentences for name, sentences in found.items() if sentences}


def _found(name: str, text: str, audience: Audience, clients: Sequence[str]) -> list[str]:
    if not text:
        return []
    own, others = _names(audience, clients)
    client = clients[0] if len(clients) == 1 else None
    checked = Checked(
        subject="Update",
        body=text,
        reader=Reader(audience, client),
        base_url=settings().base_url,
        own=own,
        others=others,
        internal_words=internal_words_in(text),
    )
    sentences = [each.sentence for each in blocking(findings(checked))]
    return [f"{IN[name]}: {each}" if IN[name] else each for each in sentences]


def _names(audience: Audience, clients: Sequence[str]) -> tuple[list[str], list[str]]:
    """The names of the only client whom it is for, and those of all others."""
    only = clients[0] if audience is Audience.CLIENTS and len(clients) == 1 else None
    own: list[str] = []
    others: list[str] = []
    for slug, name in _every_name():
        (own if slug == only else others).append(name)
    return own, others


def _every_name() -> Iterator[tuple[str, str]]:
    """Of clients and their people, archived ones included."""
    for slug, name in db.session.execute(select(Organisation.slug, Organisation.name)):
        yield slug, name
        yield slug, slug
    people = select(Organisation.slug, Contact.name).join(Contact.organisation)
    yield from ((slug, name) for slug, name in db.session.execute(people))
