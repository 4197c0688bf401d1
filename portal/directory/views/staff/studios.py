"""The table of all studios, and the page of one."""

from dataclasses import replace
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.core.errors import NotFound
from portal.directory.admin.answering import Answer, answer_to
from portal.directory.admin.columns import (
    COLUMNS,
    COOKIE,
    chosen_columns,
    columns_in,
    cookie_of,
)
from portal.directory.admin.index.documents import State
from portal.directory.admin.query import AdminQuery, Sort, read_admin_query
from portal.directory.admin.section import ALL
from portal.directory.admin.studio import NO_STUDIO, Whole, own_of, whole_studio
from portal.directory.batches.requesting import MOST
from portal.directory.forms.staff.studios import OWNERS, STATES, TableForm, said
from portal.directory.history.reading import changes_of
from portal.directory.history.words import changed_fields
from portal.directory.pages.reading import studio_page
from portal.directory.views.staff import blueprint
from portal.directory.visibility import slug_of

YEAR = 365 * 24 * 3600
ACTIONS = {
    "publish": "Publish",
    "hide": "Hide",
    "verify": "Verify",
    "unverify": "Withdraw verification",
    "feature": "Feature",
    "unfeature": "End featuring",
    "hand-over": "Hand over",
    "return": "Bring back",
}
"""Buttons below the table; deletion and export are set apart."""
SORTS = {
    Sort.NEWEST: "Newest",
    Sort.CHANGED: "Last changed",
    Sort.NAME: "Name",
    Sort.CITY: "City",
    Sort.RATING: "Rating",
    Sort.NUMBER: "Number",
}
blueprint.add_app_template_filter(STATES.__getitem__, "studio_state")
blueprint.add_app_template_filter(changed_fields, "changed_fields")


@blueprint.app_template_filter("person_address")
def person_address(number: int) -> str:
    return f"{url_for('staff.list_studios')}/people/{number}"


@blueprint.get("")
def list_studios() -> str | Response:
    query = read_admin_query(request.args)
    if "columns" in request.args:
        return _keep_columns(query)
    answer = answer_to(query)
    return render_template("staff/studios.html", **_table_parts(answer))


def _keep_columns(query: AdminQuery) -> Response:
    """In a cookie of this browser; then the table as it was."""
    chosen = chosen_columns(request.args.getlist("show"))
    response = redirect(url_for(".list_studios", **query.args()), 303)
    path = url_for(".list_studios")
    response.set_cookie(
        COOKIE, cookie_of(chosen), max_age=YEAR, path=path, httponly=True, samesite="Lax",
        secure=request.is_secure,
    )  # fmt: skip
    return response


def _table_parts(answer: Answer) -> dict[str, Any]:
    query = answer.query
    return {
        "answer": answer,
        "query": query,
        "form": TableForm.showing(query),
        "columns": columns_in(request.cookies.get(COOKIE)),
        "all_columns": COLUMNS,
        "conditions": [
            (said(name, value), _address(query, **{name: ""}))
            for name, value in query.conditions.items()
        ],
        "address": lambda **more: _address(query, **more),
        "heading_of": lambda sort: _heading(query, sort),
        "kept": [(name, value) for name, value in query.args().items() if name in KEPT],
        "sorts": SORTS,
        "owners": OWNERS,
        "actions": ACTIONS,
        "most": MOST,
        "is_ticked": request.args.get("tick") == "all",
    }


@blueprint.get("/studios/<int:number>")
def show_studio(number: int) -> str:
    whole = whole_studio(number)
    history = changes_of(number, request.args.get("page", 1, type=int))
    is_whole = request.args.get("texts") == "whole"
    return render_template(
        "staff/studio.html",
        whole=whole,
        line=whole.line,
        sections=ALL,
        history=history,
        is_whole=is_whole,
        actions=_actions_of(whole),
        page_address=lambda page: url_for(
            ".show_studio", number=number, page=page, texts="whole" if is_whole else None,
            _anchor="history",
        ),
    )  # fmt: skip


def _actions_of(whole: Whole) -> dict[str, str]:
    """Those that make sense as the studio is now; the service decides when one is pressed."""
    line, state = whole.line, whole.line.state
    if state is State.DELETED:
        return {"return": ACTIONS["return"]}
    wanted = [
        "hide" if state is State.PUBLISHED else "publish",
        "unverify" if line.is_verified else "verify",
        "unfeature" if line.is_featured else "feature",
        "hand-over",
    ]
    if state in {State.DRAFT, State.PENDING, State.HIDDEN}:
        wanted.insert(1, "hide")
    return {name: ACTIONS[name] for name in wanted}


@blueprint.get("/studios/<int:number>/preview")
def show_preview(number: int) -> str:
    """The public page as it is now, for staff."""
    own = own_of(number)
    found = studio_page(slug_of(own.studio.name, number), is_preview=True)
    if found is None:
        raise NotFound(NO_STUDIO)
    return render_template("staff/studio_preview.html", studio=found, number=number)


KEPT = frozenset({"sort", "direction"})


def _address(query: AdminQuery, **more: Any) -> str:
    """The table with something else; from its first page on, unless a place is given."""
    first: dict[str, Any] = {"after": None, "before": None}
    return url_for(".list_studios", **replace(query, **{**first, **more}).args())


def _heading(query: AdminQuery, sort: str | None) -> tuple[str, str] | None:
    """Where a click on the heading leads, and how the column is sorted now, as `aria-sort`."""
    if sort is None:
        return None
    is_now = query.sort == sort
    turned = ("up" if query.is_falling else "down") if is_now else ""
    if turned and replace(query, direction="").is_falling is (turned == "down"):
        turned = ""
    said_now = ("descending" if query.is_falling else "ascending") if is_now else "none"
    return _address(query, sort=sort, direction=turned), said_now
