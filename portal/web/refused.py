"""A refused form comes back on its page: what was typed is kept, and a sentence says why.

The sentence is at the field that it is about; else it is above the page, with what was typed if the
page has no such form any more. A form's page is the nearest one above its address.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Flask, current_app, g, make_response, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from portal.accounts.login.confirm_password import Fields, typed_fields
from portal.accounts.login.password_in_form import TakesPassword
from portal.accounts.setup import note_refusal
from portal.core.errors import FreshLoginNeeded, LoginNeeded, PortalError
from portal.core.faults.unexpected import note_unexpected
from portal.core.page import begin_page, end_page
from portal.core.storage.database import begin_request, db
from portal.web.errors import FORM_PAGES, show_portal_error

log = logging.getLogger(__name__)

ELSEWHERE = {
    "databases.create_adoption": "databases.show_adoption",
    "databases.create_comparison": "databases.show_restore",
    "databases.create_override": "databases.list_migrations",
    "databases.create_restore": "databases.show_restore",
    "databases.create_sync": "databases.list_databases",
    "databases.update_window_rule": "databases.list_windows",
    "emails.create_drafts": "emails.new_mailing",
    "staff.create_batch": "staff.list_studios",
}
"""The pages of forms that are not on the nearest page above their address."""


@dataclass(frozen=True)
class RefusedForm:
    """Why, what was typed, and whether the sentence is at a field."""

    error: PortalError
    typed: Fields
    is_at_a_field: bool


def init_refused(app: Flask) -> None:
    """After all routes are registered. What is refused before a view is reached, such as a stranger
    or a foreign form, never gets here."""
    readable: dict[tuple[str, str], Rule] = {}
    for rule in _rules(app, "GET"):
        readable.setdefault((_blueprint(rule.endpoint), rule.rule), rule)
        readable.setdefault(("", rule.endpoint), rule)
    pages = {
        rule.endpoint: page for rule in _rules(app, "POST") if (page := _page_of(rule, readable))
    }
    app.extensions[FORM_PAGES] = pages
    for endpoint, page in pages.items():
        app.view_functions[endpoint] = _answering(app.view_functions[endpoint], page)
    app.jinja_env.globals["here"] = here


def here() -> str:
    """The address of the page that is shown, also where it answers a refused form."""
    address: str = g.get("here") or request.path
    return address


def _rules(app: Flask, method: str) -> list[Rule]:
    return [each for each in app.url_map.iter_rules() if method in (each.methods or set())]


def _blueprint(endpoint: str) -> str:
    return endpoint.partition(".")[0]


def _page_of(rule: Rule, readable: dict[tuple[str, str], Rule]) -> Rule | None:
    """The page of the form that this route takes; of the same blueprint, which guards both.

    `readable`: rules by blueprint and address, and by endpoint.
    """
    if named := ELSEWHERE.get(rule.endpoint):
        return readable["", named]
    blueprint, address = _blueprint(rule.endpoint), rule.rule
    while address:
        if found := readable.get((blueprint, address)):
            return found
        address = address.rpartition("/")[0]
    return None


def _answering(view: Callable[..., Any], page: Rule) -> Callable[..., Any]:
    @wraps(view)
    def answer(**values: Any) -> Any:
        try:
            return view(**values)
        except LoginNeeded:
            raise
        except PortalError as error:
            if isinstance(error, FreshLoginNeeded) and not takes_password():
                raise
            if "HX-Request" in request.headers:  # a script shows the sentence itself
                raise
            note_refusal(error)
            if shown := _shown(page, error, values):
                return shown
            if isinstance(error, FreshLoginNeeded):
                raise
            return show_portal_error(error)

    return answer


def takes_password() -> bool:
    """Whether the form that was sent asks for the password itself."""
    return isinstance(g.get("sent_form"), TakesPassword)


def _shown(page: Rule, error: PortalError, values: dict[str, Any]) -> Response | None:
    """None if the page can't be shown either."""
    form = g.get("sent_form")
    is_told = bool(form and form.tell(error))
    g.refused = RefusedForm(error, typed_fields(), is_told)
    asked = {name: values[name] for name in page.arguments}
    g.here, g.shown_endpoint = url_for(page.endpoint, **asked), page.endpoint
    begin_request("GET")  # it writes nothing, so it takes no lock while it is rendered
    begin_page("GET")
    try:
        answer = make_response(current_app.view_functions[page.endpoint](**asked))
    except (PortalError, HTTPException):
        answer = None
    except Exception as failure:
        log.exception("The page of a refused form could not be made")
        note_unexpected(failure, page.rule)
        answer = None
    finally:
        end_page()
    if answer is None or answer.status_code != 200:
        db.session.rollback()
        g.refused = None
        return None
    answer.status_code = error.form_status if form and form.asked() else error.status
    return answer
