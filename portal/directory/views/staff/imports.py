"""Files of studios: columns, dry run, import; and studios as CSV."""

from collections.abc import Iterable
from contextlib import closing
from functools import partial
from typing import Any
from uuid import UUID

from flask import (
    Response,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as WerkzeugResponse

from portal.accounts.permissions.access import the_account
from portal.accounts.permissions.enforcement import is_login_fresh_for
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import PortalError
from portal.core.forms import commit_and_redirect, form_at, require_pressed
from portal.core.paging import Page, page_of
from portal.core.storage.database import db
from portal.directory.admin.index.documents import State
from portal.directory.exports.rows import export_lines
from portal.directory.exports.selecting import selected
from portal.directory.forms.staff.imports import (
    ImportForm,
    UploadForm,
    choices_form,
    chosen_lines,
    columns_data,
    columns_form,
)
from portal.directory.imports.bad_rows import bad_rows
from portal.directory.imports.columns import COLUMNS
from portal.directory.imports.example import example_file
from portal.directory.imports.files import Upload, changing, upload_with, uploads
from portal.directory.imports.opening import LARGEST
from portal.directory.imports.requests import (
    CHECK,
    IMPORT,
    batch_of,
    begin_import,
    choose,
    choose_for_all,
    discard,
    map_columns,
    operations_of,
    own_target,
    read_anew,
    request_check,
    request_import,
    require_open,
    upload_file,
    verdicts,
)
from portal.directory.imports.verdicts.judging import SKIP, Standing, Verdict, what_becomes
from portal.directory.views.staff import blueprint, by_staff

CSV = "text/csv; charset=utf-8"
ON_A_PAGE = 50
READ_ANEW = "The file was read in another way. Look at its columns, then run the dry run."


@blueprint.get("/imports")
def list_imports() -> str:
    return render_template(
        "staff/imports.html",
        uploads=uploads(),
        form=form_at(UploadForm, url_for(".list_imports")),
        columns=COLUMNS,
        states=list(State),
    )


@blueprint.post("/imports")
def create_import() -> WerkzeugResponse:
    form = UploadForm()
    form.require()
    file = form.file.data
    with closing(file):
        content = file.stream.read(LARGEST + 1)
    upload = upload_file(file.filename, content, by=the_account())
    said = f"{upload.rows:,} rows were read. Check what the columns are."
    return commit_and_redirect(url_for(".show_import", import_id=upload.id), said)


@blueprint.get("/imports/example.csv")
def download_example() -> Response:
    return _csv([example_file()], "studios-example.csv")


@blueprint.get("/imports/<uuid:import_id>")
def show_import(import_id: UUID) -> str:
    upload = upload_with(str(import_id))
    checking, importing = operations_of(upload, CHECK), operations_of(upload, IMPORT)
    return render_template(
        "staff/import.html",
        upload=upload,
        form=_columns_form(upload),
        checking=checking[0] if checking else None,
        importing=importing[0] if importing else None,
        batch=batch_of(upload) if upload.asked_at else None,
        import_page=lambda name: partial(_address_of_page, upload, name),
        needs_login=not is_login_fresh_for("staff.create_imported"),
        importing_form=form_at(ImportForm, url_for(".create_imported", import_id=import_id)),
        **(_found(upload) if upload.state == "checked" else {}),
    )


def _address_of_page(upload: Upload, name: str, page: int) -> str:
    values: Any = {name: page}
    return url_for(".show_import", import_id=upload.id, _anchor=name, **values)


def _columns_form(upload: Upload) -> Any:
    kind, address = columns_form(upload), url_for(".show_import", import_id=upload.id)
    return form_at(lambda **more: kind(**({"data": columns_data(upload)} | more)), address)


def _found(upload: Upload) -> dict[str, Any]:
    """What the dry run found, in pages."""
    every = verdicts(upload)
    doubtful = _page(every, Standing.DOUBTFUL, "doubtful")
    kind = choices_form(doubtful.items)
    kept = {
        f"line_{each.line}": upload.choices.get(str(each.line), SKIP) for each in doubtful.items
    }
    address = url_for(".update_choices", import_id=upload.id)
    return {
        "bad": _page(every, Standing.BAD, "bad"),
        "doubtful": doubtful,
        "choices": form_at(lambda **more: kind(**({"data": kept} | more)), address),
        "others": [
            _page(every, each, each.value)
            for each in (Standing.UPDATE, Standing.OWNED, Standing.DELETED)
        ],
        "to_import": sum(what_becomes(each, upload.choices) != SKIP for each in every),
    }


def _page(every: list[Verdict], standing: Standing, name: str) -> Page[Verdict]:
    found = [each for each in every if each.standing is standing]
    return page_of(found, number=request.args.get(name, 1, type=int) or 1, size=ON_A_PAGE)


@blueprint.post("/imports/<uuid:import_id>")
def update_import(import_id: UUID) -> WerkzeugResponse:
    """The columns, and the dry run; or the file is read in another way."""
    upload = upload_with(str(import_id))
    form = columns_form(upload)(data=columns_data(upload))
    form.require()
    address = url_for(".show_import", import_id=import_id)
    reading = {"encoding": str(form.encoding.data), "delimiter": form.sign}
    with changing(str(import_id)) as upload:
        require_open(upload)
        if read_anew(upload, **reading, has_headings=bool(form.has_headings.data)):
            flash(READ_ANEW, "info")
            return redirect(address, 303)
        map_columns(upload, form.chosen, form.options)
    request_check(upload, by=the_account())
    return commit_and_redirect(address, "The dry run was begun. It writes nothing.")


@blueprint.post("/imports/<uuid:import_id>/choices")
def update_choices(import_id: UUID) -> WerkzeugResponse:
    upload = upload_with(str(import_id))
    require_open(upload)
    form = choices_form([each for each in verdicts(upload) if each.may])()
    form.require()
    with changing(str(import_id)) as upload:
        if form["every"].data:
            choose_for_all(upload, str(form["every"].data), by=the_account())
        else:
            choose(upload, chosen_lines(form), by=the_account())
    address = url_for(".show_import", import_id=import_id, _anchor="import")
    return commit_and_redirect(address, "Your choices are saved.")


@blueprint.post("/imports/<uuid:import_id>/import")
def create_imported(import_id: UUID) -> WerkzeugResponse:
    form = ImportForm()
    form.require()
    by = by_staff()
    with changing(str(import_id)) as upload:
        request_import(upload, by=by, without_bad=bool(form.without_bad.data))
    try:
        begin_import(upload, own_target().name)
    except PortalError:  # the worker asks for it within seconds
        db.session.rollback()
    flash("The import was begun. This page says how far it is.", "done")
    return redirect(url_for(".show_import", import_id=import_id), 303)


@blueprint.post("/imports/<uuid:import_id>/discard")
def delete_import(import_id: UUID) -> WerkzeugResponse:
    require_pressed()
    with changing(str(import_id)) as upload:
        discard(upload, by=the_account())
    return commit_and_redirect(url_for(".list_imports"), f"“{upload.name}” was discarded.")


@blueprint.get("/imports/<uuid:import_id>/rows.csv")
def download_rows(import_id: UUID) -> Response:
    upload = upload_with(str(import_id))
    return _csv(list(bad_rows(upload)), "bad-rows.csv")


def download_studios() -> Response:
    """At an address beside those of the blueprint, with its guards."""
    lines = export_lines(
        selected(request.args.to_dict()), with_emails=request.args.get("emails") == "yes"
    )
    name = f"studios-{settings().env.value}-{now():%Y-%m-%d}.csv"
    return _csv(stream_with_context(lines), name)


@blueprint.record
def add_download(state: BlueprintSetupState) -> None:
    """The blueprint would put a slash before “.csv”."""
    state.app.add_url_rule(
        f"{blueprint.url_prefix}.csv", "staff.download_studios", download_studios
    )


def _csv(lines: Iterable[str], name: str) -> Response:
    response = Response(lines, content_type=CSV)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.cache_control.no_store = True
    db.session.rollback()
    return response
