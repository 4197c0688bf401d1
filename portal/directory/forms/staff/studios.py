"""The filter of the table of studios."""

from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from portal.core.forms import BaseForm
from portal.directory.admin.index.documents import SOME, WAITING, Owner, State
from portal.directory.admin.query import NO, NONE, SIZES, YES, AdminQuery
from portal.directory.formats import capitalize_first
from portal.directory.models import StudioType

STATES = {
    State.DRAFT: "Draft",
    State.PENDING: "Waits for staff",
    State.PUBLISHED: "Published",
    State.HIDDEN: "Hidden by its owner",
    State.OFF: "Hidden by staff",
    State.DELETED: "Deleted by staff",
}
OWNERS = {
    Owner.OWN: "Has an owner",
    Owner.IMPORTED: "Imported, not claimed",
    Owner.LEAVING: "Account waits for deletion",
}
YES_OR_NO = {YES: "Yes", NO: "No"}


def choice(label: str, values: dict[str, str]) -> SelectField:
    made = [SelectChoice("", "Any"), *(SelectChoice(str(k), v) for k, v in values.items())]
    return SelectField(label, choices=made, default="", validate_choice=False)


class TableForm(BaseForm):
    """Sent by GET: it changes nothing."""

    class Meta:
        csrf = False

    q = StringField(
        "Search",
        description="Name, city, number, website, or a whole email address.",
        render_kw={"type": "search", "maxlength": 200, "autocomplete": "off"},
    )
    state = choice("State", {str(k): v for k, v in STATES.items()})
    owner = choice("Owner", {str(k): v for k, v in OWNERS.items()})
    verified = choice("Verified", YES_OR_NO)
    featured = choice("Featured", YES_OR_NO)
    premium = choice("Premium", YES_OR_NO)
    type = choice("Type", {each.value: capitalize_first(each.value) for each in StudioType})
    city = StringField("City", render_kw={"maxlength": 120, "autocomplete": "off"})
    reviews = choice("Reviews", {NONE: "None", SOME: "Some", WAITING: "Some wait for staff"})
    pictures = choice("Pictures", {NONE: "None", SOME: "Some"})
    since = DateField("Changed since (UTC)")
    size = SelectField(
        "Studios a page", choices=[SelectChoice(str(each), str(each)) for each in SIZES]
    )

    @classmethod
    def showing(cls, query: AdminQuery) -> "TableForm":
        data = {**query.conditions, "size": str(query.size)}
        form = cls(formdata=None, data={k: v for k, v in data.items() if k != "since"})
        form.since.raw_data = [query.since]
        return form


def said(name: str, value: str) -> str:
    """A condition in words: “State: Draft”."""
    field = getattr(TableForm, name)
    label = field.args[0] if field.args else name
    return f"{label}: {_CHOSEN.get(name, {}).get(value, value)}"


_CHOSEN: dict[str, dict[str, str]] = {
    "state": {str(k): v for k, v in STATES.items()},
    "owner": {str(k): v for k, v in OWNERS.items()},
    **{name: {k: v.lower() for k, v in YES_OR_NO.items()} for name in ("verified", "featured")},
    "premium": {k: v.lower() for k, v in YES_OR_NO.items()},
    "reviews": {NONE: "none", SOME: "some", WAITING: "some wait for staff"},
    "pictures": {NONE: "none", SOME: "some"},
}
