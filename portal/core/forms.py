"""The ground of every form: Flask-WTF's, which brings the CSRF field."""

from typing import Any

from flask_wtf import FlaskForm


class BaseForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form checks shape; rules are the services'."""

    def sent(self) -> bool:
        """Whether this form was sent and its shape is right."""
        return bool(self.validate_on_submit())


class ButtonForm(BaseForm):
    """A plain button: nothing is sent but the CSRF field."""


def stripped(value: Any) -> Any:
    """A filter for text fields: no space around what was typed."""
    return value.strip() if isinstance(value, str) else value
