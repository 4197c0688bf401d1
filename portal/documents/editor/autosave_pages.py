"""Autosave of the editor page, so that a browser crash loses no text."""

from flask import jsonify

from portal.accounts.permissions.access import the_account
from portal.core.errors import Invalid
from portal.core.forms import json_answer
from portal.core.storage.database import db
from portal.documents.drafting.autosave import autosave_text, is_apart
from portal.documents.editor.field_forms import not_in_text
from portal.documents.editor.forms import AutosaveForm
from portal.documents.editor.pages import Page
from portal.documents.editor.preview_pages import PreviewPages

APART_WORDS = (
    "You wrote other words of this on another page. These are kept as a draft of their own:"
    " nothing of either is lost."
)
SOMEBODY_ELSE = "Somebody else is logged in to this browser now. Copy your words before you go on."


class AutosavePages(PreviewPages):
    def register_routes(self) -> None:
        self.add("drafts/words", self.update_document_words, method="POST")

    def update_document_words(self) -> Page:
        """Response for the page's script. Not audited: only the author can read a draft."""
        by, form = the_account(), self.form(AutosaveForm)
        is_right, edited, problems = self.sent(form)
        if not is_right:
            return json_answer(next(iter(form.problems.values())), 422)
        if form.writer.data != str(by.id):
            return json_answer(SOMEBODY_ELSE, 403)
        try:
            draft = autosave_text(self.writing.kind, edited, by=by)
        except Invalid as error:
            db.session.rollback()
            return json_answer(str(error), 422)
        fields = {"drafted_as": draft.slug, "known": draft.sha256}
        said = APART_WORDS if is_apart(draft) else ""
        db.session.commit()
        if lost := not_in_text(problems):
            return json_answer(" ".join(_said_of(form, *each) for each in lost.items()), 422)
        return jsonify(fields=fields, said=said)


def _said_of(form: AutosaveForm, name: str, sentence: str) -> str:
    """The rest of the draft is kept all the same."""
    return f"“{form[name].label.text}” is not in the draft. {sentence}"
