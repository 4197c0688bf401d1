"""The guides inside the product: for whom, also while the directory is away, with links that work.

The application of these tests has no directory database at all.
"""

import posixpath
from urllib.parse import urlsplit

import pytest
from flask import Flask
from markupsafe import Markup

from portal.accounts.models import Account, Role
from portal.documents.rendering.embedding import main_of_a_page
from portal.documents.rendering.render import render
from portal.help import views
from portal.help.guides import FOLDER, GROUPS, grouped, guide_named, names_for
from portal.help.links import inside
from portal.help.sections import ROOMS, SECTIONS, section_for
from tests.house.tree import tracked
from tests.support.cast import log_in, make_account
from tests.support.pages import PageClient, words

PREFIX = "user-content-"


def anchors_of(name: str) -> set[str]:
    found = render((FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    assert not found.failed
    return {entry.id.removeprefix(PREFIX) for entry in found.toc}


def test_the_staff_find_every_guide_that_the_release_has(client: PageClient):
    log_in(client, make_account("omar"))
    page = client.page("/ops/help")
    listed = [str(link["href"]).removeprefix("/ops/help/") for link in page.select(".guides a")]
    files = {
        path.relative_to(FOLDER).with_suffix("").as_posix()
        for path in tracked("docs/*.md")
        if not path.name.startswith("00")
    }
    assert set(listed) == files
    assert len(listed) == len(set(listed))
    named = {name for group in GROUPS.values() for name in group}
    assert named == files


def test_a_guide_opens_while_there_is_no_directory(client: PageClient, app: Flask):
    log_in(client, make_account("omar"))
    page = client.page("/ops/help/bad-night")
    assert client.get("/studios").status_code == 503
    assert words(page.h1) == "A bad night"
    sections = [str(link["href"]) for link in page.select(".guide-contents a")]
    assert len(sections) > 5
    assert all(page.find(id=section[1:]) for section in sections)


def test_no_link_of_a_guide_leads_nowhere():
    known, wrong = names_for(Role.OPS), []
    anchors = {name: anchors_of(name) | {""} for name in known}
    for name in known:
        html = main_of_a_page(render(guide_named(name, Role.OPS).text).html).html
        shown = inside(html, name, known=known, address=lambda to: f"/ops/help/{to}")
        for piece in str(shown).split('<a href="')[1:]:
            target = urlsplit(piece.partition('"')[0])
            guide = posixpath.relpath(target.path, "/ops/help") if target.path else name
            if target.scheme:
                continue
            if guide not in known or target.fragment.removeprefix(PREFIX) not in anchors[guide]:
                wrong.append((name, target.geturl()))
        wrong += [(name, "a picture") for _ in range(str(shown).count("<img "))]
    assert wrong == []


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<a href="guard.md" rel="x">G</a>', '<a href="/h/guard" rel="x">G</a>'),
        ('<a href="guard.md#user-content-a">G</a>', '<a href="/h/guard#user-content-a">G</a>'),
        ('<a href="../guard.md">G</a>', "G"),
        ('<a href="decisions/0001-two.md"><code>G</code></a>', "<code>G</code>"),
        ('<a href="https://x.example/">G</a>', '<a href="https://x.example/">G</a>'),
        ('<a href="/etc/passwd.md">G</a>', '<a href="/etc/passwd.md">G</a>'),
        ('<a href="#user-content-a">G</a>', '<a href="#user-content-a">G</a>'),
        (
            '<img src="a.svg" alt="The &lt;rooms">',
            "The &lt;rooms (a picture: <code>docs/a.svg</code>)",
        ),
        ('<img alt="Rooms" src="a.svg">', "Rooms (a picture: <code>docs/a.svg</code>)"),
    ],
)
def test_links_stay_inside_or_are_none(html: str, shown: str):
    known = frozenset({"guard"})
    assert inside(Markup(html), "operator", known=known, address=lambda to: f"/h/{to}") == shown


def test_a_client_reads_the_guide_for_clients_and_no_other(client: PageClient):
    log_in(client, make_account("cleo"))
    page = client.page("/ops/help")
    assert [link["href"] for link in page.select(".guides a")] == ["/ops/help/clients"]
    guide = client.page("/ops/help/clients")
    assert words(guide.h1) == "For clients"
    assert guide.html["class"] == ["voice-client"]
    for name in sorted(names_for(Role.OPS) - {"clients"}):
        assert client.get(f"/ops/help/{name}").status_code == 404, name


def test_what_is_no_guide_is_not_there(client: PageClient):
    log_in(client, make_account("omar"))
    for name in ("nothing", "../README", "..%2FREADME", "%2e%2e/README", "decisions", "a%00b"):
        assert client.get(f"/ops/help/{name}").status_code == 404, name
    assert client.get("/ops/help/clients.md").status_code == 404


def test_a_stranger_logs_in_first(client: PageClient):
    for address in ("/ops/help", "/ops/help/clients", "/ops/help/nothing"):
        answer = client.get(address)
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/ops/login")


def test_a_release_without_guides_says_so(tmp_path, browser: PageClient, monkeypatch):
    assert names_for(Role.OPS, tmp_path / "docs") == frozenset()
    assert grouped(Role.ADMIN, tmp_path) == {}
    monkeypatch.setattr(views, "grouped", lambda role: {})
    assert "No guides here" in words(browser.page("/ops/help").main)


def test_each_page_names_a_section_that_is_there():
    """That each page of the staff has one: tests/web/test_one_of_each.py."""
    sections = [section_for(f"{each}.x" if each in ROOMS else each) for each in (*SECTIONS, *ROOMS)]
    assert None not in sections
    anchors = {name: anchors_of(name) for name in {each.guide for each in sections}}
    assert [
        each for each in sections if each.heading and each.heading not in anchors[each.guide]
    ] == []


def test_a_page_that_answers_a_form_has_the_same_help(browser: PageClient, omar: Account):
    shown = browser.page("/ops/time-zone").select_one(".help-link")["href"]
    answer = browser.post("/ops/time-zone", data={"time_zone": "Nowhere/Here"})
    assert answer.status_code == 422
    assert f'href="{shown}"' in answer.text
