"""The form of each section of a studio. A field has the name of what it changes: see
`portal.directory.owners.sections`."""

from collections.abc import Mapping
from typing import Any

from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice

from portal.core.forms import BaseForm
from portal.directory.folding import one_line
from portal.directory.formats import capitalize_first
from portal.directory.forms.studio_input import (
    at_most,
    box,
    boxes,
    coordinates,
    day,
    length_of,
    line,
    phone_typed,
    pounds,
    prose,
    web_address,
    zone,
)
from portal.directory.models import CONNECTIONS, StudioType
from portal.directory.owners.fields import ADDRESS, AREA, EXACT, Value
from portal.directory.owners.versions import Version

LONGEST_NOTE, LONGEST_PHONE = 300, 60


class SectionForm(BaseForm):
    """`version`: of what the page was made from. `writer`: who opened it. `mine`: a field whose
    typed value is kept although it was changed elsewhere, with the mark of what is stored."""

    version = HiddenField()
    writer = HiddenField()
    mine = HiddenField()
    next = HiddenField()

    def typed(self) -> dict[str, Value]:
        """What every field says that was sent and can be read."""
        fields = (each for each in self.asked() if not each.errors and _is_sent(each))
        return {each.short_name: _value(each.data) for each in fields}

    def sent(self) -> bool:
        """A value that was there before and was not touched is no mistake of who saves another."""
        super().sent()
        version = self.sent_version()
        for each in self.asked():
            if each.errors and not version.is_touched(each.short_name, _value(each.data)):
                each.errors = []
        self.point_out({})
        return not self.errors

    def sent_version(self) -> Version:
        version = Version.read(self.version.data or "")
        name, _, stored = (self.mine.data or "").partition(":")
        if name in version.stored:
            version.stored[name] = stored
        return version

    def give_version(self, version: Version) -> None:
        self.version.data = str(version)

    @classmethod
    def showing(cls, stored: Mapping[str, Value], writer: int, **more: Any) -> "SectionForm":
        """With what is stored, for a page."""
        data = {name: list(v) if isinstance(v, tuple) else v for name, v in stored.items()}
        form = cls(formdata=None, data=data | {"writer": str(writer)} | more)
        form.give_version(Version.of(stored, form.typed()))
        return form


def _value(data: Any) -> Value:
    return tuple(sorted(data)) if isinstance(data, list) else data


def _is_sent(field: Field) -> bool:
    """An unticked box is not sent; any other field that is not sent has not been emptied."""
    is_box = isinstance(field, BooleanField | SelectMultipleField)
    return is_box or field.raw_data is None or bool(field.raw_data)


class IdentityForm(SectionForm):
    name = line(
        "Name", length_of("name"), "As people say it, such as Soho Voice Rooms.", autocomplete="off"
    )
    short_about = prose(
        "In one sentence",
        "In lists, below the name. At most 300 characters.",
        rows=2,
        most=length_of("short_about"),
    )
    description = prose(
        "About the studio", "What a client should know: the room, how you work, credits.", rows=8
    )
    about = prose("About you", rows=4)
    home_studio_description = prose("About the room", "How it is built and how it sounds.", rows=4)


class PlaceForm(SectionForm):
    city = line("City", length_of("city"), "If there are several, add the country: Paris, Texas.")
    full_address = line(
        "Address",
        length_of("full_address"),
        "With the postcode. Visitors see it only if you choose so below.",
        autocomplete="street-address",
    )
    coordinates = coordinates(
        "Coordinates",
        "Only if the middle of the city is too far off. Copy them, or the address, from a map.",
    )
    shown = RadioField(
        "What visitors see",
        choices=[
            SelectChoice(AREA, "The area: the city, and a point some kilometres from you"),
            SelectChoice(ADDRESS, "The address; on the map only the area"),
            SelectChoice(EXACT, "The address and the exact point on the map"),
        ],
        default=AREA,
    )
    show_directions = box("Link to directions", "Only where the address is shown.")
    choose = HiddenField()
    """A place that was offered, in place of what is typed."""

    def typed(self) -> dict[str, Value]:
        chosen = one_line(self.choose.data)[: length_of("city")]
        return super().typed() | ({"city": chosen} if chosen else {})


class TypesForm(SectionForm):
    types = boxes(
        "Type of studio",
        [SelectChoice(each.value, capitalize_first(each.value)) for each in StudioType],
        "Tick all that fit.",
    )
    connections = boxes(
        "How clients can connect", [SelectChoice(each, each) for each in CONNECTIONS]
    )
    custom_connection_methods = prose("Other ways to connect", rows=2)


class ServicesForm(SectionForm):
    services_offered = prose("What you offer", "One service a line.", rows=8)


class EquipmentForm(SectionForm):
    equipment_list = prose("Equipment", "One piece a line, such as Neumann U 87 Ai.", rows=10)


class RatesForm(SectionForm):
    rate_tier_1 = pounds("£ for 15 minutes")
    rate_tier_2 = pounds("£ for 30 minutes")
    rate_tier_3 = pounds("£ for 1 hour")
    show_rates = box("Show the rates on my page")


class HoursForm(SectionForm):
    monday = day("Monday")
    tuesday = day("Tuesday")
    wednesday = day("Wednesday")
    thursday = day("Thursday")
    friday = day("Friday")
    saturday = day("Saturday")
    sunday = day("Sunday")
    zone = zone("Time zone", "Of these hours. Type a city, such as London.")
    hours_note = line("Note", LONGEST_NOTE, "Such as: evenings on request.")


class ContactForm(SectionForm):
    takes_messages = box(
        "Visitors can write to me here", "They do not see your email address; you get a mail."
    )
    phone = StringField(
        "Phone",
        filters=[phone_typed],
        validators=[at_most(LONGEST_PHONE)],
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
    )
    show_phone = box("Show the phone number")
    show_email = box("Show my email address")
    website_url = web_address("Website", "website_url")
    linkedin_url = web_address("LinkedIn", "linkedin_url")
    x_url = web_address("X", "x_url", site="x")
    instagram_url = web_address("Instagram", "instagram_url", site="instagram")
    facebook_url = web_address("Facebook", "facebook_url", site="facebook")
    youtube_url = web_address("YouTube", "youtube_url", site="youtube")
    vimeo_url = web_address("Vimeo", "vimeo_url", site="vimeo")
    soundcloud_url = web_address("SoundCloud", "soundcloud_url", site="soundcloud")


FORMS: dict[str, type[SectionForm]] = {
    "identity": IdentityForm,
    "place": PlaceForm,
    "types": TypesForm,
    "services": ServicesForm,
    "equipment": EquipmentForm,
    "rates": RatesForm,
    "hours": HoursForm,
    "contact": ContactForm,
}
