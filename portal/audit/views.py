"""The audit log's pages. Ops see it without addresses and sessions; admins see all."""

import json
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from portal.accounts.log_reading import record_reading
from portal.accounts.permissions.access import guard_blueprint, the_account
from portal.audit.chain.hashing import GENESIS
from portal.audit.counting import write_counts
from portal.audit.models import Outcome
from portal.audit.reading.export import TYPES, Format, exported
from portal.audit.reading.find import Filters
from portal.audit.reading.queries import (
    actions,
    chain_before,
    chain_state,
    grouped,
    line,
    lines,
)
from portal.audit.reading.sentences import in_words
from portal.audit.tasks import VERIFY, request_verification
from portal.core.errors import Invalid
from portal.core.forms import BaseForm, require_pressed, stripped
from portal.core.storage.database import db
from portal.jobs.operations.queries import recent_operation

OUTCOMES = {Outcome.INTENT: "started"}
"""Words on the page, where they differ from the stored ones."""


class FilterForm(BaseForm):
    class Meta:
        csrf = False

    actor = StringField("Who", filters=[stripped], validators=[Length(max=100)])
    action = SelectField(
        "Action",
        filters=[stripped],
        validators=[Length(max=100)],
        default="",
        validate_choice=False,
    )
    target = StringField("Target", filters=[stripped], validators=[Length(max=200)])
    outcome = SelectField(
        "Outcome",
        choices=[
            SelectChoice("", "Any"),
            *(SelectChoice(each.value, OUTCOMES.get(each, each.value)) for each in Outcome),
        ],
        default="",
    )
    since = DateTimeLocalField("From (UTC)", format="%Y-%m-%dT%H:%M", validators=[Optional()])
    until = DateTimeLocalField("To (UTC)", format="%Y-%m-%dT%H:%M", validators=[Optional()])


blueprint = Blueprint("audit", __name__, url_prefix="/ops/audit", template_folder="templates")
guard_blueprint(blueprint)


@blueprint.get("")
def list_entries() -> str:
    form, before = FilterForm(request.args), request.args.get("before", type=int)
    form.action.choices = _actions(form.action.data)
    filters = _filters(form)
    write_counts()
    record_reading(filters.as_details())
    found = lines(filters, before=before)
    newest = found.shown[0].entry.seq if found.shown else 0
    return render_template(
        "audit/log.html",
        form=form,
        groups=grouped(found.shown),
        older=_address(form, before=found.older) if found.older else None,
        looked_to=found.looked_to,
        follow=None if before is not None or filters.until else _follow(form, newest),
        state=chain_state(),
        operation=recent_operation(VERIFY),
        exports=_exports(form),
        is_whole=before is None and found.older is None,
        shown=len(found.shown),
        is_filtered=bool(filters.as_details()),
        is_older=before is not None,
    )


@blueprint.get("/newer")
def list_newer() -> str:
    """The entries after a given one, for a page that follows the log."""
    form, after = FilterForm(request.args), request.args.get("after", 0, type=int)
    filters = _filters(form)
    record_reading(filters.as_details())
    newer = lines(filters, after=after).shown
    newest = newer[0].entry.seq if newer else after
    return render_template("audit/_rows.html", groups=grouped(newer), follow=_follow(form, newest))


@blueprint.get("/export.csv")
def download_csv() -> Response:
    return _download(Format.CSV)


@blueprint.get("/export.jsonl")
def download_json_lines() -> Response:
    return _download(Format.JSON_LINES)


def _download(form: Format) -> Response:
    filters = _filters(FilterForm(request.args))
    write_counts()
    record_reading({**filters.as_details(), "export": form.value})
    answer = Response(exported(filters, form), mimetype=TYPES[form])
    answer.headers.set("Content-Disposition", "attachment", filename=f"audit-log.{form.value}")
    return answer


@blueprint.get("/<int:seq>")
def show_entry(seq: int) -> str:
    shown = line(seq)
    record_reading({"entry": seq})
    return render_template(
        "audit/entry.html",
        line=shown,
        pretty=json.dumps(shown.said, indent=2, ensure_ascii=False, sort_keys=True),
        previous=chain_before(seq) or GENESIS,
        sees_personal=the_account().is_admin,
        newest=chain_state().entries,
    )


@blueprint.post("/verifications")
def create_verification() -> Response:
    require_pressed()
    request_verification(by=the_account())
    db.session.commit()
    return redirect(url_for("audit.list_entries"), 303)


def _filters(form: FilterForm) -> Filters:
    """Raises Invalid for an invalid filter."""
    if not form.validate():
        raise Invalid("This filter can’t be read.", remedy="Check the dates and try again.")
    return Filters(
        actor=form.actor.data or None,
        action=form.action.data or None,
        target=form.target.data or None,
        outcome=Outcome(form.outcome.data) if form.outcome.data else None,
        since=_utc(form.since.data),
        until=_utc(form.until.data),
    )


def _actions(chosen: str | None) -> list[SelectChoice]:
    """Those that occur in the log; and a given one, which may be a part of several."""
    known = actions()
    names = known if not chosen or chosen in known else [chosen, *known]
    return [SelectChoice("", "Any"), *(SelectChoice(each, in_words(each)) for each in names)]


def _exports(form: FilterForm) -> dict[str, str]:
    return {
        "CSV": _address(form, "audit.download_csv"),
        "JSON Lines": _address(form, "audit.download_json_lines"),
    }


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None


def _follow(form: FilterForm, newest: int) -> str:
    return _address(form, "audit.list_newer", after=newest)


def _address(form: FilterForm, endpoint: str = "audit.list_entries", **more: Any) -> str:
    given: dict[str, Any] = {name: value for name in form.data if (value := request.args.get(name))}
    return url_for(endpoint, **given, **more)
