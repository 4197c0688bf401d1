"""Base classes of all forms: Flask-WTF's, which adds the CSRF field."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from unicodedata import category

from flask import flash, g, jsonify, redirect, request, url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import Field, FileField, HiddenField, PasswordField
from wtforms.validators import InputRequired, StopValidation

from portal.core.errors import Conflict, Invalid, PortalError
from portal.core.storage.database import db

UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp"}
"""Categories of control characters, of marks without width, and of white space."""


class InvalidForm(Invalid):
    """The form data is invalid; the message has the reasons."""

    status = 422


class BaseForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Forms validate shape; services validate rules. `is_sent`: a page shows it as it was sent."""

    is_sent = False

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Only text for text fields and only files for file fields, whatever was
            sent; no JSON."""
            if formdata is None or hasattr(formdata, "getlist"):
                return formdata
            if not form.is_submitted():
                return None
            names = {each.name for each in form if isinstance(each, FileField)}
            if not names:
                return request.form or None
            texts = [each for each in request.form.items(multi=True) if each[0] not in names]
            files = [each for each in request.files.items(multi=True) if each[0] in names]
            return MultiDict([*texts, *files])

    def sent(self) -> bool:
        """Whether this form was submitted and is valid. If not, its first wrong field gets the
        focus."""
        g.sent_form = self
        is_valid = bool(self.validate_on_submit())
        if self.errors:
            self.point_out({})
        return is_valid

    def asked(self) -> list[Field]:
        """The fields that a person fills in."""
        return [each for each in self if not isinstance(each, HiddenField)]

    def tell(self, error: PortalError) -> bool:
        """Show why a service refused at the field that it is about, or at the only one. False if it
        is about none, such as a state that has moved on."""
        asked = self.asked()
        if any(each.errors for each in asked):
            return True
        about = [each for each in asked if self.subject_of(each) == error.field]
        if not about and not isinstance(error, Conflict):
            about = asked
        if len(about) == 1:
            self.point_out({about[0].short_name: str(error)})
        return len(about) == 1

    def subject_of(self, field: Field) -> str:
        """What services call it: see `PortalError.field`."""
        return str(field.short_name)

    def point_out(self, problems: Mapping[str, str]) -> None:
        """Show a sentence at each of these fields; the first wrong one of the form gets the
        focus."""
        for name, sentence in problems.items():
            self[name].errors = [sentence]
        first = next((each for each in self.asked() if each.errors), None)
        for each in self.asked():
            rest = {name: of for name, of in (each.render_kw or {}).items() if name != "autofocus"}
            each.render_kw = rest | ({"autofocus": True} if each is first else {})

    def require(self) -> None:
        """Raises InvalidForm, with a sentence for each error."""
        if not self.sent():
            messages = [str(each) for problems in self.errors.values() for each in problems]
            raise InvalidForm(" ".join(dict.fromkeys(messages)) or "This form can’t be read.")

    @property
    def problems(self) -> dict[str, str]:
        """The first error of each invalid field."""
        return {
            name: str(messages[0]) for name, messages in self.errors.items() if name and messages
        }


class ButtonForm(BaseForm):
    """A plain button: the CSRF field is its only content."""


def require_pressed() -> None:
    """For routes of a plain button. Raises Invalid when its form was not submitted."""
    if not ButtonForm().sent():
        raise Invalid("This form is out of date, so nothing was changed.")


F = TypeVar("F", bound=BaseForm)


def form_at(make: Callable[..., F], address: str, *, key: str = "", **about: str) -> F:
    """The form that a page sends to this address: as this request sent it, else an empty one.

    `key` makes the ids of its fields unique where a page has several of its kind; `about` are the
    values of hidden fields, by which forms for one address differ.
    """
    sent: F | None = (g.get("sent_form") or make()) if is_sent_to(address) else None
    if sent is None or any(sent[name].data != value for name, value in about.items()):
        form = make(formdata=None, **about)
    else:
        form, g.form_is_shown = sent, True
        form.is_sent = True
    for each in form if key else ():
        each.id = each.label.field_id = f"{each.short_name}-{key}"
    return form


def is_sent_to(address: str) -> bool:
    """Whether this request sends a form to this address."""
    if request.method != "POST" or request.endpoint is None:
        return False
    return url_for(request.endpoint, **(request.view_args or {})) == address


class Required(InputRequired):  # type: ignore[misc]  # WTForms ships no types
    """For every field that has to be filled in: a text without a visible character is refused as an
    empty one is, before and after its filters.

    A password is taken as it was typed.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)

    def __call__(self, form: BaseForm, field: Field) -> None:
        super().__call__(form, field)
        text = field.data if isinstance(field.data, str) else field.raw_data[0]
        if is_blank(text) and not isinstance(field, PasswordField):
            field.errors[:] = []
            raise StopValidation(self.message)


def is_blank(value: object) -> bool:
    """Whether it is a text in which there is nothing to see."""
    return isinstance(value, str) and all(category(each) in UNSEEN for each in value)


def stripped(value: Any) -> Any:
    """A filter for text fields: removes surrounding white space, and a text without a visible
    character as a whole."""
    if not isinstance(value, str):
        return value
    return "" if is_blank(value) else value.strip()


def storable(value: Any) -> Any:
    """A filter for text fields: removes NUL, which neither database can store."""
    return value.replace("\0", "") if isinstance(value, str) else value


def commit_and_redirect(address: str, sentence: str) -> Response:
    """Commit, go to the address, and say there what was done."""
    db.session.commit()
    flash(sentence, "done")
    return redirect(address, 303)


def json_answer(sentence: str, status: int) -> Response:
    """For a page's script, which shows the sentence."""
    response: Response = jsonify(said=sentence)
    response.status_code = status
    return response
