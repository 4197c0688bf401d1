"""/ops/backups/<name>/restore: what a restore would remove, then the restore itself."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.models import Role
from portal.accounts.permissions.access import require_fresh_login, require_role, staff, the_account
from portal.core.errors import Conflict, FreshLoginNeeded
from portal.core.forms import require_pressed
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.models import Backup
from portal.databases.changes.queries import fresh_comparison, operation_on
from portal.databases.forms import RestoreForm
from portal.databases.restores.requirements import PHRASE, require_allowed
from portal.databases.status.overview import overview_of
from portal.databases.targets.config import Target, target_named
from portal.databases.views import blueprint
from portal.jobs.operations.service import request_operation


@blueprint.get("/backups/<name>/restore")
@staff
def show_restore(name: str) -> str:
    backup, target = _chosen(name)
    return render_template(
        "databases/restore.html",
        backup=backup,
        overview=overview_of(target),
        comparison=operation_on("databases.compare", backup),
        compared=fresh_comparison(backup),
        restore=operation_on("databases.restore", backup),
        phrase=PHRASE if target.is_production else None,
        needs_login=target.is_production and not _has_fresh_login(),
    )


@blueprint.post("/backups/<name>/comparisons")
@staff
def create_comparison(name: str) -> Response:
    require_pressed()
    backup, target = _chosen(name)
    running = operation_on("databases.compare", backup)
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
    if fresh_comparison(backup) is None:
        raise Conflict(
            "This backup was not compared with the database recently.", remedy="Compare first."
        )
    running = operation_on("databases.restore", backup)
    if running and not running.is_finished:
        raise Conflict("This restore is under way already.")
    _request("databases.restore", target, {"backup": backup.name, "text": text})
    return redirect(url_for(".show_restore", name=name), 303)


def _chosen(name: str) -> tuple[Backup, Target]:
    """Raises NotFound, also for backups of the control room itself."""
    backup = backup_named(name)
    return backup, target_named(backup.target)


def _request(kind: str, target: Target, arguments: dict[str, str]) -> None:
    request_operation(kind, by=the_account(), target=target.name, arguments=arguments)
    db.session.commit()


def _has_fresh_login() -> bool:
    try:
        require_fresh_login()
    except FreshLoginNeeded:
        return False
    return True
