"""The editor pages for a kind of document, registered on the blueprint that shows it:

    hang_editor(blueprint, REPORTS, at="/ops/incidents")

Their endpoints belong to that blueprint: `new_document`, `edit_document`, `list_document_versions`
and so on, so that a page links to them as `url_for(".edit_document", slug=…)`. Start with
`edit_pages`.
"""

from flask import Blueprint

from portal.documents.editor.autosave_pages import WordsPages
from portal.documents.editor.edit_pages import DeskPages
from portal.documents.editor.history_pages import HistoryPages
from portal.documents.writing import Writing

__all__ = ["hang_editor"]


def hang_editor(blueprint: Blueprint, writing: Writing, *, at: str) -> None:
    """`at` is the URL prefix of the documents; a slug follows it directly."""
    for pages in (DeskPages, WordsPages, HistoryPages):
        pages(writing, blueprint, at).hang()
