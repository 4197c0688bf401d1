"""Asks for the password in place if a form is submitted when the login is too old.

The page carries the submitted fields, so that the same request is repeated with the password;
nothing typed is lost. Files and passwords are never carried: then the user is redirected to the
page for logging in again, which says that nothing was done.
"""

from flask import render_template, request, session

from portal.accounts.forms import ConfirmingForm
from portal.accounts.login.callers import caller_as
from portal.accounts.login.identity import begin
from portal.accounts.login.login import check_credentials, log_in_again
from portal.accounts.login.redirects import safe_path
from portal.accounts.models import LoginSession
from portal.accounts.permissions.access import the_account, the_session
from portal.accounts.permissions.table import PERMISSIONS
from portal.core.errors import Conflict, FreshLoginNeeded, Invalid, TooMany
from portal.core.storage.database import db

#: Fields added by the client, and those of the password page.
TOKEN = "csrf_token"  # noqa: S105
PASSWORD = "login_again_password"  # noqa: S105
BACK, EMAIL = "login_again_back", "login_again_email"
OWN_FIELDS = {TOKEN, PASSWORD, BACK, EMAIL}
UNDONE = "undone"
MOST_CARRIED = 200_000
SECRETS = ("password", "current", "new")
MACHINE_FIELDS = {"seen", "version", "opened"}

Fields = list[tuple[str, str]]


class WrongPassword(FreshLoginNeeded):
    """The password page is shown again, with the error."""

    def __init__(self, error: Invalid | TooMany) -> None:
        sentence = "The password is wrong." if isinstance(error, Invalid) else str(error)
        super().__init__(sentence, refusal=error.refusal)
        self.status = error.status


def log_in_with_this_request() -> None:
    """Renew the login if this request contains a password.

    Raises WrongPassword. The renewed login is committed, since the request may still be refused.
    """
    if PASSWORD not in request.form:
        return
    row = the_session()
    email, began_as = row.account.email, row.token_hash
    try:
        check_credentials(email, request.form[PASSWORD], caller_as(email))
    except (Invalid, TooMany) as error:
        raise WrongPassword(error) from None
    _require_once(row, began_as)
    token = log_in_again(row)
    db.session.commit()
    begin(row, token)


def _require_once(row: LoginSession, began_as: str) -> None:
    """If a form is submitted twice at once, only the request that renews the login continues.

    Raises Conflict.
    """
    db.session.refresh(row, with_for_update=True)
    if row.token_hash != began_as:
        raise Conflict(
            "This was sent twice; it goes on once.",
            remedy="Go back to the page that it was sent from, and look at what was done.",
        )


def confirming_page(error: FreshLoginNeeded, back: str | None) -> tuple[str, int] | None:
    """A page that asks for the password and then continues; None if it can't carry the form."""
    carried = _carried()
    row = PERMISSIONS.get(request.endpoint or "")
    if carried is None or row is None:
        return None
    page = render_template(
        "accounts/confirm_login.html",
        form=ConfirmingForm(formdata=None),
        email=the_account().email,
        error=str(error) if isinstance(error, WrongPassword) else None,
        does=row.does,
        action=request.full_path.rstrip("?"),
        carried=carried,
        shown=_shown(carried),
        back=safe_path(request.form.get(BACK)) or back,
        about_production=row.concerns is not None,
    )
    return page, error.status


def note_undone() -> None:
    """Tell the next page that the requested action was not done."""
    session[UNDONE] = True


def _carried() -> Fields | None:
    if request.method != "POST" or request.headers.get("HX-Request") or request.is_json:
        return None
    fields = [each for each in request.form.items(multi=True) if each[0] not in OWN_FIELDS]
    if request.files or any(_is_secret(name) for name, _ in fields):
        return None
    if sum(len(name) + len(value) for name, value in fields) > MOST_CARRIED:
        return None
    return fields


def _is_secret(name: str) -> bool:
    return any(word in SECRETS for word in name.lower().replace("_", "-").split("-"))


def _shown(fields: Fields) -> Fields:
    """The subject from the address, and the values that a person entered."""
    about = [(name, str(value)) for name, value in (request.view_args or {}).items()]
    return [
        (name.replace("_", " ").replace("-", " ").capitalize(), value)
        for name, value in [*about, *fields]
        if value.strip() and name not in MACHINE_FIELDS
    ]
