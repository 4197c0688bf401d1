"""/ops/backups: backups that can be restored, where they are, and what happens automatically."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.core.configuration.settings import OPS
from portal.core.storage.database import db
from portal.databases.backups.overview import rules, shelf_of
from portal.databases.forms import BackupForm
from portal.databases.status.overview import expected_overviews
from portal.databases.targets.config import target_named
from portal.databases.views import blueprint
from portal.jobs.operations.queries import newest_recent
from portal.jobs.operations.service import request_operation

Page = Response | str | tuple[str, int]

SHOWN_KINDS = ("databases.backup", "backups.ops", "backups.copy", "backups.tidy")


@blueprint.get("/backups")
@staff
def list_backups() -> str:
    return _page(BackupForm(formdata=None))


@blueprint.post("/backups")
@staff
def create_backup() -> Page:
    form = BackupForm()
    if not form.sent():
        return _page(form), 422
    name = form.target.data or ""
    arguments = {"reason": form.reason.data or "Asked for on the page"}
    if name == OPS:
        request_operation("backups.ops", by=the_account(), arguments=arguments)
    else:
        target = target_named(name).name
        request_operation("databases.backup", by=the_account(), target=target, arguments=arguments)
    db.session.commit()
    return redirect(url_for(".list_backups"))


def _page(form: BackupForm) -> str:
    by_itself = rules()
    going = by_itself.removals
    return render_template(
        "databases/backups.html",
        shelves=[(each, shelf_of(each.target.name, going)) for each in expected_overviews()],
        ops_shelf=shelf_of(OPS, going),
        ops=OPS,
        rules=by_itself,
        operation=newest_recent(SHOWN_KINDS),
        form=form,
    )
