"""What can be followed: the list of runbooks, and one of them to read."""

from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.accounts.permissions.access import the_account
from portal.core.forms import form_at
from portal.runbooks.catalogue import catalogue
from portal.runbooks.engine.registry import urgent_runbooks
from portal.runbooks.format.library import runbook_named
from portal.runbooks.forms import inputs_form
from portal.runbooks.presentation.live import USUAL, place
from portal.runbooks.presentation.reading import runbook_page
from portal.runbooks.views import blueprint


@blueprint.get("/runbooks")
def list_runbooks() -> str:
    words = request.args.get("q", "").strip()
    page = request.args.get("page", 1, type=int)
    return render_template(
        "runbooks/list.html",
        catalogue=catalogue(words, page=page, urgent=urgent_runbooks()),
        words=words,
        page_address=lambda number: url_for(".list_runbooks", q=words or None, page=number),
    )


@blueprint.get("/go/<name>")
def go_to(name: str) -> AnyResponse:
    """The page where a button of a runbook leads now, for links in texts."""
    target = request.args.get("target", USUAL)
    found = place(name, target)
    if found.why_not:
        flash(f"{found.label}: {found.why_not}", "info")
    if found.endpoint is None:
        return redirect(url_for(".list_runbooks"))
    values: dict[str, Any] = dict(found.values)
    return redirect(url_for(found.endpoint, **values))


@blueprint.get("/runbooks/<path:runbook_id>")
def show_runbook(runbook_id: str) -> str:
    runbook = runbook_named(runbook_id)
    address = url_for(".create_run", runbook_id=runbook_id)
    return render_template(
        "runbooks/runbook.html",
        page=runbook_page(runbook),
        runbook=runbook,
        may_start=the_account().role in runbook.facts.roles,
        form=form_at(partial(inputs_form, runbook.inputs), address),
    )
