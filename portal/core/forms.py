"""The ground of every form: Flask-WTF's, which brings the CSRF field."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import FileField

from portal.core.errors import Invalid


class Misshapen(Invalid):
    """A form whose shape is wrong, in one sentence."""

    status = 422


class BaseForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form checks shape; rules are the services'."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Text for fields of text and files for fields of files, whatever was sent; no JSON."""
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
        """Whether this form was sent and its shape is right."""
        return bool(self.validate_on_submit())

    def require(self) -> None:
        """Raises Misshapen, with a sentence for each thing that is wrong."""
        if not self.sent():
            said = [str(each) for problems in self.errors.values() for each in problems]
            raise Misshapen(" ".join(dict.fromkeys(said)) or "This form can’t be read.")

    @property
    def problems(self) -> dict[str, str]:
        """The first sentence of each field that is wrong."""
        return {name: str(said[0]) for name, said in self.errors.items() if name and said}


class ButtonForm(BaseForm):
    """A plain button: nothing is sent but the CSRF field."""


def require_pressed() -> None:
    """For routes of a plain button. Raises Invalid when its form was not what was sent."""
    if not ButtonForm().sent():
        raise Invalid("This form is out of date, so nothing was changed.")


def stripped(value: Any) -> Any:
    """A filter for text fields: no space around what was typed."""
    return value.strip() if isinstance(value, str) else value


def storable(value: Any) -> Any:
    """A filter for text fields: none of the character that no database of ours can hold."""
    return value.replace("\0", "") if isinstance(value, str) else value
