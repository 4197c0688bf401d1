"""What staff do with a person of the site."""

from wtforms import IntegerField, StringField
from wtforms.validators import Length, NumberRange

from portal.core.forms import BaseForm, Required, storable, stripped

LONGEST_REASON, LAST = 300, 2**31 - 1


def reason_field(hint: str) -> StringField:
    return StringField(
        "Reason",
        description=hint,
        filters=[storable, stripped],
        validators=[
            Required("Fill in the reason."),
            Length(max=LONGEST_REASON, message="At most 300 characters, please."),
        ],
    )


class ConfirmPersonForm(BaseForm):
    reason = reason_field("For other staff: how do you know that the address is theirs?")


class DisablePersonForm(BaseForm):
    reason = reason_field("The person reads it, by email and when they log in.")


class MergeForm(BaseForm):
    """`other` is the number of the account that is not kept."""

    other = IntegerField(
        "Number of the other account",
        validators=[
            Required("Fill in the number of the other account."),
            NumberRange(1, LAST, message="There is no person with this number."),
        ],
        render_kw={"inputmode": "numeric"},
    )
    reason = reason_field("For other staff: how do you know that both are one person?")
