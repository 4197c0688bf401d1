"""Asks for the password in place if a form is submitted when the login is too old.

The page carries the submitted fields, so that the same request is repeated with the password;
nothing typed is lost. Files and passwords are never carried: then the user is redirected to the
page for logging in again, which says that nothing was done.
"""

from flask import g, render_template, request, session
from wtforms import HiddenField

from portal.accounts.forms import ConfirmingForm
from portal.accounts.login.password_in_form import (
    MISSING,
    PASSWORD,
    WrongPassword,
    begin_renewed_login,
    renew_login,
    typed_password,
    verify_password,
)
from portal.accounts.login.redirects import safe_path
from portal.accounts.permissions.access import the_account
from portal.accounts.permissions.table import PERMISSIONS
from portal.core.errors import FreshLoginNeeded
from portal.core.storage.database import db

#: Fields added by the client, and those of the password page.
TOKEN = "csrf_token"  # noqa: S105
BACK, EMAIL = "login_again_back", "login_again_email"
OWN_FIELDS = {TOKEN, PASSWORD, BACK, EMAIL}
UNDONE = "undone"
SECRETS = ("password", "current", "new")
MACHINE_FIELDS = {"seen", "version", "opened", "order", "move"}

Fields = list[tuple[str, str]]


def log_in_with_this_request() -> None:
    """Renew the login if this request contains a password.

    Raises WrongPassword. The renewed login is committed, since the request may still be refused.
    """
    if not typed_password():
        return
    renew_login(verify_password())
    db.session.commit()
    begin_renewed_login()


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
        error=_about_the_password(error),
        does=row.does,
        action=request.full_path.rstrip("?"),
        carried=carried,
        shown=_shown(carried),
        back=safe_path(request.form.get(BACK)) or back,
        about_production=row.concerns is not None,
    )
    return page, error.status


def _about_the_password(error: FreshLoginNeeded) -> str | None:
    if isinstance(error, WrongPassword):
        return str(error)
    return MISSING if PASSWORD in request.form else None


def note_undone() -> None:
    """Tell the next page that the requested action was not done."""
    session[UNDONE] = True


def _carried() -> Fields | None:
    if request.method != "POST" or request.headers.get("HX-Request") or request.is_json:
        return None
    fields = [each for each in request.form.items(multi=True) if each[0] not in OWN_FIELDS]
    if request.files or any(_is_secret(name) for name, _ in fields):
        return None
    return fields


def typed_fields() -> Fields:
    """What a person typed into the form of this request, so that no page loses it; no passwords."""
    hidden = {each.short_name for each in g.get("sent_form") or () if isinstance(each, HiddenField)}
    return [
        (_label(name), value)
        for name, value in request.form.items(multi=True)
        if value.strip()
        and name not in OWN_FIELDS | MACHINE_FIELDS | hidden
        and not _is_secret(name)
    ]


def _is_secret(name: str) -> bool:
    return any(word in SECRETS for word in name.lower().replace("_", "-").split("-"))


def _shown(fields: Fields) -> Fields:
    """The subject from the address, and the values that a person entered."""
    about = [(name, str(value)) for name, value in (request.view_args or {}).items()]
    return [
        (_label(name), value)
        for name, value in [*about, *fields]
        if value.strip() and name not in MACHINE_FIELDS
    ]


def _label(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").capitalize()
