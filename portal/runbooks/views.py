"""Views of runbooks and runs."""

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

import portal.runbooks.engine.operation_listener  # noqa: F401  (actions that end take their step with them)
from portal.accounts.login.confirm_password import note_undone
from portal.accounts.login.identity import current_session
from portal.accounts.permissions.access import guard_blueprint, the_account
from portal.accounts.permissions.enforcement import require_fresh_login_of_row
from portal.audit.actor import NamedActor
from portal.audit.refusals import record_refusal
from portal.core.errors import Conflict, Forbidden, FreshLoginNeeded, Invalid, PortalError, Refused
from portal.core.storage.database import db, reading
from portal.documents.rendering.embedding import main_of_a_page
from portal.documents.rendering.render import render
from portal.runbooks.catalogue import catalogue
from portal.runbooks.engine import step_actions
from portal.runbooks.engine.queries import (
    page_of_open_runs,
    page_of_past_runs,
    run_with_id,
    runs_of,
)
from portal.runbooks.engine.runs import abort_run, start_run, take_over
from portal.runbooks.engine.step_lock import StepTurn, take_turn
from portal.runbooks.engine.validation import why_not_startable
from portal.runbooks.format.library import runbook_named
from portal.runbooks.forms import (
    AbortForm,
    StepForm,
    VersionForm,
    inputs_form,
    phrase_typed,
    sentence_kept,
)
from portal.runbooks.page import run_page

blueprint = Blueprint("runbooks", __name__, url_prefix="/ops", template_folder="templates")
guard_blueprint(blueprint)

View = Callable[..., None]


@blueprint.get("/runbooks")
def list_runbooks() -> str:
    words = request.args.get("q", "").strip()
    page = request.args.get("page", 1, type=int)
    return render_template(
        "runbooks/list.html",
        catalogue=catalogue(words, page=page),
        words=words,
        page_address=lambda number: url_for(".list_runbooks", q=words or None, page=number),
    )


@blueprint.get("/runbooks/<path:runbook_id>")
def show_runbook(runbook_id: str) -> str:
    return _runbook_page(runbook_id)


@blueprint.post("/runbooks/<path:runbook_id>/runs")
def create_run(runbook_id: str) -> AnyResponse:
    form = inputs_form(runbook_named(runbook_id).inputs)
    inputs = form.values
    try:
        form.require()
        run = start_run(runbook_id, inputs=inputs, by=the_account())
    except (Invalid, Conflict, Forbidden) as error:
        record_refusal(error, by=_acting_account())
        page = _runbook_page(runbook_id, error=error, values=inputs)
        return make_response(page, error.status)
    db.session.commit()
    return redirect(url_for(".show_run", run_id=run.id))


@blueprint.get("/runs")
def list_runs() -> str:
    """Two lists with separate page numbers in the query string."""
    opened, past = (request.args.get(name, 1, type=int) for name in ("open", "page"))
    return render_template(
        "runbooks/runs.html",
        open_runs=page_of_open_runs(opened),
        past_runs=page_of_past_runs(past),
        open_address=lambda number: url_for(".list_runs", open=number, page=past),
        past_address=lambda number: url_for(".list_runs", open=opened, page=number),
    )


@blueprint.get("/runs/<int:run_id>")
def show_run(run_id: int) -> str:
    return _run_page(run_id)


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
        except FreshLoginNeeded as error:
            return _login_and_back(run_id, rest, error)
        except (Invalid, Conflict, Refused, Forbidden) as error:
            record_refusal(error, by=_acting_account())
            return make_response(_run_page(run_id, error=error), error.status)
        return redirect(url_for(".show_run", run_id=run_id))

    return shown


@blueprint.post("/runs/<int:run_id>/steps/<step_id>/record")
@on_the_run
def update_record(run_id: int, step_id: str) -> None:
    """Save ticks, note and evidence only."""
    _turn(run_id, step_id, "step.noted")


@blueprint.post("/runs/<int:run_id>/steps/<step_id>/completion")
@on_the_run
def create_completion(run_id: int, step_id: str) -> None:
    turn = _turn(run_id, step_id, "step.completed")
    require_fresh_login_of_row()
    step_actions.complete_step(turn)


@blueprint.post("/runs/<int:run_id>/steps/<step_id>/confirmation")
@on_the_run
def create_confirmation(run_id: int, step_id: str) -> None:
    turn = _turn(run_id, step_id, "step.confirmed")
    require_fresh_login_of_row()
    step_actions.confirm(turn, StepForm().phrase.data or "")


@blueprint.post("/runs/<int:run_id>/steps/<step_id>/stages/<stage>")
@on_the_run
def create_stage_confirmation(run_id: int, step_id: str, stage: str) -> None:
    """Any member of staff may submit one; the gate decides whether they may give it."""
    session = current_session()
    turn = _turn(run_id, step_id, "stage.confirmed", driver_only=False)
    require_fresh_login_of_row()
    step_actions.confirm_stage(
        turn,
        stage,
        phrase_typed(stage),
        logged_in_at=session.authenticated_at if session else None,
    )


@blueprint.post("/runs/<int:run_id>/steps/<step_id>/operation")
@on_the_run
def create_operation(run_id: int, step_id: str) -> None:
    turn = _turn(run_id, step_id, "action.requested")
    require_fresh_login_of_row()
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


def _login_and_back(run_id: int, rest: dict[str, str], error: FreshLoginNeeded) -> AnyResponse:
    """Save the record only, then redirect through the login back to the run."""
    record_refusal(error, by=_acting_account())
    if StepForm().note.data is not None:
        _turn(run_id, rest["step_id"], "step.noted")
        db.session.commit()
    note_undone()
    page = url_for(".show_run", run_id=run_id)
    return redirect(url_for("accounts.show_fresh_login", next=page), 303)


def _acting_account() -> NamedActor:
    """The account as plain values: the rollback that follows would expire the row and reload it."""
    account = the_account()
    return NamedActor(name=account.name, role=account.role, id=account.id)


def _run_page(run_id: int, *, error: PortalError | None = None) -> str:
    with reading():
        run = run_with_id(run_id)
        sent, abort = StepForm(), AbortForm()
        page = run_page(run, by=the_account(), typed=sent.typed if error else None)
        return render_template(
            "runbooks/run.html",
            page=page,
            run=run,
            error=error,
            sent=sent,
            abort=abort,
            kept=sentence_kept,
        )


def _runbook_page(
    runbook_id: str, *, error: PortalError | None = None, values: dict[str, str] | None = None
) -> str:
    runbook = runbook_named(runbook_id)
    rendered = render(runbook.document.body)
    main = main_of_a_page(rendered.html)
    return render_template(
        "runbooks/runbook.html",
        runbook=runbook,
        rendered=rendered,
        html=main.html,
        title_inside=main.title,
        problems=why_not_startable(runbook),
        runs=runs_of(runbook_id),
        may_start=the_account().role in runbook.facts.roles,
        error=error,
        values=values or {},
    )
