"""Runs: start one, follow it, read it."""

from collections.abc import Callable
from functools import partial, wraps

from flask import (
    Response,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Field

import portal.runbooks.engine.operation_listener  # noqa: F401  (actions that end take their step with them)
from portal.accounts.login.password_in_form import begin_renewed_login
from portal.accounts.permissions.access import the_account
from portal.accounts.permissions.enforcement import require_fresh_login_of_row
from portal.audit.actor import NamedActor
from portal.audit.refusals import record_refusal
from portal.core.configuration.settings import settings
from portal.core.errors import (
    Conflict,
    Forbidden,
    FreshLoginNeeded,
    Invalid,
    PortalError,
    Refused,
    TooMany,
)
from portal.core.forms import BaseForm, form_at, require_pressed
from portal.core.storage.database import db, reading
from portal.runbooks.engine import step_actions
from portal.runbooks.engine.asking import ask_by_email
from portal.runbooks.engine.queries import page_of_open_runs, page_of_past_runs, run_with_id
from portal.runbooks.engine.registry import incident_to_update
from portal.runbooks.engine.runs import abort_run, start_run, take_over
from portal.runbooks.engine.step_lock import StepTurn, take_turn
from portal.runbooks.format.library import runbook_named
from portal.runbooks.forms import (
    AbortForm,
    StageForm,
    StepForm,
    VersionForm,
    inputs_form,
    phrase_typed,
    stage_form,
)
from portal.runbooks.login_in_run import confirm_with_login, password_field
from portal.runbooks.page import DueStep, run_page
from portal.runbooks.presentation.record import record_name, record_of
from portal.runbooks.presentation.timing import took_by_runs
from portal.runbooks.views import blueprint

DUE = "due"  # the id of the heading where the work goes on
View = Callable[..., None]
SHOWN_ON_THE_RUN = (Invalid, Conflict, Refused, Forbidden, FreshLoginNeeded, TooMany)


@blueprint.post("/runbooks/<path:runbook_id>/runs")
def create_run(runbook_id: str) -> AnyResponse:
    form = inputs_form(runbook_named(runbook_id).inputs)
    form.require()
    run = start_run(runbook_id, inputs=form.values, by=the_account())
    db.session.commit()
    return redirect(url_for(".show_run", run_id=run.id, _anchor=DUE))


@blueprint.get("/runs")
def list_runs() -> str:
    """Two lists with separate page numbers in the query string."""
    opened, past = (request.args.get(name, 1, type=int) for name in ("open", "page"))
    return render_template(
        "runbooks/runs.html",
        open_runs=page_of_open_runs(opened),
        past_runs=(ended := page_of_past_runs(past)),
        took=took_by_runs(ended.items),
        open_address=lambda number: url_for(".list_runs", open=number, page=past),
        past_address=lambda number: url_for(".list_runs", open=opened, page=number),
    )


@blueprint.get("/runs/<int:run_id>")
def show_run(run_id: int) -> str:
    """`step` in the query string is the number of the step to read; otherwise the due one."""
    return _run_page(run_id, step=request.args.get("step", type=int))


@blueprint.get("/runs/<int:run_id>/record.md")
def download_record(run_id: int) -> Response:
    run = run_with_id(run_id)
    response = make_response(record_of(run, by=the_account()))
    response.mimetype = "text/markdown"
    response.headers["Content-Disposition"] = f'attachment; filename="{record_name(run)}"'
    return response


@blueprint.get("/runs/<int:run_id>/pulse")
def show_pulse(run_id: int) -> Response:
    """Tell the page's script, by a header, that the run has changed since it was rendered."""
    moved = request.args.get("version") != str(run_with_id(run_id).version)
    response = make_response("", 200 if moved else 204)
    if moved:
        response.headers["HX-Trigger"] = "run-moved"
    return response


def on_the_run(view: View) -> Callable[..., AnyResponse]:
    """Redirect to the run; a refusal is shown on the run's page with all typed text kept."""

    @wraps(view)
    def shown(run_id: int, **rest: str) -> AnyResponse:
        try:
            view(run_id, **rest)
            db.session.commit()
        except SHOWN_ON_THE_RUN as error:
            record_refusal(error, by=_acting_account())
            return make_response(_run_page(run_id, error=error), error.form_status)
        begin_renewed_login()
        return redirect(url_for(".show_run", run_id=run_id, _anchor=DUE))

    return shown


@blueprint.post("/runs/<int:run_id>/steps/<step_id>/record")
@on_the_run
def update_record(run_id: int, step_id: str) -> None:
    """Save ticks, note and evidence only."""
    _turn(run_id, step_id, "step.noted")


@blueprint.post("/runs/<int:run_id>/steps/<step_id>/completion")
@on_the_run
def create_completion(run_id: int, step_id: str) -> None:
    _require_fresh_login()
    turn = _turn(run_id, step_id, "step.completed")
    step_actions.complete_step(turn)


@blueprint.post("/runs/<int:run_id>/steps/<step_id>/confirmation")
@on_the_run
def create_confirmation(run_id: int, step_id: str) -> None:
    _require_fresh_login()
    turn = _turn(run_id, step_id, "step.confirmed")
    step_actions.confirm(turn, StepForm().phrase.data or "")


@blueprint.post("/runs/<int:run_id>/steps/<step_id>/stages/<stage>")
@on_the_run
def create_stage_confirmation(run_id: int, step_id: str, stage: str) -> None:
    """Any member of staff may submit one; the gate decides whether they may give it."""
    take = partial(_turn, run_id, step_id, "stage.confirmed", driver_only=False)
    confirm_with_login(take, stage, partial(phrase_typed, stage))


@blueprint.post("/runs/<int:run_id>/steps/<step_id>/stages/<stage>/requests")
@on_the_run
def create_approval_request(run_id: int, step_id: str, stage: str) -> None:
    require_pressed()
    names = ask_by_email(run_id, step_id, stage, by=the_account())
    flash(f"An email goes to {' and '.join(names)}.", "done")


@blueprint.post("/runs/<int:run_id>/steps/<step_id>/operation")
@on_the_run
def create_operation(run_id: int, step_id: str) -> None:
    _require_fresh_login()
    turn = _turn(run_id, step_id, "action.requested")
    step_actions.run_action(turn)


@blueprint.post("/runs/<int:run_id>/driver")
@on_the_run
def update_driver(run_id: int) -> None:
    take_over(run_id, version=VersionForm().number, by=the_account())


@blueprint.post("/runs/<int:run_id>/abort")
@on_the_run
def create_abort(run_id: int) -> None:
    form = AbortForm()
    version, reason = form.number, form.reason.data or ""
    abort_run(run_id, version=version, by=the_account(), reason=reason)


def _require_fresh_login() -> None:
    """Before the turn is taken: the password in the form of the step is a login."""
    StepForm().require()
    require_fresh_login_of_row()


def _turn(run_id: int, step_id: str, action: str, *, driver_only: bool = True) -> StepTurn:
    """The turn for this request, with its ticks, note and evidence saved."""
    form, by = StepForm(), the_account()
    turn = take_turn(
        run_id, step_id, version=form.number, by=by, action=action, driver_only=driver_only
    )
    if turn.run.driver_id == by.id:
        _record(turn, form)
    return turn


def _record(turn: StepTurn, form: StepForm) -> None:
    if form.note.data is None:
        return
    step_actions.tick(turn, form.ticks)
    step_actions.note(turn, form.note.data)
    step_actions.give_evidence(turn, form.evidence.data or "")


def _acting_account() -> NamedActor:
    """The account as plain values: the rollback that follows would expire the row and reload it."""
    account = the_account()
    return NamedActor(name=account.name, role=account.role, id=account.id)


def _run_page(run_id: int, *, error: PortalError | None = None, step: int | None = None) -> str:
    with reading():
        run = run_with_id(run_id)
        given: BaseForm | None = g.get("sent_form") if error else None
        sent = given if isinstance(given, StepForm) else StepForm()
        abort = form_at(AbortForm, url_for(".create_abort", run_id=run_id))
        page = run_page(
            run,
            by=the_account(),
            here=url_for(".show_run", run_id=run_id),
            typed=sent.typed if error else None,
            step=step,
        )
        note = sent.note.data
        if page.due:
            sent.show(page.due.card)
        return render_template(
            "runbooks/run.html",
            page=page,
            run=run,
            error=error,
            is_at_a_field=bool(error and given and given.tell(error)),
            lost_note=note if page.due is None or page.due.card.note != note else None,
            sent=sent,
            abort=abort,
            stage_text=_stage_text(page.due, given),
            incident=incident_to_update(run.about) if not run.is_open else None,
            site_address=settings().base_url,
            password=password_field(page.due, sent, given, error),
        )


def _stage_text(due: DueStep | None, given: BaseForm | None) -> Field | None:
    """The field of the next stage of the due step."""
    stage = due.next_stage if due else None
    if stage is None:
        return None
    form = given if isinstance(given, StageForm) else stage_form(stage.key)
    if stage.label:
        form.ask_for_a_sentence()
    return form.text
