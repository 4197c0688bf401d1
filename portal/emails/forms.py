"""The forms of a message's page."""

from wtforms import HiddenField
from wtforms.validators import InputRequired

from portal.core.forms import BaseForm


class FindingForm(BaseForm):
    """`finding` is the key of what is confirmed, `seen` the hash of the message that was shown."""

    finding = HiddenField(validators=[InputRequired()])
    seen = HiddenField()
