"""Actions on many studios at once, their progress, and the way back."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from portal.core.configuration.settings import settings
from portal.core.errors import Invalid
from portal.core.forms import require_pressed
from portal.core.storage.database import db
from portal.databases.targets.registry import registered_target
from portal.directory.admin.selecting import query_in, selected_numbers
from portal.directory.batches.acts import ACTIONS, HAND_OVER, IMPORT, UNDO
from portal.directory.batches.operations import Asked, begin_operation, operations_of
from portal.directory.batches.queries import (
    concerned,
    names_of,
    page_of_batches,
    page_of_changes,
    page_of_left,
    person_named,
    whole_batch,
)
from portal.directory.batches.requesting import (
    MOST,
    NOTHING_CHOSEN,
    batch_with,
    request_batch,
    request_undo,
)
from portal.directory.forms.staff.actions import (
    ActionForm,
    DeletionForm,
    HandoverForm,
    SelectionForm,
    numbers_in,
)
from portal.directory.views.staff import blueprint, by_staff

DELETE, EXPORT = "delete", "export"
LONGEST_EXPORT = 3000
"""Characters of an address with the numbers of studios: a server reads some more in one line."""
TOO_MANY_TICKED = (
    "So many ticked studios don’t fit into one export. Narrow the filters, and export all that"
    " match."
)
NO_PERSON = "No person on this site has this address or number."
TITLES = {
    **{each.name: each.verb.capitalize() for each in ACTIONS.values()},
    HAND_OVER: "Hand over",
    IMPORT: "Import",
    UNDO: "Undo",
}
Answer = str | Response | tuple[str, int]

log = logging.getLogger(__name__)


@blueprint.app_template_filter("batch_title")
def batch_title(action: str) -> str:
    return TITLES.get(action, action.capitalize())


@blueprint.get("/actions")
def list_batches() -> str:
    page = page_of_batches(request.args.get("page", 1, type=int))
    return render_template(
        "staff/actions.html",
        page=page,
        page_address=lambda number: url_for(".list_batches", page=number),
    )


@blueprint.post("/actions")
def create_batch() -> Answer:
    """At once, where the action needs nothing else; otherwise, and where more studios match than
    the table said, its page asks."""
    form = ActionForm()
    is_valid = form.sent()
    name = str(form.action.data or "")
    form.numbers.data = chosen(form)
    if name == EXPORT:
        return redirect(_export_of(form), 303)
    if name == HAND_OVER:
        return _page_to_confirm(HAND_OVER, _carrying(HandoverForm, form))
    action = ACTIONS.get(name)
    if action is None:
        raise Invalid("There is no such action, so nothing was changed.")
    if action.asks:
        return _page_to_confirm(DELETE, _carrying(DeletionForm, form))
    if (action.needs_reason and not form.is_asked_for_reason) or form.is_of_more:
        return _page_to_confirm(name, _carrying(ActionForm, form, action=name))
    if not is_valid:
        return _page_to_confirm(name, form), 422
    return _requested(form, name, lambda by: request_batch(
        name, form.numbers.data, by=by, reason=form.reason.data or None
    ))  # fmt: skip


@blueprint.get("/actions/delete")
def show_deletion() -> str:
    numbers = numbers_in(request.args.getlist("numbers"))
    return _page_to_confirm(DELETE, DeletionForm(formdata=None, numbers=numbers))


@blueprint.post("/actions/delete")
def create_deletion() -> Answer:
    form = DeletionForm()
    if not form.sent():
        return _page_to_confirm(DELETE, form), 422
    form.numbers.data = chosen(form)
    return _requested(form, DELETE, lambda by: request_batch(
        DELETE, form.numbers.data, by=by, reason=form.reason.data
    ))  # fmt: skip


@blueprint.get("/actions/hand-over")
def show_handover() -> str:
    numbers = numbers_in(request.args.getlist("numbers"))
    return _page_to_confirm(HAND_OVER, HandoverForm(formdata=None, numbers=numbers))


@blueprint.post("/actions/hand-over")
def create_handover() -> Answer:
    form = HandoverForm()
    if not form.sent():
        return _page_to_confirm(HAND_OVER, form), 422
    form.numbers.data = chosen(form)
    person = person_named(form.person.data)
    if person is None:
        form.point_out({"person": NO_PERSON})
        return _page_to_confirm(HAND_OVER, form), 422
    to = {"to": person.id}
    return _requested(form, HAND_OVER, lambda by: request_batch(
        HAND_OVER, form.numbers.data, by=by, reason=form.reason.data, details=to
    ))  # fmt: skip


@blueprint.get("/actions/<uuid:batch_id>")
def show_batch(batch_id: UUID) -> str:
    batch = batch_with(str(batch_id))
    operations = operations_of(batch.id)
    changes = page_of_changes(batch.id, request.args.get("page", 1, type=int))
    return render_template(
        "staff/action.html",
        whole=whole_batch(batch),
        batch=batch,
        operation=operations[0] if operations else None,
        changes=changes,
        names=names_of([each.studio_number for each in changes.items if each.studio_number]),
        left=page_of_left(batch, request.args.get("left", 1, type=int)),
        address=lambda **page: url_for(".show_batch", batch_id=batch_id, **page),
    )


@blueprint.post("/actions/<uuid:batch_id>/undo")
def create_undo(batch_id: UUID) -> Response:
    require_pressed()
    undo_id = request_undo(str(batch_id), by=by_staff())
    _begin(undo_id)
    return _to(undo_id)


def chosen(form: SelectionForm) -> list[int]:
    """What was ticked, or all that the table's filter finds. Raises Invalid for nothing."""
    numbers: list[int] = form.numbers.data or []
    if form.all.data:
        numbers = selected_numbers(query_in(str(form.filter.data or "")), MOST + 1)
    if not numbers:
        raise Invalid(f"{NOTHING_CHOSEN} Nothing was changed.")
    return numbers


