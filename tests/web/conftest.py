"""Pages for looking at: every component on one page, served by a blueprint of the tests only."""

from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from flask import Blueprint, Flask, flash, render_template, request
from wtforms import (
    BooleanField,
    Form,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    validators,
)

from portal.core.clock import now
from portal.core.errors import Conflict, Unavailable
from tests.support.pages import PageClient

OUTCOMES = ("done", "refused", "failed", "running", "waiting", "unknown", "verified")
SEVERITIES = ("critical", "major", "minor", "maintenance")
KINDS = (*OUTCOMES, *SEVERITIES, "development", "production", "unidentified")


class Sample(Form):
    name = StringField("Name", [validators.DataRequired("Give the studio a name.")])
    about = TextAreaField("About", description="Plain text; up to 2,000 characters.")
    target = SelectField("Target", choices=["development", "production"])
    sure = BooleanField("The site answers")
    one = RadioField("Where", choices=["Here", "There"], default="Here")
    phrase = StringField("Phrase")


def sample_form() -> Sample:
    form = Sample(name="")
    form.name.errors = ["Give the studio a name."]
    return form


def every_component() -> str:
    flash("Backed up and proven.", "done")
    return render_template(
        "all_components.html",
        layout=request.args.get("layout", "control.html"),
        kinds=KINDS,
        form=sample_form(),
        at=now() - timedelta(minutes=12),
        earlier=now() - timedelta(days=2),
        page=SimpleNamespace(number=4, pages=27, total=642),
        href=lambda number: f"?page={number}",
        events=[
            {"at": now(), "text": "Backup proven", "who": "omar", "kind": "good"},
            {"at": now(), "text": "Refused: no ticket", "who": "ana", "kind": "wary"},
            {"at": now(), "text": "Opened", "who": None},
        ],
    )


def fail(kind: str) -> str:
    if kind == "conflict":
        raise Conflict("This run is already at step 4.", remedy="Reload the page.")
    if kind == "unavailable":
        raise Unavailable("The directory is being moved.")
    raise ZeroDivisionError


def add_sample_pages(app: Flask) -> None:
    samples = Blueprint("samples", __name__, template_folder="templates")
    samples.add_url_rule("/samples", view_func=every_component)
    samples.add_url_rule("/samples/fail/<kind>", view_func=fail)
    samples.add_url_rule("/ops/samples/fail/<kind>", "fail_inside", fail)
    app.register_blueprint(samples)


@pytest.fixture
def pages(app: Flask) -> Flask:
    """The application with the sample pages; faults become pages, as for a visitor."""
    add_sample_pages(app)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def reader(pages: Flask) -> PageClient:
    """A visitor who reads pages strictly."""
    pages.test_client_class = PageClient
    return cast(PageClient, pages.test_client())
