"""Decisions about a target on its page: maintenance, drift, processes, overrides."""

from flask import redirect, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import the_account
from portal.core.errors import NotFound
from portal.core.forms import commit_and_redirect, require_pressed
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.forms import EndMaintenanceForm, MaintenanceForm, OverrideForm, ReasonForm
from portal.databases.policies.drift import accept_drift, withdraw_acceptance
from portal.databases.policies.maintenance import require_maintenance_unheld
from portal.databases.policies.models import OverrideKind
from portal.databases.policies.overrides import give_override, withdraw_override
from portal.databases.policies.release_gate import declare_dead, named, web_lease
from portal.databases.targets.config import Target, target_named
from portal.databases.views import blueprint
from portal.jobs.operations.service import request_operation


@blueprint.post("/databases/<path:target>/maintenance")
def create_maintenance(target: str) -> Response:
    form = MaintenanceForm()
    form.require()
    return _switch(target_named(target), because=form.reason.data, backup=form.backup.data)


@blueprint.post("/databases/<path:target>/maintenance/end")
def delete_maintenance(target: str) -> Response:
    form = EndMaintenanceForm()
    form.require()
    chosen = target_named(target)
    require_maintenance_unheld(chosen)
    return _switch(chosen, because=None, backup=form.backup.data)


@blueprint.post("/databases/<path:target>/drift/acceptance")
def create_drift_acceptance(target: str) -> Response:
    chosen = target_named(target)
    accept_drift(chosen, reason=_reason(), by=the_account())
    return commit_and_redirect(
        _page_of(chosen.name), f"The schema of {chosen.name} is taken as it is."
    )


@blueprint.post("/databases/<path:target>/drift/acceptance/<int:number>/withdrawal")
def create_drift_withdrawal(target: str, number: int) -> Response:
    require_pressed()
    chosen = target_named(target)
    withdraw_acceptance(chosen, number, by=the_account())
    said = "The acceptance is withdrawn: what was changed by hand counts as drift again."
    return commit_and_redirect(_page_of(chosen.name), said)


@blueprint.post("/databases/<path:target>/processes/<lease>/death")
def create_death(target: str, lease: str) -> Response:
    chosen, found = target_named(target), web_lease(lease)
    declare_dead(found, reason=_reason(), by=the_account())
    return commit_and_redirect(_page_of(chosen.name), f"Declared dead: {named(found)}.")


@blueprint.post("/databases/<path:target>/overrides/<kind>")
def create_override(target: str, kind: str) -> Response:
    if kind not in set(OverrideKind):
        raise NotFound("There is no such override.")
    form = OverrideForm()
    form.require()
    give_override(
        OverrideKind(kind),
        target_named(target),
        subject=form.subject.data or "",
        reason=form.reason.data,
        by=the_account(),
    )
    page = url_for(".list_migrations", _anchor=target)
    return commit_and_redirect(page, "It may go ahead; your reason is on the record.")


@blueprint.post("/databases/<path:target>/overrides/<int:number>/withdrawal")
def create_override_withdrawal(target: str, number: int) -> Response:
    require_pressed()
    withdraw_override(target_named(target), number, by=the_account())
    page = url_for(".list_migrations", _anchor=target)
    return commit_and_redirect(page, "The override is withdrawn: the rule counts again.")


def _switch(target: Target, *, because: str | None, backup: str | None) -> Response:
    """The worker switches it: a web process may not create the table that it is stored in.

    `backup`: the one whose restore is being prepared, on whose page it was asked for.
    """
    place = _page_of(target.name)
    if backup and backup_named(backup).target == target.name:
        place = url_for(".show_restore", name=backup)
    request_operation(
        "databases.maintenance",
        by=the_account(),
        target=target.name,
        arguments={"on": because is not None, "because": because or ""},
    )
    db.session.commit()
    return redirect(place, 303)


def _reason() -> str:
    form = ReasonForm()
    form.require()
    return str(form.reason.data)


def _page_of(name: str) -> str:
    return url_for(".list_databases", database=name)
