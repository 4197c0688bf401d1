"""Forms of the pages about probes. Forms check shape, services check rules."""

from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import Length

from portal.core.forms import BaseForm, Required, storable, stripped
from portal.monitoring.service import LONGEST_ADDRESS, LONGEST_NAME

NUMBER = "Give a whole number."


def _number(label: str, hint: str = "") -> IntegerField:
    return IntegerField(
        label,
        description=hint,
        validators=[Required(NUMBER)],
        render_kw={"inputmode": "numeric"},
    )


class AddressForm(BaseForm):
    address = StringField(
        "Public address",
        description="Where visitors find the site, such as https://studios.example. Empty: none.",
        filters=[storable, stripped],
        validators=[
            Length(max=LONGEST_ADDRESS, message=f"Keep it below {LONGEST_ADDRESS} characters.")
        ],
        render_kw={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"},
    )


class ProbeForm(BaseForm):
    is_on = BooleanField("Measure it")
    public_name = StringField(
        "Public name",
        description="The status page shows the probe under this name. Empty: it is not shown.",
        filters=[storable, stripped],
        validators=[Length(max=LONGEST_NAME, message=f"Keep it below {LONGEST_NAME} characters.")],
        render_kw={"autocomplete": "off"},
    )
    interval = _number("Interval in seconds")
    timeout = _number("Time-out in seconds")
    down_after = _number("Down after", "So many failures in a row.")
    up_after = _number("Up after", "So many successes in a row.")
