"""A login that is too old, met with a form in hand: the password is asked for in place.

The page carries what was sent, so that the same request is made once more with the password and
goes on; nothing typed is lost. Files and passwords are never carried: then the way leads through
the page for logging in again, which says that nothing was done.
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

#: What a person's page sends beside its fields, and what is typed on the page in between.
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
    """The page in between is shown again, with what was wrong."""

    def __init__(self, error: Invalid | TooMany) -> None:
        sentence = "The password is wrong." if isinstance(error, Invalid) else str(error)
        super().__init__(sentence, refusal=error.refusal)
        self.status = error.status


def log_in_with_this_request() -> None:
    """Renew the login with the password that this request brings, if it brings one.

    Raises WrongPassword. The renewed login is committed: what comes after may still be refused.
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
    """Of a form that was sent twice at once, one goes on: whichever renews the login.

    Raises Conflict.
    """
    db.session.refresh(row, with_for_update=True)
    if row.token_hash != began_as:
        raise Conflict(
            "This was sent twice; it goes on once.",
            remedy="Go back to the page that it was sent from, and look at what was done.",
        )


def confirming_page(error: FreshLoginNeeded, back: str | None) -> tuple[str, int] | None:
    """The page that asks for the password and then goes on; None where it can't carry the form."""
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
    """For the page that is come to next: what was asked for has not been done."""
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
    """What it is about, by its address, and what a person typed or chose."""
    about = [(name, str(value)) for name, value in (request.view_args or {}).items()]
    return [
        (name.replace("_", " ").replace("-", " ").capitalize(), value)
        for name, value in [*about, *fields]
        if value.strip() and name not in MACHINE_FIELDS
    ]
