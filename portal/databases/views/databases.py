"""/ops/databases: each database and its safeguards; /ops/syncs: anonymised copies of production."""

from collections.abc import Mapping

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict
from portal.core.forms import commit_and_redirect, require_pressed
from portal.core.storage.database import db
from portal.databases.engines import ask_sessions_along
from portal.databases.forms import KnownSessionForm
from portal.databases.sessions.known import declare_known, end_known, known_session
from portal.databases.status.compatibility import compatibility_of
from portal.databases.status.overview import Overview, band_of, overview_of, production_first
from portal.databases.status.safeguards import layers_of, summary_of
from portal.databases.status.state import state_of
from portal.databases.sync.results import KIND, sync_named
from portal.databases.targets.config import Target, served_target, target_named, targets
from portal.databases.targets.identity import judge
from portal.databases.tasks.sync import FROM, TO
from portal.databases.views import blueprint
from portal.directory.derived.progress import Progress, progress_of
from portal.directory.unattended.permission import why_not_now
from portal.jobs.leases.workers import worker_is_alive
from portal.jobs.operations.queries import RECENT_KINDS, newest_recent, recent_operation
from portal.jobs.operations.service import request_operation

SHOWN_KINDS = ("databases.maintenance", "databases.sync")
RECENT_KINDS.update(SHOWN_KINDS)


@blueprint.get("/databases")
@staff
def list_databases() -> str | tuple[str, int]:
    """One database, production unless another is asked for; the others are tabs."""
    if (asked := asked_for(FORMS_ABOUT)) and asked not in {each.name for each in targets()}:
        return render_template("databases/unknown.html", name=asked, tabs=tabs()), 404
    overview = _chosen(asked)
    layers, name = layers_of(overview), overview.target.name
    g.here = url_for(".list_databases", database=name)
    return render_template(
        "databases/databases.html",
        overview=overview,
        target=overview.target,
        page_band=band_of(name),
        state=state_of(overview),
        tabs=tabs(),
        newest=compatibility_of(overview.backup, overview.target) if overview.backup else None,
        layers=tuple(layers),
        safeguards=summary_of(layers),
        filled=_filled(overview),
        operation=newest_recent(SHOWN_KINDS),
        has_store=settings().backup_store is not None,
        source=judge(target_named(FROM)) if name == TO else None,
        sync_schedule=settings().sync_schedule,
        is_admin=the_account().is_admin,
    )


FORMS_ABOUT = {"databases.create_sync": TO}
"""Forms of the page that say in no other way which database they are about."""


def asked_for(others: Mapping[str, str]) -> str | None:
    """The database that the page, or the refused form that it answers, is about; None for the
    first."""
    if request.method in {"GET", "HEAD"}:
        return request.args.get("database")
    return (request.view_args or {}).get("target") or others.get(request.endpoint or "")


def tabs() -> list[tuple[str, str]]:
    return [
        (each.name.capitalize(), url_for(".list_databases", database=each.name))
        for each in production_first()
    ]


def _chosen(name: str | None) -> Overview:
    """The first that is expected here, if none is asked for: a developer's machine has no
    production."""
    if name:
        found = target_named(name)
        ask_sessions_along(found.url)
        return overview_of(found)
    for each in production_first():
        ask_sessions_along(each.url)
        if (overview := overview_of(each)).is_expected:
            return overview
    return overview_of(served_target())


def _filled(overview: Overview) -> tuple[list[Progress], str | None]:
    """What the worker fills in this directory, and why it does not now."""
    found = progress_of(overview.target) if overview.fits else []
    if all(each.is_ready for each in found):
        return found, None
    if not worker_is_alive():
        return found, "The worker is not running."
    return found, why_not_now(overview.target)


@blueprint.post("/syncs")
@staff
def create_sync() -> Response:
    """Development needs no confirmation: its data is backed up first."""
    require_pressed()
    running = recent_operation(KIND, TO)
    if running and not running.is_finished:
        raise Conflict("A sync is under way already.")
    request_operation(KIND, by=the_account(), target=TO)
    db.session.commit()
    return redirect(url_for(".list_databases", database=TO), 303)


@blueprint.get("/syncs/<name>")
@staff
def show_sync(name: str) -> str:
    return render_template("databases/sync.html", sync=sync_named(name))


@blueprint.post("/databases/<path:target>/known-sessions")
def create_known_session(target: str) -> Response:
    chosen, form = target_named(target), KnownSessionForm()
    form.require()
    role = form.role.data or ""
    declare_known(chosen, role, reason=form.reason.data, by=the_account())
    sentence = f"Sessions of {role} that only read stop no change of {chosen.name} now."
    return commit_and_redirect(_page_of(chosen), sentence)


@blueprint.post("/databases/<path:target>/known-sessions/<int:number>/end")
def delete_known_session(target: str, number: int) -> Response:
    require_pressed()
    chosen = target_named(target)
    role = known_session(chosen, number).role
    end_known(chosen, role, by=the_account())
    sentence = f"Sessions of {role} stop a change of {chosen.name} again."
    return commit_and_redirect(_page_of(chosen), sentence)


def _page_of(target: Target) -> str:
    anchor = f"{target.name}-sessions"
    return url_for(".list_databases", database=target.name, _anchor=anchor)
