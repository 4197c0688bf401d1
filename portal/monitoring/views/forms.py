"""Forms of the pages of monitoring."""

from wtforms import StringField
from wtforms.validators import Length

from portal.core.forms import BaseForm, Required, storable, stripped
from portal.monitoring.notices.apprise_address import LONGEST


class NoticeAddressForm(BaseForm):
    address = StringField(
        "Address",
        description="As Apprise writes it: mailto://user:password@example.com, ntfys://topic, "
        "json://host/path. It is encrypted, and only its scheme and host are shown again.",
        filters=[storable, stripped],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
        validators=[
            Required("Enter an address."),
            Length(max=LONGEST, message=f"Keep it below {LONGEST:,} characters."),
        ],
    )
