"""Decisions about a target on its page: maintenance, drift, processes, overrides."""

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import the_account
from portal.core.errors import Invalid
from portal.core.forms import require_pressed
from portal.core.storage.database import db
from portal.databases.forms import MaintenanceForm, OverrideForm, ReasonForm
from portal.databases.policies.drift import accept_drift
from portal.databases.policies.maintenance import require_maintenance_unheld
from portal.databases.policies.models import OverrideKind
from portal.databases.policies.overrides import give_override
from portal.databases.policies.release_gate import declare_dead, named, web_lease
from portal.databases.targets.config import Target, target_named
from portal.databases.views import blueprint
from portal.jobs.operations.service import request_operation


@blueprint.post("/databases/<path:target>/maintenance")
def create_maintenance(target: str) -> Response:
    form = MaintenanceForm()
    form.require()
    return _switch(target_named(target), because=form.reason.data)


@blueprint.post("/databases/<path:target>/maintenance/end")
def delete_maintenance(target: str) -> Response:
    require_pressed()
    chosen = target_named(target)
    require_maintenance_unheld(chosen)
    return _switch(chosen, because=None)


@blueprint.post("/databases/<path:target>/drift/acceptance")
def create_drift_acceptance(target: str) -> Response:
    chosen = target_named(target)
    accept_drift(chosen, reason=_reason(), by=the_account())
    db.session.commit()
    flash(f"The schema of {chosen.name} is taken as it is.", "done")
    return _back(chosen.name)


@blueprint.post("/databases/<path:target>/processes/<lease>/death")
def create_death(target: str, lease: str) -> Response:
    chosen, found = target_named(target), web_lease(lease)
    declare_dead(found, reason=_reason(), by=the_account())
    process = named(found)
    db.session.commit()
    flash(f"Declared dead: {process}.", "done")
    return _back(chosen.name)


@blueprint.post("/databases/<path:target>/overrides/<kind>")
def create_override(target: str, kind: str) -> Response:
    if kind not in set(OverrideKind):
        raise Invalid("There is no such override.")
    form = OverrideForm()
    form.require()
    give_override(
        OverrideKind(kind),
        target_named(target),
        subject=form.subject.data or "",
        reason=form.reason.data,
        by=the_account(),
    )
    db.session.commit()
    flash("It may go ahead; your reason is on the record.", "done")
    return redirect(url_for(".list_migrations", _anchor=target))


def _switch(target: Target, *, because: str | None) -> Response:
    """The worker switches it: a web process may not create the table that it is stored in."""
    request_operation(
        "databases.maintenance",
        by=the_account(),
        target=target.name,
        arguments={"on": because is not None, "because": because or ""},
    )
    db.session.commit()
    return _back(target.name)


def _reason() -> str:
    form = ReasonForm()
    form.require()
    return str(form.reason.data)


def _back(name: str) -> Response:
    return redirect(url_for(".list_databases", _anchor=name))
