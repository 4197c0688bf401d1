"""The available templates: shipped with the product, or published in the browser."""

import logging

from portal.core.errors import Invalid
from portal.documents.document import Document
from portal.documents.folders.contents import Contents, cached_from
from portal.documents.models import DocumentKind
from portal.documents.publishing.overlay import folder
from portal.emails.drafting.template import Template, template_of

_log = logging.getLogger(__name__)


def templates() -> list[Template]:
    """The readable templates, by title; the others are in `unreadable_templates`."""
    return list(cached_from(folder(DocumentKind.TEMPLATE).contents(), _by_title))


def unreadable_templates() -> list[Invalid]:
    """Why the other files can't be read, each naming its file."""
    return list(cached_from(folder(DocumentKind.TEMPLATE).contents(), _unreadable))


def template_named(slug: str) -> Template:
    """Raises NotFound, or Invalid when the file can't be read."""
    found = cached_from(folder(DocumentKind.TEMPLATE).get(slug), _read)
    if isinstance(found, Invalid):
        raise found
    return found


def _by_title(contents: Contents) -> list[Template]:
    read = [cached_from(document, _read) for document in contents.documents]
    found = [each for each in read if isinstance(each, Template)]
    return sorted(found, key=lambda template: template.title.casefold())


def _unreadable(contents: Contents) -> list[Invalid]:
    read = [cached_from(document, _read) for document in contents.documents]
    return [*contents.problems, *(each for each in read if isinstance(each, Invalid))]


def _read(document: Document) -> Template | Invalid:
    try:
        return template_of(document)
    except Invalid as error:
        return error
    except Exception:  # one unreadable file never fails the list
        _log.exception("The template %s can't be read", document.slug)
        return Invalid(f"{document.name}, line 1: the template can't be read.")
