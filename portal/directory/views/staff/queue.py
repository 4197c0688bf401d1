"""The queue: reviews, pictures, reports and claims that wait for staff."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.core.errors import Conflict
from portal.core.forms import form_at
from portal.core.storage.database import db
from portal.directory.forms.staff.queue import (
    ACCEPT,
    APPROVE,
    CLOSE,
    REFUSE,
    REMOVE,
    UNDO,
    DecisionForm,
    PictureDecisionForm,
    ReportDecisionForm,
    ReviewDecisionForm,
)
from portal.directory.queue.counts import count_waiting, shown
from portal.directory.queue.decided import decided_item, decided_lately, studio_names
from portal.directory.queue.deciding import remove_what_was_reported
from portal.directory.queue.finding import item_called, next_item
from portal.directory.queue.items import Item, PictureItem, ReportItem, ReviewItem
from portal.directory.queue.order import Cursor, Kind, cursor_in
from portal.directory.reports import pictures, service
from portal.directory.reviews.moderation import approve_review, refuse_review, remove_review
from portal.directory.views.staff import blueprint, by_staff

UNKNOWN = "This button is not known, so nothing was changed."
DECIDED = "decided"
"""The part of the page that lists what was decided lately."""


@dataclass(frozen=True)
class Asked:
    """Of the page's address: one kind or all, after which item, and which item itself."""

    kind: Kind | None
    after: Cursor | None
    item: str | None

    @property
    def kinds(self) -> list[Kind]:
        return [self.kind] if self.kind else list(Kind)


def _asked() -> Asked:
    kind, named = request.args.get("kind"), request.args.get("item")
    known = next((each for each in Kind if each.value == kind), None)
    return Asked(known, cursor_in(request.args.get("after")), named)


@blueprint.get("/queue")
def show_queue() -> str:
    waiting = count_waiting(db.session.connection())
    if request.args.get("kind") == DECIDED:
        decided = decided_lately()
        names = studio_names(decided)
        return render_template(
            "staff/queue_decided.html", waiting=waiting, shown=shown, decided=decided, names=names
        )
    asked = _asked()
    item = (item_called(asked.item) if asked.item else None) or next_item(asked.kinds, asked.after)
    is_missing = bool(asked.item) and (item is None or name_of(item) != asked.item)
    return render_template(
        "staff/queue.html",
        waiting=waiting,
        shown=shown,
        asked=asked,
        item=item,
        name=name_of(item) if item else None,
        is_missing=is_missing and request.method == "GET",
        form=_form_of(item, asked) if item else None,
        done=decided_item(request.args.get("done")),
    )


def name_of(item: Item) -> str:
    return f"{item.kind.value}-{item.review.number if isinstance(item, ReviewItem) else item.id}"


def _form_of(item: Item, asked: Asked) -> DecisionForm:
    """`address` without what the page is filtered by: that is in the query of the form's action."""
    if isinstance(item, ReviewItem):
        address = url_for(".create_review_decision", number=item.review.number)
        return form_at(ReviewDecisionForm, address, seen=item.review.seen)
    if isinstance(item, PictureItem):
        return form_at(PictureDecisionForm, url_for(".create_picture_decision", check_id=item.id))
    return form_at(ReportDecisionForm, url_for(".create_report_decision", report_id=item.id))


@blueprint.app_template_global("queue_decision_address")
def decision_address(item: Item, asked: Asked) -> str:
    """Where the form of an item is sent; the page goes on from there."""
    more: dict[str, Any] = {"kind": asked.kind, "after": asked.after, "item": name_of(item)}
    if isinstance(item, ReviewItem):
        return url_for("staff.create_review_decision", number=item.review.number, **more)
    if isinstance(item, ReportItem):
        return url_for("staff.create_report_decision", report_id=item.id, **more)
    return url_for("staff.create_picture_decision", check_id=item.id, **more)


@blueprint.post("/queue/reviews/<int:number>")
def create_review_decision(number: int) -> Response:
    form = ReviewDecisionForm()
    form.require()
    by, seen, because = by_staff(), str(form.seen.data or ""), form.because
    _carry_out(
        form,
        {
            APPROVE: lambda: approve_review(number, seen=seen, by=by),
            REFUSE: lambda: refuse_review(number, because, seen=seen, by=by),
            REMOVE: lambda: remove_review(number, because, by=by),
        },
    )
    return _go_on(f"{Kind.REVIEW.value}-{number}")


@blueprint.post("/queue/pictures/<check_id>")
def create_picture_decision(check_id: str) -> Response:
    form = PictureDecisionForm()
    form.require()
    by, because = by_staff(), form.because
    _carry_out(
        form,
        {
            ACCEPT: lambda: pictures.accept_picture(check_id, by=by),
            REMOVE: lambda: pictures.remove_picture(check_id, because, by=by),
            UNDO: lambda: pictures.undo_decision(check_id, by=by),
        },
    )
    return _go_on(f"{Kind.PICTURE.value}-{check_id}")


@blueprint.post("/queue/reports/<report_id>")
def create_report_decision(report_id: str) -> Response:
    form = ReportDecisionForm()
    form.require()
    by, because, outcome = by_staff(), form.because, str(form.outcome.data or "")
    _carry_out(
        form,
        {
            CLOSE: lambda: service.close_report(report_id, outcome, by=by),
            REMOVE: lambda: remove_what_was_reported(report_id, because, by=by),
            UNDO: lambda: service.reopen_report(report_id, by=by),
        },
    )
    return _go_on(f"{Kind.REPORT.value}-{report_id}")


def _carry_out(form: DecisionForm, ways: dict[str, Callable[[], object]]) -> None:
    """Raises Conflict for a button that this page doesn't have."""
    way = ways.get(str(form.decision.data))
    if way is None:
        raise Conflict(UNKNOWN, remedy="Open the queue again.")
    way()


def _go_on(decided: str) -> Response:
    """To the next item, with a sentence about what was decided; an undone item is shown itself."""
    asked, is_undone = _asked(), request.args.get("back")
    if is_undone == DECIDED:
        return redirect(url_for(".show_queue", kind=DECIDED), 303)
    if is_undone:
        return redirect(url_for(".show_queue", kind=asked.kind, item=decided), 303)
    return redirect(
        url_for(
            ".show_queue",
            kind=asked.kind,
            after=asked.after,
            done=decided,
            _anchor="item-title",
        ),
        303,
    )
