"""The list of searches with few results, for admins."""

from flask import Blueprint, render_template, request, url_for

from portal.accounts.permissions.access import admins
from portal.directory.searches.counting import FEW
from portal.directory.searches.models import Kind
from portal.directory.searches.queries import hidden_terms, searched_terms
from portal.directory.searches.service import DAYS_UNTIL_CLEAR, KEPT_DAYS

blueprint = Blueprint("searches", __name__, template_folder="templates")


@blueprint.get("/ops/searches")
@admins
def list_searches() -> str:
    kind = next((each for each in Kind if each.value == request.args.get("kind")), None)
    page = searched_terms(kind, number=request.args.get("page", 1, type=int))
    return render_template(
        "searches/searches.html",
        page=page,
        kind=kind,
        hidden=hidden_terms(kind),
        few=FEW,
        days=DAYS_UNTIL_CLEAR,
        kept=KEPT_DAYS,
        address=lambda number: url_for(".list_searches", kind=kind, page=number),
    )
