"""The forms about clients, and about one's own time zone."""

from wtforms import BooleanField, EmailField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from portal.accounts.checks import LONGEST_NAME, LONGEST_SLUG
from portal.accounts.clients.service import Person
from portal.accounts.forms import required
from portal.accounts.models import Reading
from portal.core.forms import BaseForm, stripped

READING_WORDS = {
    Reading.ALL: "All reports for clients, except those for other clients",
    Reading.NAMED: "Only reports that name this client",
}
OFF = {"autocomplete": "off"}
ZONES = {"list": "zones", "autocomplete": "off", "placeholder": "Europe/London"}


class OrganisationForm(BaseForm):
    """With its own field ids, as it shares a page with another form that has a `name`."""

    name = StringField(
        "Name",
        id="organisation-name",
        filters=[stripped],
        validators=[required("a name"), Length(max=LONGEST_NAME)],
        render_kw=OFF,
    )
    reading = RadioField(
        "Reads",
        id="organisation-reading",
        default=Reading.ALL.value,
        choices=[SelectChoice(reading.value, READING_WORDS[reading]) for reading in Reading],
    )


class NewOrganisationForm(OrganisationForm):
    slug = StringField(
        "Short name",
        id="organisation-slug",
        description="What reports call it, as in “clients: [acme]”. It can’t be changed later.",
        filters=[stripped],
        validators=[required("a short name"), Length(max=LONGEST_SLUG)],
        render_kw=OFF | {"autocapitalize": "none", "spellcheck": "false"},
    )


class ContactForm(BaseForm):
    name = StringField(
        "Name",
        filters=[stripped],
        validators=[required("a name"), Length(max=LONGEST_NAME)],
        render_kw=OFF,
    )
    email = EmailField(
        "Email address",
        filters=[stripped],
        validators=[required("an email address"), Length(max=320)],
        render_kw=OFF,
    )
    salutation = StringField(
        "Form of address",
        description="The name after “Hi” in a message. Empty: the full name.",
        filters=[stripped],
        validators=[Length(max=LONGEST_NAME)],
        render_kw=OFF,
    )
    time_zone = StringField(
        "Time zone",
        description="Times in messages and on this person’s pages are in it.",
        filters=[stripped],
        validators=[required("a time zone"), Length(max=100)],
        render_kw=ZONES,
    )
    gets_messages = BooleanField("Gets messages", default=True)

    def person(self) -> Person:
        return Person(
            name=self.name.data,
            email=self.email.data,
            salutation=self.salutation.data or "",
            time_zone=self.time_zone.data,
            gets_messages=self.gets_messages.data,
        )


class NewContactForm(ContactForm):
    with_login = BooleanField(
        "Make a login", description="The password is shown once, on the next page."
    )


class LoginChoiceForm(BaseForm):
    """`account_id` is text, since the submitted value may not be a number."""

    account_id = SelectField("Login")


class TimeZoneForm(BaseForm):
    time_zone = StringField(
        "Time zone",
        description="Empty: whatever your browser says.",
        filters=[stripped],
        validators=[Length(max=100)],
        render_kw=ZONES,
    )
