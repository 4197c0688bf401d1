"""Previews on the editor page; another process makes them, which may take longer than a request."""

from flask import Response, make_response, request

from portal.accounts.models import Account
from portal.accounts.permissions.access import the_account, the_session
from portal.core.errors import NotFound, PortalError
from portal.core.storage.database import db, reading
from portal.documents.drafting.state import Seen, Sheet, desk_for, seat_named
from portal.documents.editor.forms import SheetForm
from portal.documents.editor.pages import Page, Pages
from portal.documents.previews.asking import preview_of_ticket, request_preview
from portal.documents.previews.tickets import Holder
from portal.documents.writing import Preview, Seat

STOP_ASKING = 286
"""The status with which htmx stops polling."""


class PreviewPages(Pages):
    def preview_document(self) -> Page:
        """Only the preview for the page's script, else the whole page. Nothing is written, so that
        no other request waits for the writer lock during the preview.
        """
        form = SheetForm()
        form.require()
        sheet = form.sheet()
        db.session.commit()
        with reading():
            seats = self.writing.seats()
            return self._previewed(
                sheet, request_preview(self.writing, sheet, seats, _holder()), seats
            )

    def show_document_preview(self, key: str) -> Page:
        """The preview of a ticket, for the session that requested it.

        While it is pending the page is not changed, so that a screen reader announces it only once.
        """
        seats = self.writing.seats()
        try:
            sheet, seen = preview_of_ticket(self.writing, key, seats, _holder())
        except NotFound as error:
            if "HX-Request" not in request.headers:
                raise
            return self._end_polling(error, seats)
        answer = self._previewed(sheet, seen, seats)
        if seen.key:
            answer.headers["HX-Reswap"] = "none"
        return answer

    def _end_polling(self, error: NotFound, seats: list[Seat]) -> Response:
        """The last response for a polling page: after an error status it would poll forever."""
        shown = {"preview": Preview("", failed=str(error)), "findings": [], "pending": None}
        answer = make_response(self.show("_preview.html", **shown, seat=seats[0]), STOP_ASKING)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _previewed(self, sheet: Sheet, seen: Seen, seats: list[Seat]) -> Response:
        """The preview, or 202 with the address to poll while it is being made."""
        if "HX-Request" in request.headers:
            shown = {"preview": seen.preview, "findings": seen.findings, "pending": seen.key}
            page = self.show("_preview.html", **shown, seat=seat_named(seats, sheet.seat))
        elif seen.key:
            page = self.show("waiting.html", pending=seen.key)
        else:
            page = self._desk_with(sheet, seen, seats, the_account(), is_saved=False)
        answer = make_response(page, 202 if seen.key else 200)
        answer.headers["Cache-Control"] = "no-store"
        if seen.key:
            answer.headers["Location"] = self.address("show_document_preview", key=seen.key)
            answer.headers["Retry-After"] = "1"
        return answer

    def _desk(
        self,
        sheet: Sheet,
        by: Account,
        *,
        error: PortalError | None = None,
        problems: dict[str, str] | None = None,
        is_saved: bool = True,
    ) -> str:
        seats = self.writing.seats()
        seen = request_preview(self.writing, sheet, seats, _holder())
        return self._desk_with(
            sheet, seen, seats, by, error=error, problems=problems, is_saved=is_saved
        )

    def _desk_with(
        self,
        sheet: Sheet,
        seen: Seen,
        seats: list[Seat],
        by: Account,
        *,
        error: PortalError | None = None,
        problems: dict[str, str] | None = None,
        is_saved: bool = True,
    ) -> str:
        desk = desk_for(self.writing, sheet, seats, seen, by=by, is_saved=is_saved)
        return self.show("desk.html", desk=desk, error=error, problems=problems or {}, writer=by.id)


def _holder() -> Holder:
    return Holder(account=the_account().id, session=the_session().id)
