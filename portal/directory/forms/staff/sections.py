"""The forms of a studio's sections for staff: those of its owner, with a reason."""

from typing import Any

from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from portal.core.forms import storable, stripped
from portal.directory.forms.studio import FORMS, SectionForm
from portal.directory.forms.studio_input import box
from portal.directory.models import VerificationLevel

LONGEST_REASON = 500
LABELS = {
    "about": "About the owner",
    "takes_messages": "Visitors can write to the owner here",
    "show_email": "Show the owner’s email address",
    "show_rates": "Show the rates on the page",
    "services_offered": "What the studio offers",
}
HINTS = {
    "takes_messages": "They do not see the owner’s email address.",
    "full_address": "With the postcode. Visitors see it only where that is chosen below.",
}
LEVELS = {
    VerificationLevel.NONE: "None",
    VerificationLevel.BASIC: "Basic",
    VerificationLevel.FULL: "Full",
}


def _reason() -> StringField:
    return StringField(
        "Reason (optional)",
        description="For the studio’s history, which staff read.",
        filters=[storable, stripped],
        validators=[
            Length(max=LONGEST_REASON, message=f"At most {LONGEST_REASON} characters, please.")
        ],
        render_kw={"maxlength": LONGEST_REASON, "autocomplete": "off"},
    )


class StaffForm(SectionForm):
    is_verified = box("Verified", "Visitors see a mark beside the name.")
    verification_level = RadioField(
        "Level of verification", choices=[SelectChoice(str(k), v) for k, v in LEVELS.items()]
    )
    is_featured = box("Featured", "On the start page, and marked in lists.")
    is_spotlight = box("Spotlight", "On the start page.")
    is_premium = box("Premium")
    is_crb_checked = box("CRB checked")


def _with_reason(form: type[SectionForm]) -> type[SectionForm]:
    return type(f"{form.__name__}ForStaff", (form,), {"reason": _reason()})


STAFF_FORMS = {slug: _with_reason(form) for slug, form in {**FORMS, "staff": StaffForm}.items()}


def in_staffs_words(form: SectionForm) -> SectionForm:
    """What speaks to the owner speaks of the owner."""
    for each in form.asked():
        each.label.text = LABELS.get(each.short_name, each.label.text)
        each.description = HINTS.get(each.short_name, each.description)
    return form


def reason_in(form: Any) -> str | None:
    return str(form.reason.data or "") or None
