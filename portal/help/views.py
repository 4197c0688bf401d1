"""The guides in the browser: a list, and each one. Clients read the one that is for them."""

from flask import Blueprint, g, render_template, request, url_for

from portal.accounts.login.identity import current_account
from portal.accounts.models import STAFF, Role
from portal.accounts.permissions.access import guard_blueprint, the_account
from portal.documents.rendering.embedding import main_of_a_page
from portal.documents.rendering.render import render
from portal.help.guides import grouped, guide_named, names_for
from portal.help.links import inside
from portal.help.sections import CLIENTS_GUIDE, Section, section_for

blueprint = Blueprint("help", __name__, url_prefix="/ops/help", template_folder="templates")
guard_blueprint(blueprint, *Role)


@blueprint.get("")
def list_guides() -> str:
    return render_template("help/index.html", groups=grouped(the_account().role))


@blueprint.get("/<path:guide>")
def show_guide(guide: str) -> str:
    role = the_account().role
    found = guide_named(guide, role)
    rendered = render(found.text)
    main = main_of_a_page(rendered.html)
    known = names_for(role)
    html = inside(main.html, guide, known=known, address=_address_of)
    return render_template(
        "help/guide.html",
        guide=found,
        rendered=rendered,
        html=html,
        title_inside=main.title,
        contents=[entry for entry in rendered.toc if entry.level == 2],
    )


def _address_of(guide: str) -> str:
    return url_for(".show_guide", guide=guide)


@blueprint.app_template_global()
def help_section() -> Section | None:
    """What describes the page that is shown, also where it answers a form."""
    account = current_account()
    if account is None or account.role not in STAFF:
        return CLIENTS_GUIDE
    return section_for(g.get("shown_endpoint") or request.endpoint)
