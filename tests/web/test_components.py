"""Every component renders as a page that a strict reader accepts."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from markupsafe import Markup

from portal.web.components import labelled
from tests.support.pages import PageClient, words

LAYOUTS = ("control.html", "public.html", "client.html")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_component_renders_in_every_voice(reader: PageClient, layout: str):
    page = reader.page(f"/samples?layout={layout}")
    assert len(page.select(".badge")) > 14


def test_every_macro_is_found_by_its_name(pages: Flask):
    with pages.test_request_context():
        ui = pages.jinja_env.globals["ui"]
        assert {"button", "band", "badge", "step_link", "field", "pagination"} <= set(ui.names())
        assert all(callable(getattr(ui, name)) for name in ui.names())


def test_every_icon_that_a_template_names_is_in_the_sprite(reader: PageClient, pages: Flask):
    sprite = reader.get("/static/icons.svg").text
    for use in reader.page("/samples").find_all("use"):
        name = use["href"].partition("#")[2]
        assert f'<symbol id="{name}"' in sprite, name


def test_a_band_says_the_environment_in_colour_pattern_and_word(reader: PageClient):
    bands = reader.page("/samples").select(".band")
    assert [words(band.strong) for band in bands] == ["DEVELOPMENT", "PRODUCTION", "NOT IDENTIFIED"]
    assert "band-production" in bands[1]["class"]
    assert words(bands[1]).endswith("studio-directory · SQLite · 6f2c…")


def test_tabs_are_links_that_say_which_one_is_shown(pages: Flask):
    with pages.test_request_context():
        html = pages.jinja_env.globals["ui"].tabs(
            "Parts", [("Report", "/r"), ("Readers", "/r?tab=readers", 3)], "Readers"
        )
    page = BeautifulSoup(html, "html.parser")
    shown = page.select_one("[aria-current=page]")
    assert [words(each) for each in page.select("li")] == ["Report", "Readers 3"]
    assert shown is not None
    assert shown["href"] == "/r?tab=readers"


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


def test_the_steps_are_links_with_their_state_and_the_shown_one_is_marked(reader: PageClient):
    links = reader.page("/samples").select("a.step-link")
    assert [words(link) for link in links][:3] == [
        "1 Check the environment 0.2 s",
        "2 Back up and verify 2.1 s",
        "3 Confirm",
    ]
    marks = [link.find("svg")["aria-label"] for link in links]
    assert marks == ["done", "done", "due now", "running", "failed", "to come"]
    assert [words(link) for link in links if link.has_attr("aria-current")] == ["3 Confirm"]


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


ROW = "<tr><th scope='row'>Ana</th><td class=\"number\">1</td><td></td></tr>"


@pytest.mark.parametrize(
    ("rows", "labels"),
    [
        (ROW, ["Rows", ""]),
        (ROW * 2, ["Rows", ""] * 2),
        ("<tr><td>a<td title='a > b'>1<td>", ["Who", "Rows", ""]),
        ('<tr><td data-label="Own">a</td><td>1</td><td></td></tr>', ["Own", "Rows", ""]),
        ('<tr><td colspan="3">none</td></tr>' + ROW, [None, "Rows", ""]),
        ("<tr><td>a<td rowspan=2>1<td></tr><tr><td>b<td></tr>", [None] * 5),
        ("<tr><td>a</td><td>1</td></tr>", [None, None]),
        ("<tr><td>a</td><td><table><tr><td>x</td></tr></table></td><td></td></tr>",
         ["Who", "Rows", None, ""]),
        ("<tr hidden><TD>a</TD><TD>1</TD><TD></TD></tr>", ["Who", "Rows", ""]),
        ("", []),
    ],
)  # fmt: skip
def test_each_cell_has_the_heading_of_its_column(rows: str, labels: list[str | None]):
    html = labelled(Markup(rows), ["Who", ("Rows", "number"), ""])
    cells = BeautifulSoup(f"<table><tbody>{html}</tbody></table>", "html5lib").select("td")
    assert [cell.get("data-label") for cell in cells] == labels


def test_a_heading_can_not_leave_its_attribute():
    html = labelled(Markup("<tr><td>a</td></tr>"), ['"><script>'])
    assert html == '<tr><td data-label="&#34;&gt;&lt;script&gt;">a</td></tr>'


def test_a_column_of_buttons_has_no_empty_heading(pages: Flask):
    with pages.test_request_context():
        table = pages.jinja_env.from_string(
            '{% call ui.data_table(["Who", ""], caption="All") %}<tr><th scope="row">A</th>'
            "<td>x</td></tr>{% endcall %}"
        ).render()
    page = BeautifulSoup(table, "html.parser")
    assert [cell.name for cell in page.select("thead tr > *")] == ["th", "td"]
    assert page.select_one("tbody td")["data-label"] == ""
