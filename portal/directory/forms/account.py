"""A person's own account: password, address, mails, data, deletion."""

from wtforms import BooleanField, PasswordField
from wtforms.validators import Length, Optional

from portal.accounts.login.passwords import LONGEST
from portal.core.forms import BaseForm
from portal.directory.forms.login import email_field, new_password, required


class PasswordForm(BaseForm):
    current = PasswordField(
        "Current password",
        validators=[required("your current password"), Length(max=LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )
    new = new_password("New password")


class OwnPasswordForm(BaseForm):
    """For what needs a login of the last 30 minutes: an older one is renewed by the password."""

    current = PasswordField(
        "Your password",
        validators=[Optional(), Length(max=LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )


class AddressForm(OwnPasswordForm):
    email = email_field("New email address", autocomplete="off")


class MailForm(BaseForm):
    wants_mail = BooleanField(
        "Send me visitors’ messages by mail",
        description="Without it they wait for you under Messages. Mails about your account itself,"
        " such as a new password, always come.",
    )
