"""The editor pages for a kind of document, registered on the blueprint that shows it:

    register_editor(blueprint, REPORTS, at="/ops/incidents")

Their endpoints belong to that blueprint: `new_document`, `edit_document`, `list_document_versions`
and so on, so that a page links to them as `url_for(".edit_document", slug=…)`. Start with
`edit_pages`.
"""

from flask import Blueprint

from portal.documents.editor.autosave_pages import AutosavePages
from portal.documents.editor.edit_pages import EditorPages
from portal.documents.editor.history_pages import HistoryPages
from portal.documents.writing import EditableKind

__all__ = ["register_editor"]


def register_editor(blueprint: Blueprint, writing: EditableKind, *, at: str) -> None:
    """`at` is the URL prefix of the documents; a slug follows it directly."""
    for pages in (EditorPages, AutosavePages, HistoryPages):
        pages(writing, blueprint, at).register_routes()
