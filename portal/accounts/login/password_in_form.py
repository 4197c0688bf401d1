"""The account's password in the form that needs a fresh login, so that no one leaves the page.

It is verified first and recorded as a login afterwards, in the caller's transaction: neither the
login nor what it confirms is recorded without the other. Throttled and audited as a login.
"""

from dataclasses import dataclass

from flask import g
from wtforms import Field, PasswordField
from wtforms.validators import Length, Optional

from portal.accounts.login.callers import caller_as
from portal.accounts.login.identity import begin
from portal.accounts.login.login import check_credentials, log_in_again
from portal.accounts.login.passwords import LONGEST
from portal.accounts.models import Account, LoginSession
from portal.accounts.permissions.access import the_account, the_session
from portal.core.errors import (
    Conflict,
    FreshLoginNeeded,
    Invalid,
    LoginNeeded,
    PortalError,
    TooMany,
)
from portal.core.forms import BaseForm
from portal.core.storage.database import db

PASSWORD = "login_again_password"  # noqa: S105
MISSING = "Fill in your password: your last login is too old for this."
WRONG = "The password is wrong."


class TakesPassword(BaseForm):
    """A form that may need a fresh login. It comes back without the password."""

    login_again_password = PasswordField(
        "Your password",
        validators=[Optional(), Length(max=LONGEST, message=WRONG)],
        render_kw={"autocomplete": "current-password"},
    )

    def asked(self) -> list[Field]:
        """Without the password unless it is at fault: services never refuse because of it."""
        password = self.login_again_password
        return [each for each in super().asked() if each is not password or password.errors]

    def tell(self, error: PortalError) -> bool:
        if not isinstance(error, FreshLoginNeeded):
            return super().tell(error)
        self.login_again_password.errors = [str(error)]
        self.point_out({PASSWORD: str(error)})
        return True


class WrongPassword(FreshLoginNeeded):
    """The form, or the page that asks for the password, is shown again with the error."""

    def __init__(self, error: Invalid | TooMany) -> None:
        sentence = WRONG if isinstance(error, Invalid) else str(error)
        super().__init__(sentence, refusal=error.refusal)
        self.status = error.form_status

    @property
    def form_status(self) -> int:
        return self.status


class PasswordMissing(FreshLoginNeeded):
    """A form that takes the password was sent without it."""

    def __init__(self) -> None:
        super().__init__(MISSING, field=PASSWORD)


@dataclass(frozen=True)
class VerifiedPassword:
    """A right password. It counts as long as session and password are those it was checked for."""

    row: LoginSession
    began_as: str
    password_hash: str


def typed_password() -> str | None:
    """None if this request has no field for it."""
    typed = TakesPassword().login_again_password.data
    return None if typed is None else str(typed)


def verify_password() -> VerifiedPassword:
    """Check the password of this request, with nothing else pending: the cost is committed.

    Raises PasswordMissing, WrongPassword if it is wrong or throttled.
    """
    if not (typed := typed_password()):
        raise PasswordMissing
    row, email = the_session(), the_account().email
    began_as = row.token_hash
    try:
        account = check_credentials(email, typed, caller_as(email))
    except (Invalid, TooMany) as error:
        raise WrongPassword(error) from None
    return VerifiedPassword(row, began_as, account.password_hash)


def renew_login(verified: VerifiedPassword) -> None:
    """Record the fresh login. The caller commits, then calls `begin_renewed_login`.

    Raises Conflict if the same form was sent twice, LoginNeeded if the session was ended, the
    account disabled or its password changed since it was checked.
    """
    row = verified.row
    db.session.refresh(row, with_for_update=True)
    account = db.session.get_one(
        Account, row.account_id, populate_existing=True, with_for_update=True
    )
    if row.token_hash != verified.began_as:
        raise Conflict(
            "This was sent twice; it goes on once.",
            remedy="Go back to the page that it was sent from, and look at what was done.",
        )
    is_same = account.password_hash == verified.password_hash
    if not row.is_live or not is_same or account.must_change_password:
        raise LoginNeeded("This login was ended. Log in again.")
    g.renewed_login = row, log_in_again(row)


def begin_renewed_login() -> None:
    """Give the browser the token of the login that was committed, if this request made one."""
    if renewed := g.pop("renewed_login", None):
        begin(*renewed)
