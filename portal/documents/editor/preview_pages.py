"""Previews on the editor page; another process makes them, which may take longer than a request."""

from flask import Response, make_response, request

from portal.accounts.models import Account
from portal.accounts.permissions.access import the_account, the_session
from portal.core.errors import NotFound, PortalError
from portal.core.storage.database import db, reading
from portal.documents.drafting.state import EditedText, PreviewState, editor_state, viewpoint_named
from portal.documents.editor.forms import EditorForm
from portal.documents.editor.pages import Page, Pages
from portal.documents.previews.asking import preview_of_ticket, request_preview
from portal.documents.previews.tickets import Holder
from portal.documents.writing import Preview, Viewpoint

STOP_ASKING = 286
"""The status with which htmx stops polling."""


class PreviewPages(Pages):
    def preview_document(self) -> Page:
        """Only the preview for the page's script, else the whole page. Nothing is written, so that
        no other request waits for the writer lock during the preview.
        """
        form = EditorForm()
        form.require()
        edited = form.edited()
        db.session.commit()
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
            page = self._editor(edited, the_account(), seen=seen, is_saved=False)
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
        shown = {"editor": editor, "problems": problems or {}, "writer": by.id}
        return self.show("editor.html", error=error, **shown)


def _holder() -> Holder:
    return Holder(account=the_account().id, session=the_session().id)
