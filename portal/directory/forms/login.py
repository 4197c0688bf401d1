"""Sign-up, login, and a password by a link."""

from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import Length

from portal.accounts.login.passwords import LONGEST
from portal.core.forms import BaseForm, Required, storable, stripped
from portal.directory.folding import visible

PASSWORD_RULE = (
    "At least 8 characters of any kind. A sentence of several words is good; pasting is welcome."  # noqa: S105
)


def required(what: str) -> Required:
    return Required(f"Fill in {what}.")


def new_password(label: str = "Password") -> PasswordField:
    return PasswordField(
        label,
        description=PASSWORD_RULE,
        validators=[
            required("a password"),
            Length(max=LONGEST, message=f"A password has at most {LONGEST} characters."),
        ],
        render_kw={"autocomplete": "new-password"},
    )


def email_field(label: str = "Email address", *, autocomplete: str = "email") -> EmailField:
    return EmailField(
        label,
        filters=[storable, stripped],
        validators=[
            required("an email address"),
            Length(max=254, message="An email address has at most 254 characters."),
        ],
        render_kw={"autocomplete": autocomplete},
    )


class SignUpForm(BaseForm):
    """`website` is no question: people never see it, and robots fill it in."""

    name = StringField(
        "Your name",
        description="As visitors should know you.",
        filters=[storable, stripped, lambda given: visible(given or "")],
        validators=[
            Required("Fill in your name."),
            Length(max=100, message="A name has at most 100 characters."),
        ],
        render_kw={"autocomplete": "name"},
    )
    email = email_field()
    new = new_password()
    website = StringField("Leave this empty", render_kw={"autocomplete": "off", "tabindex": "-1"})


class LoginForm(BaseForm):
    email = email_field(autocomplete="username")
    password = PasswordField(
        "Password",
        validators=[required("your password"), Length(max=LONGEST, message="That is too long.")],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class SignUpPasswordForm(BaseForm):
    """For a browser in which this sign-up was not made."""

    current = PasswordField(
        "Password",
        description="The one that you chose when you signed up.",
        validators=[
            required("the password that you chose when you signed up"),
            Length(max=LONGEST, message="That is too long."),
        ],
        render_kw={"autocomplete": "current-password"},
    )


class ForgottenForm(BaseForm):
    email = email_field(autocomplete="username")


class NewPasswordForm(BaseForm):
    new = new_password("New password")
