"""From what was typed into fields to the text of the file."""

from collections.abc import Mapping
from dataclasses import replace

from portal.documents.drafting.state import EditedText
from portal.documents.fields.definition import BODY
from portal.documents.fields.edit import edit
from portal.documents.fields.sheet import Unfit, read_sheet
from portal.documents.writing import EditableKind

NOT_READ = "The fields of this page can’t be read any more: {} Load the page again."


def filled_in(
    writing: EditableKind, edited: EditedText, typed: Mapping[str, str]
) -> tuple[EditedText, dict[str, str]]:
    """`edited.text` is what the fields were read from. Gives the text with what was typed, and the
    problems of it by name of the field.
    """
    base = edited.text
    try:
        done = edit(writing.fields, read_sheet(writing.fields, base, edited.slug), typed)
    except Unfit as error:
        return edited, {BODY: NOT_READ.format(error.sentence)}
    return replace(edited, text=done.text, base=base, values=dict(typed)), done.problems


def with_more_text(writing: EditableKind, edited: EditedText, markdown: str) -> EditedText:
    """The text with a paragraph at its end."""
    if edited.values is None:
        return replace(edited, text=f"{edited.text.rstrip()}\n\n{markdown}\n")
    body = edited.values.get(BODY, "").rstrip()
    values = {**edited.values, BODY: f"{body}\n\n{markdown}\n"}
    return filled_in(writing, replace(edited, text=edited.base), values)[0]
