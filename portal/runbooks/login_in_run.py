"""The password in the forms of a run: where the last login is not enough, the form takes it."""

from collections.abc import Callable

from wtforms import Field

from portal.accounts.login.password_in_form import (
    TakesPassword,
    renew_login,
    typed_password,
    verify_password,
)
from portal.accounts.permissions.access import the_session
from portal.accounts.permissions.enforcement import is_login_fresh_for
from portal.core.errors import FreshLoginNeeded, PortalError
from portal.core.forms import BaseForm
from portal.core.storage.database import db
from portal.runbooks.engine.step_actions import check_stage, confirm_stage
from portal.runbooks.engine.step_lock import StepTurn
from portal.runbooks.page import DueStep

STAGE_CONFIRMED = "runbooks.create_stage_confirmation"
"""The route whose row says whether what a run does needs a fresh login."""


def confirm_with_login(take: Callable[[], StepTurn], stage: str, typed: Callable[[], str]) -> None:
    """Give a confirmation; where a login of its own is missing, with the password of the form.

    The password is verified after everything else, and the login recorded in the transaction of the
    confirmation: neither is recorded without the other. `take` takes the turn, `typed` reads the
    text. The caller commits.
    """
    turn, text = take(), typed()
    after = check_stage(turn, stage, text)
    if typed_password() or not is_login_fresh_for(STAGE_CONFIRMED, after=after):
        db.session.rollback()
        verified = verify_password()
        turn = take()
        renew_login(verified)
    confirm_stage(turn, stage, text, logged_in_at=the_session().authenticated_at)


def password_field(
    due: DueStep | None, sent: TakesPassword, given: BaseForm | None, error: PortalError | None
) -> Field | None:
    """The field for the password, if the last login is not enough for what is due."""
    stage = due.next_stage if due else None
    after = stage.login_after if stage and not stage.refusal else None
    is_enough = due is None or is_login_fresh_for(STAGE_CONFIRMED, after=after)
    if is_enough and not isinstance(error, FreshLoginNeeded):
        return None
    return (given if isinstance(given, TakesPassword) else sent).login_again_password
