"""Previews on the editor page; another process makes them, which may take longer than a request."""

from dataclasses import replace
from typing import TypeVar

from flask import Response, make_response, request

from portal.accounts.models import Account
from portal.accounts.permissions.access import the_account, the_session
from portal.core.errors import Invalid, NotFound, PortalError
from portal.core.storage.database import db, reading
from portal.documents.drafting.filling import filled_in
from portal.documents.drafting.state import (
    EditedText,
    EditorState,
    PreviewState,
    editor_state,
    viewpoint_named,
)
from portal.documents.editor.field_forms import fill, kept_names, problems_of, typed_in, with_fields
from portal.documents.editor.forms import FIELDS, VIEWS, EditorForm, PictureForm
from portal.documents.editor.pages import Page, Pages
from portal.documents.previews.asking import preview_of_ticket, request_preview
from portal.documents.previews.tickets import Holder
from portal.documents.writing import Preview, Viewpoint

F = TypeVar("F", bound=EditorForm)
STOP_ASKING = 286
"""The status with which htmx stops polling."""


class InvalidEdit(Invalid):
    """A malformed form; each problem is shown at its field."""

    status = 422
    heading = "This is not right yet"

    def __init__(self) -> None:
        super().__init__("Look at what is marked below.")


class PreviewPages(Pages):
    def preview_document(self) -> Page:
        """Only the preview for the page's script, else the whole page. Nothing is written, so that
        no other request waits for the writer lock during the preview.
        """
        is_right, edited, problems = self.sent(form := self.form(EditorForm))
        db.session.commit()
        if form.turn.data in VIEWS and is_right:
            with reading():
                turned = replace(edited.to_be_read_again, view=form.turn.data)
                return self._editor(turned, the_account(), is_saved=False)
        if not is_right or (problems and "HX-Request" not in request.headers):
            error, problems = InvalidEdit(), form.problems | problems
            with reading():
                page = self._editor(
                    edited, the_account(), error=error, problems=problems, is_saved=False
                )
            return make_response(page, error.status)
        with reading():
            viewpoints = self.writing.viewpoints()
            return self._previewed(
                edited, request_preview(self.writing, edited, viewpoints, _holder()), viewpoints
            )

    def show_document_preview(self, key: str) -> Page:
        """The preview of a ticket, for the session that requested it.

        While it is pending the page is not changed, so that a screen reader announces it only once.
        """
        viewpoints = self.writing.viewpoints()
        try:
            edited, seen = preview_of_ticket(self.writing, key, viewpoints, _holder())
        except NotFound as error:
            if "HX-Request" not in request.headers:
                raise
            return self._end_polling(error, viewpoints)
        answer = self._previewed(edited, seen, viewpoints)
        if seen.key:
            answer.headers["HX-Reswap"] = "none"
        return answer

    def _end_polling(self, error: NotFound, viewpoints: list[Viewpoint]) -> Response:
        """The last response for a polling page: after an error status it would poll forever."""
        shown = {"preview": Preview("", failed=str(error)), "findings": [], "pending": None}
        answer = make_response(
            self.show("_preview.html", **shown, viewpoint=viewpoints[0]), STOP_ASKING
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _previewed(
        self, edited: EditedText, seen: PreviewState, viewpoints: list[Viewpoint]
    ) -> Response:
        """The preview, or 202 with the address to poll while it is being made."""
        if "HX-Request" in request.headers:
            shown = {"preview": seen.preview, "findings": seen.findings, "pending": seen.key}
            page = self.show(
                "_preview.html", **shown, viewpoint=viewpoint_named(viewpoints, edited.viewpoint)
            )
        elif seen.key:
            page = self.show("waiting.html", pending=seen.key)
        else:
            page = self._editor(edited.to_be_read_again, the_account(), seen=seen, is_saved=False)
        answer = make_response(page, 202 if seen.key else 200)
        answer.headers["Cache-Control"] = "no-store"
        if seen.key:
            answer.headers["Location"] = self.address("show_document_preview", key=seen.key)
            answer.headers["Retry-After"] = "1"
        return answer

    def _editor(
        self,
        edited: EditedText,
        by: Account,
        *,
        seen: PreviewState | None = None,
        error: PortalError | None = None,
        problems: dict[str, str] | None = None,
        is_saved: bool = True,
    ) -> str:
        """`seen`: the preview, if it was requested already."""
        viewpoints = self.writing.viewpoints()
        seen = seen or request_preview(self.writing, edited, viewpoints, _holder())
        editor = editor_state(self.writing, edited, viewpoints, seen, by=by, is_saved=is_saved)
        form = self._shown_form(editor, problems or {})
        return self.show(
            "editor.html",
            editor=editor,
            form=form,
            kept=kept_names(form, in_fields=editor.sheet is not None),
            writer=by.id,
            error=error,
        )

    def form(self, kind: type[F]) -> F:
        """The form of this request, with the fields of this kind of document."""
        made: F = with_fields(kind, self.writing.fields)()
        return made

    def sent(self, form: EditorForm) -> tuple[bool, EditedText, dict[str, str]]:
        """Whether its shape is right; what was typed; the problems of its fields."""
        is_right, edited = form.sent(), form.edited()
        if edited.view != FIELDS:
            return is_right, edited, {}
        edited, problems = filled_in(self.writing, edited, typed_in(form, self.writing.fields))
        return is_right, edited, problems_of(problems)

    def _shown_form(self, editor: EditorState, problems: dict[str, str]) -> PictureForm:
        """Each problem is at its field."""
        edited = editor.edited
        values = {"text": edited.text, "slug": edited.slug, "note": edited.note}
        if editor.sheet and edited.values is not None:
            values["text"] = edited.base
        form: PictureForm = with_fields(PictureForm, self.writing.fields)(
            formdata=None, data=values
        )
        form.shows.data = PictureForm().shows.data if problems else ""
        fill(form, self.writing.fields, editor)
        for each in form:
            each.id = each.label.field_id = f"editor-{each.short_name}"
        form.point_out(problems)
        return form


def _holder() -> Holder:
    return Holder(account=the_account().id, session=the_session().id)
