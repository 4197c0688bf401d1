"""Unsaved edits of a message: autosaved by the page, restored, discarded."""

from secrets import token_hex
from typing import Any

from flask import jsonify, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.models import Account
from portal.accounts.permissions.access import admins, the_account
from portal.core.errors import Invalid
from portal.core.forms import commit_and_redirect, form_at, json_answer
from portal.core.storage.database import db
from portal.emails.drafting.unsaved import (
    EditedMessage,
    discard_unsaved,
    keep_unsaved,
    unsaved_text,
    unsaved_words,
)
from portal.emails.forms import DiscardForm, EditForm, UnsavedForm
from portal.emails.models import Message, UnsavedWords
from portal.emails.queries import message_by_id
from portal.emails.views import blueprint

APART = (
    "You typed other words on another page: both are kept, and offered when this page is opened."
)
SOMEBODY_ELSE = "somebody else is logged in to this browser now. Copy your words before you go on."


@blueprint.post("/ops/emails/<int:message_id>/words")
@admins
def update_words(message_id: int) -> Response:
    """Response for the page's script. Not audited: only their author can read unsaved edits."""
    form, by, message = UnsavedForm(), the_account(), message_by_id(message_id)
    if not form.sent():
        return json_answer(next(iter(form.problems.values())), 422)
    if form.writer.data != str(by.id):
        return json_answer(SOMEBODY_ELSE, 403)
    try:
        row = keep_unsaved(message, form.typed(), by=by)
    except Invalid as error:
        db.session.rollback()
        return json_answer(str(error), 422)
    others = [each for each in unsaved_words(message, by=by) if each.key != row.key]
    fields, said = {"key": row.key, "known": row.sha256}, APART if others else ""
    db.session.commit()
    return jsonify(fields=fields, said=said)


@blueprint.post("/ops/emails/<int:message_id>/words/end")
@admins
def delete_words(message_id: int) -> Response:
    form, message = DiscardForm(), message_by_id(message_id)
    form.require()
    discard_unsaved(message, form.key.data, by=the_account())
    return commit_and_redirect(
        url_for(".show_message", message_id=message_id), "Your unsaved words are gone."
    )


def words_on_the_page(message: Message, by: Account) -> dict[str, Any]:
    """The text for the editor: as just submitted, else the restored edits, else the message's."""
    form = form_at(EditForm, url_for(".update_message", message_id=message.id))
    taken = _taken(message, by)
    typed = _typed(message, taken, form)
    form.subject.data, form.body.data = typed.subject, typed.body
    unsaved = [row for row in unsaved_words(message, by=by) if row.key != typed.place]
    return {"typed": typed, "edit": form, "taken": taken, "unsaved": unsaved, "writer": by.id}


def _taken(message: Message, by: Account) -> UnsavedWords | None:
    key = request.args.get("take")
    return unsaved_text(message, key, by=by) if key and message.is_draft else None


def _typed(message: Message, taken: UnsavedWords | None, form: EditForm) -> EditedMessage:
    page = token_hex(8)
    if form.is_sent:
        sent = form.typed()
        return EditedMessage(sent.subject, sent.body, "", sent.page or page, sent.key, sent.known)
    if taken:
        return EditedMessage(
            taken.subject, taken.body, taken.seen_hash, page, taken.key, taken.sha256
        )
    return EditedMessage(message.subject, message.body, "", page)