def _export_of(form: SelectionForm) -> str:
    """The address of the file: of the filter, or of what was ticked."""
    if form.all.data:
        wanted: dict[str, Any] = {**query_in(str(form.filter.data or "")).conditions}
        return url_for(".download_studios", **wanted)
    ticked = ",".join(str(each) for each in form.numbers.data)
    if len(ticked) > LONGEST_EXPORT:
        raise Invalid(TOO_MANY_TICKED)
    return url_for(".download_studios", numbers=ticked)


def _carrying(make: Callable[..., Any], form: SelectionForm, **more: str) -> Any:
    """The form that asks, for the studios that were chosen."""
    return make(formdata=None, numbers=form.numbers.data, **more)


def _page_to_confirm(name: str, form: SelectionForm) -> str:
    numbers = form.numbers.data or []
    endpoints = {DELETE: ".create_deletion", HAND_OVER: ".create_handover"}
    return render_template(
        "staff/action_confirm.html",
        name=name,
        title=TITLES.get(name, name),
        action=ACTIONS.get(name),
        form=form,
        concerned=concerned(numbers),
        address=url_for(endpoints.get(name, ".create_batch")),
    )


def _requested(form: SelectionForm, name: str, make: Callable[[Any], str]) -> Answer:
    """The page of the action. What the service refuses about a field is said there."""
    try:
        batch_id = make(by_staff())
    except Invalid as error:
        if not error.field or not form.tell(error):
            raise
        return _page_to_confirm(name, form), 422
    _begin(batch_id)
    return _to(batch_id)


def _begin(batch_id: str) -> None:
    """Its operation. If ops can't be written now, the worker asks for it within seconds."""
    name = settings().env.value
    try:
        known = registered_target(name)
        asked = Asked.of(batch_with(batch_id), known.database_uuid if known else "")
        db.session.rollback()
        begin_operation(name, asked)
    except SQLAlchemyError:
        db.session.rollback()
        log.exception("Action %s waits for the worker to find it", batch_id)


def _to(batch_id: str) -> Response:
    flash("The action has begun. This page says how far it is.", "info")
    return redirect(url_for(".show_batch", batch_id=batch_id), 303)
