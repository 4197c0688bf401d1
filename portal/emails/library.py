"""The templates there are: shipped with the product, or published in the browser."""

from portal.core.errors import Invalid
from portal.documents.document import Document
from portal.documents.models import DocumentKind
from portal.documents.published import folder
from portal.emails.template import Template, template_of


def templates() -> list[Template]:
    """Those that can be read, by title; the others are in `unreadable_templates`."""
    found = [each for each in map(_read, _documents()) if isinstance(each, Template)]
    return sorted(found, key=lambda template: template.title.casefold())


def unreadable_templates() -> list[Invalid]:
    """Why the others can't be read, each naming its file."""
    found = [each for each in map(_read, _documents()) if isinstance(each, Invalid)]
    return [*folder(DocumentKind.TEMPLATE).problems(), *found]


def template_named(slug: str) -> Template:
    """Raises NotFound, or Invalid when the file can't be read."""
    return template_of(folder(DocumentKind.TEMPLATE).get(slug))


def _documents() -> list[Document]:
    return folder(DocumentKind.TEMPLATE).documents()


def _read(document: Document) -> Template | Invalid:
    try:
        return template_of(document)
    except Invalid as error:
        return error
