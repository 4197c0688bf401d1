"""Every component renders as a page that a strict reader accepts."""

import pytest
from flask import Flask

from tests.support.pages import PageClient, words

LAYOUTS = ("control.html", "public.html", "client.html")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_component_renders_in_every_voice(reader: PageClient, layout: str):
    page = reader.page(f"/samples?layout={layout}")
    assert len(page.select(".badge")) > 14


def test_every_macro_is_found_by_its_name(pages: Flask):
    with pages.test_request_context():
        ui = pages.jinja_env.globals["ui"]
        assert {"button", "band", "badge", "step", "field", "pagination"} <= set(ui.names())
        assert all(callable(getattr(ui, name)) for name in ui.names())


def test_every_icon_that_a_template_names_is_in_the_sprite(reader: PageClient, pages: Flask):
    sprite = reader.get("/static/icons.svg").text
    for use in reader.page("/samples").find_all("use"):
        name = use["href"].partition("#")[2]
        assert f'<symbol id="{name}"' in sprite, name


def test_a_band_says_the_environment_in_colour_pattern_and_word(reader: PageClient):
    bands = reader.page("/samples").select(".band")
    assert [words(band.strong) for band in bands] == [
        "DEVELOPMENT",
        "PRODUCTION",
        "NOT IDENTIFIED",
    ]
    assert "band-production" in bands[1]["class"]
    assert words(bands[1]).endswith("studio-directory · SQLite · 6f2c…")


def test_a_badge_has_an_icon_and_a_word(reader: PageClient):
    for badge in reader.page("/samples").select(".badge"):
        assert badge.svg is not None
        assert words(badge)


def test_a_dangerous_button_is_not_the_default_on_enter(reader: PageClient):
    form = reader.page("/samples").select_one("form:has(.button-danger)")
    assert form is not None
    first = form.select("button[type=submit]")[0]
    assert first.has_attr("disabled")
    assert "button-danger" not in first.get("class", [])


def test_a_field_ties_its_error_and_hint_to_its_control(reader: PageClient):
    page = reader.page("/samples")
    name = page.select_one("input[name=name]")
    assert name is not None
    assert name["aria-invalid"] == "true"
    assert words(page.find(id=name["aria-describedby"])) == "Give the studio a name."
    about = page.select_one("textarea[name=about]")
    assert about is not None
    assert "Plain text" in words(page.find(id=about["aria-describedby"]))


def test_a_form_that_posts_keeps_room_for_its_token(pages: Flask):
    pages.jinja_env.globals["csrf_token"] = lambda: "token-of-this-session"
    pages.test_client_class = PageClient
    page = pages.test_client().page("/samples")
    for form in page.select("form[method=post]:has(input[type=hidden])"):
        assert form.select_one("input[name=csrf_token]")["value"] == "token-of-this-session"


def test_what_is_done_folds_and_what_is_due_is_marked(reader: PageClient):
    page = reader.page("/samples")
    assert [words(step.summary.h3) for step in page.select("details.step-done")] == [
        "1 Check the environment",
        "2 Back up and verify",
    ]
    assert words(page.select_one(".step-due")).startswith("3 Confirm")
    assert page.select_one(".step-due")["aria-current"] == "step"


def test_pages_of_a_list_lead_to_their_neighbours(reader: PageClient):
    pages = reader.page("/samples").select_one(".pagination")
    assert words(pages.select_one("[aria-current]")) == "4"
    assert pages.select_one("[rel=next]")["href"] == "?page=5"
    assert pages.select_one("[rel=prev]")["href"] == "?page=3"


def test_markup_in_a_message_is_shown_as_typed(pages: Flask):
    with pages.test_request_context():
        ui = pages.jinja_env.globals["ui"]
        assert "&lt;b&gt;" in ui.toasts([("done", "<b>")])
        assert "&lt;b&gt;" in ui.badge("done", "<b>")
        assert "&#34;" in ui.link_button("x", '"><script>')
