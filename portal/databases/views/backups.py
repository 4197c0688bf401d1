"""/ops/backups: what can be restored, where it is, what happens automatically; a restore.

A lost database has no present to compare with: its restore begins with the phrase.
"""

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.models import Role
from portal.accounts.permissions.access import require_role, staff, the_account
from portal.accounts.permissions.enforcement import is_login_fresh_for, require_fresh_login_of_row
from portal.core.configuration.settings import OPS
from portal.core.errors import Conflict
from portal.core.forms import require_pressed
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.models import Backup
from portal.databases.backups.overview import (
    backups_of,
    only_here,
    rules,
    shelf_of,
    without_backup,
)
from portal.databases.changes.queries import RESTORES, fresh_comparison, operation_on
from portal.databases.forms import BackupForm, RestoreForm
from portal.databases.policies.release_gate import named, processes_that_cannot_serve
from portal.databases.restores.into_empty_target import (
    is_lost,
    is_registered_here,
    require_usable,
)
from portal.databases.restores.requirements import PHRASE, require_allowed
from portal.databases.status.compatibility import compatibility_of
from portal.databases.status.overview import Overview, band_of, expected_overviews, overview_of
from portal.databases.targets.config import Target, target_named
from portal.databases.views import blueprint
from portal.jobs.operations.queries import RECENT_KINDS, newest_recent, recent_operation
from portal.jobs.operations.service import request_operation

LOOK_AGAIN = "Look at it first; a restore over what is there begins with a comparison."
COMPATIBLE = "compatible"
OPS_TAB = OPS, "Control room"
SHOWN_KINDS = ("databases.backup", "backups.ops", "backups.copy", "backups.tidy")
RECENT_KINDS.update(SHOWN_KINDS)


@blueprint.get("/backups")
@staff
def list_backups() -> str | tuple[str, int]:
    """The backups of one database: production unless another, or the control room, is asked for."""
    seen = expected_overviews()
    tabs = _tabs(seen)
    name = _asked_for() or next(iter(tabs))
    if name not in tabs:
        page = render_template("databases/unknown.html", name=name, tabs=list(tabs.values()))
        return page, 404
    g.here = url_for(".list_backups", database=name)
    overview = next((each for each in seen if each.target.name == name), None)
    by_itself = rules()
    return render_template(
        "databases/backups.html",
        overview=overview,
        target=overview.target if overview else None,
        name=name,
        tabs=tabs,
        missing=_titled(without_backup(_that_matter(seen)), tabs),
        only_here=_titled(only_here(_that_matter(seen)), tabs),
        ops=OPS,
        rules=by_itself,
        operation=newest_recent(SHOWN_KINDS),
        **_shelf(name, overview, by_itself.removals),
    )


def _shelf(name: str, overview: Overview | None, removals: list[Backup]) -> dict[str, object]:
    """All of them, or only those that the live release can serve."""
    found = backups_of(name)
    said = {each.name: compatibility_of(each, overview.target) for each in found if overview}
    fitting = [each for each in found if overview and said[each.name].is_compatible]
    is_filtered = request.args.get("show") == COMPATIBLE and overview is not None
    return {
        "shelf": shelf_of(fitting if is_filtered else found, removals),
        "compatible": said,
        "fitting": len(fitting),
        "total": len(found),
        "is_filtered": is_filtered,
    }


def _asked_for() -> str | None:
    if request.method in {"GET", "HEAD"}:
        return request.args.get("database")
    return BackupForm().target.data or None


def _tabs(seen: list[Overview]) -> dict[str, tuple[str, str]]:
    """Label and address by the name of the database; the control room's own is the last."""
    names = [*((each.target.name, each.target.name.capitalize()) for each in seen), OPS_TAB]
    return {name: (label, url_for(".list_backups", database=name)) for name, label in names}


def _that_matter(seen: list[Overview]) -> list[str]:
    """Production and the control room; what else can be lost is made again or synced."""
    own = [each.target.name for each in seen if each.target.is_production]
    return [*own, OPS]


def _titled(names: list[str], tabs: dict[str, tuple[str, str]]) -> list[tuple[str, str]]:
    return [(tabs[name][0].lower(), tabs[name][1]) for name in names]


@blueprint.post("/backups")
@staff
def create_backup() -> Response:
    form = BackupForm()
    form.require()
    name = form.target.data or ""
    arguments = {"reason": form.reason.data or "Asked for on the page"}
    if name == OPS:
        request_operation("backups.ops", by=the_account(), arguments=arguments)
    else:
        target = target_named(name).name
        request_operation("databases.backup", by=the_account(), target=target, arguments=arguments)
    db.session.commit()
    return redirect(url_for(".list_backups", database=name))


@blueprint.get("/backups/<name>/restore")
@staff
def show_restore(name: str) -> str:
    backup, target = _chosen(name)
    overview = overview_of(target)
    return render_template(
        "databases/restore.html",
        backup=backup,
        overview=overview,
        target=target,
        page_band=band_of(target.name),
        lost=is_lost(target),
        is_registered=is_registered_here(target, backup.database_uuid),
        compatibility=compatibility_of(backup, target),
        comparison=operation_on(("databases.compare",), backup),
        compared=fresh_comparison(backup),
        restore=operation_on(RESTORES, backup),
        switch=recent_operation("databases.maintenance", target.name),
        behind=_behind(backup, target),
        phrase=PHRASE if target.is_production else None,
        needs_login=not is_login_fresh_for("databases.create_restore"),
    )


@blueprint.post("/backups/<name>/comparisons")
@staff
def create_comparison(name: str) -> Response:
    require_pressed()
    backup, target = _chosen(name)
    running = operation_on(("databases.compare",), backup)
    if running is None or running.is_finished:
        _request("databases.compare", target, {"backup": backup.name})
    return redirect(url_for(".show_restore", name=name), 303)


@blueprint.post("/backups/<name>/restores")
@staff
def create_restore(name: str) -> Response:
    """Development without confirmation; production by an admin: a fresh login and the phrase."""
    (backup, target), form = _chosen(name), RestoreForm()
    form.require()
    text = form.text.data or ""
    if target.is_production:
        require_role(Role.ADMIN)
    require_allowed(target, text, by=the_account())
    require_fresh_login_of_row()
    lost = is_lost(target)
    if lost:
        require_usable(backup)
    elif form.lost.data:
        raise Conflict(f"{target.name} is there again; nothing was restored.", remedy=LOOK_AGAIN)
    elif fresh_comparison(backup) is None:
        raise Conflict(
            "This backup was not compared with the database recently.", remedy="Compare first."
        )
    running = operation_on(RESTORES, backup)
    if running and not running.is_finished:
        raise Conflict("This restore is under way already.")
    kind = "databases.place" if lost else "databases.restore"
    _request(kind, target, {"backup": backup.name, "text": text})
    return redirect(url_for(".show_restore", name=name), 303)


def _chosen(name: str) -> tuple[Backup, Target]:
    """Raises NotFound, also for backups of the control room itself."""
    backup = backup_named(name)
    return backup, target_named(backup.target)


def _behind(backup: Backup, target: Target) -> list[str]:
    """The live processes that can't serve the backup's revision, which a restore waits for."""
    if not backup.revision:
        return []
    return [named(each) for each in processes_that_cannot_serve(target, backup.revision)]


def _request(kind: str, target: Target, arguments: dict[str, str]) -> None:
    request_operation(kind, by=the_account(), target=target.name, arguments=arguments)
    db.session.commit()
