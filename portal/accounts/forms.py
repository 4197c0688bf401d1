"""One form for each action. Forms validate shape; services validate rules."""

from wtforms import BooleanField, EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from portal.accounts.login.passwords import LONGEST
from portal.accounts.models import Role
from portal.core.forms import BaseForm, Required, stripped

ROLE_WORDS = {
    Role.ADMIN: "Administrator: everything",
    Role.OPS: "Ops: incidents, runbooks, databases",
    Role.CLIENT: "Client: incident summaries",
}


def required(what: str) -> Required:
    return Required(f"Fill in {what}.")


def _password(**attributes: bool) -> PasswordField:
    """The account's own password, with more HTML attributes of the field."""
    return PasswordField(
        "Password",
        validators=[required("your password"), Length(max=LONGEST)],
        render_kw={"autocomplete": "current-password", **attributes},
    )


class LoginForm(BaseForm):
    email = EmailField(
        "Email address",
        filters=[stripped],
        validators=[required("your email address"), Length(max=320)],
        render_kw={"autocomplete": "username", "autofocus": True},
    )
    password = _password()
    next = HiddenField()


class DemoLoginForm(BaseForm):
    """A button of a demo's login page."""

    role = HiddenField(validators=[Required("This button can’t be read.")])
    next = HiddenField()


class FreshLoginForm(BaseForm):
    password = _password(autofocus=True)
    next = HiddenField()


class ConfirmingForm(BaseForm):
    """For the page that asks for a fresh login and then continues; its field names are unique."""

    login_again_password = _password(autofocus=True)


class PasswordForm(BaseForm):
    current = PasswordField(
        "Current password",
        validators=[required("your current password"), Length(max=LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )
    new = PasswordField(
        "New password",
        description="At least 8 characters of any kind. A sentence is good; pasting is welcome.",
        validators=[required("a new password"), Length(max=LONGEST)],
        render_kw={"autocomplete": "new-password"},
    )
    end_others = BooleanField("End my other sessions", default=True)
    next = HiddenField()


class AccountForm(BaseForm):
    name = StringField(
        "Name",
        filters=[stripped],
        validators=[required("a name"), Length(max=100)],
        render_kw={"autocomplete": "off"},
    )
    email = EmailField(
        "Email address",
        filters=[stripped],
        validators=[required("an email address"), Length(max=320)],
        render_kw={"autocomplete": "off"},
    )
    role = SelectField(
        "Role", choices=[SelectChoice(role.value, ROLE_WORDS[role]) for role in Role]
    )


class RoleForm(BaseForm):
    role = SelectField(
        "Role", choices=[SelectChoice(role.value, ROLE_WORDS[role]) for role in Role]
    )
