"""The page of a report: facts, measures, timeline, contents, and whose eyes it is seen through."""

import pytest

from portal.accounts.models import Organisation, Reading
from portal.core.storage.database import db
from tests.incidents.test_report import WHOLE
from tests.support.corpora import need_corpora

PAGE = "/ops/incidents/outage"
OF_REPORTS = "table:has(caption:-soup-contains('Incident reports')) tbody tr"
TEXT = """---
audience: clients
---
# Outage

Common words.

## For everybody

/// internal
## Secret heading

The secret word.
///

/// clients
## Clients heading
///

/// client acme
The word for acme.
///

| Time | Event |
|---|---|
| 10:00 | It broke |
/// internal
| 10:05 | Secret event |
///
"""


@pytest.fixture
def organisations(app):
    named = Organisation(slug="beta", name="Beta Radio", reading=Reading.NAMED)
    db.session.add_all([Organisation(slug="acme", name="Acme Voices"), named])
    db.session.commit()


def measures(page):
    card = page.find("h2", string="Measures").find_parent("article")
    names = [name.get_text(strip=True) for name in card.find_all("dt")]
    return dict(zip(names, [v.get_text(strip=True) for v in card.find_all("dd")], strict=True))


def test_the_text_is_alone_in_its_element(browser, write):
    write("# Outage\n\nIt *broke*.\n")
    document = browser.page(PAGE).find(attrs={"data-document": True})
    assert (
        document.decode_contents()
        == '<h1 aria-level="2" id="user-content-outage">Outage</h1>\n<p>It <em>broke</em>.</p>'
    )


def test_a_text_without_a_title_gets_one_above_it(browser, write):
    write("---\ntitle: The <b>outage</b>\n---\nIt broke.\n")
    page = browser.page(PAGE)
    assert page.h1.get_text() == "The <b>outage</b>"
    assert page.find(attrs={"data-document": True}).get_text(strip=True) == "It broke."


def test_a_second_heading_of_the_first_rank_is_no_second_title(browser, write):
    write("# Outage\n\n# Why\n\n- [x] known\n\n## Cause\n")
    page = browser.page(PAGE)
    assert [tag.get("aria-level") for tag in page.select("h1")] == [None, "2", "2"]
    assert [link["href"] for link in page.select(".toc-2 a")] == [
        "#user-content-why",
        "#user-content-cause",
    ]


def test_a_title_that_comes_late_is_none(browser, write):
    write("---\ntitle: Outage\n---\n## First\n\n# Late\n")
    page = browser.page(PAGE)
    assert page.h1.get_text() == "Outage"
    assert [link["href"] for link in page.select(".toc-2 a")] == [
        "#user-content-first",
        "#user-content-late",
    ]


def test_the_measures_are_blank_where_nothing_is_recorded(browser, write):
    write(WHOLE)
    assert measures(browser.page(PAGE))["Time to acknowledge"] == "9 min"
    write("---\nstarted: 2026-01-01 10:00 UTC\ndetected: 2026-01-01 10:05 UTC\n---\n# Outage\n")
    found = measures(browser.page(PAGE))
    assert found["Time to detect"] == "5 min"
    assert {found[name] for name in found if name not in ("Time to detect", "Duration")} == {
        "not recorded"
    }
    assert found["Duration"] == ""


def test_the_timeline_is_drawn_to_scale(browser, write):
    rows = "".join(f"| {time} | x |\n" for time in ("10:00", "10:15", "11:00"))
    write(f"# Outage, 2026-01-01\n\n| Time | Event |\n|---|---|\n{rows}")
    page = browser.page(PAGE)
    first, second, third = (float(each["cx"]) for each in page.select("svg circle"))
    assert (second - first) * 4 == pytest.approx(third - first, abs=1)
    assert len(page.select(".timeline-list li")) == 3
    assert "no time zone was reported" in page.get_text()


def test_there_is_no_drawing_where_there_is_nothing_to_draw(browser, write):
    write("# Outage\n\n| Time | Event |\n|---|---|\n| soon | x |\n| later | y |\n")
    page = browser.page(PAGE)
    assert not page.select("svg.timeline-drawing")
    assert "later" in page.select_one(".timeline-list").get_text()


def test_the_contents_lead_to_the_headings(browser, write):
    write("# Outage\n\n## Why\n\n### More\n\n#### Too deep\n")
    page = browser.page(PAGE)
    links = page.select(".toc a")
    assert [link.get_text() for link in links] == ["Why", "More"]
    assert all(page.find(id=link["href"][1:]) for link in links)


def test_problems_of_front_matter_are_shown(browser, write):
    write("---\nseverity: odd\n---\n# Outage\n")
    assert "severity: “odd” is not one of" in browser.page(PAGE).get_text()


def test_staff_see_everything_and_for_whom_it_is(browser, write):
    write(TEXT)
    text = browser.page(PAGE).get_text()
    assert "The secret word." in text
    assert "For staff only." in text
    assert "For acme and staff only." in text


@pytest.mark.parametrize(
    ("eyes", "sees", "not_"),
    [
        ("clients", ["Clients heading"], ["ecret", "The word for acme"]),
        ("client:acme", ["Clients heading", "The word for acme"], ["ecret"]),
        ("client:beta", ["This report is not there for Beta Radio"], ["ecret", "Common words"]),
        ("public", ["This report is not there for the public"], ["ecret", "Common words", "broke"]),
    ],
)
def test_staff_may_look_through_somebody_elses_eyes(
    browser, organisations, write, eyes, sees, not_
):
    write(TEXT)
    response = browser.get(f"{PAGE}?as={eyes}")
    assert [each for each in sees if each not in response.text] == []
    assert [each for each in not_ if each in response.text] == []


def test_updates_are_shown_to_their_readers_alone(browser, organisations, write):
    write(WHOLE)
    assert "on the disk of db-7" in browser.get(PAGE).text
    assert "own words" in browser.get(f"{PAGE}?as=client:acme").text
    as_clients = browser.get(f"{PAGE}?as=clients").text
    assert "db-7" not in as_clients
    assert "own words" not in as_clients


def test_organisations_are_offered_by_name(browser, organisations, write):
    write(TEXT)
    options = [each.get_text() for each in browser.page(PAGE).select("select[name=as] option")]
    assert options == ["staff", "the public", "every client", "Acme Voices", "Beta Radio"]


@pytest.mark.parametrize("eyes", ["nobody", "client:", "client:gamma", "staff", "<script>"])
def test_no_other_account_can_be_viewed_as(browser, write, eyes):
    write(TEXT)
    assert browser.get(PAGE, query_string={"as": eyes}).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["nothing", "../runbooks/x", "a/../outage", "%2e%2e/secret", "emails/letter"],
)
def test_what_is_not_there_is_404(browser, write, folder, path):
    write("# Outage\n")
    write("# Letter\n", "emails/letter")
    (folder.parent / "secret.md").write_text("# Secret\n")
    assert browser.get(f"/ops/incidents/{path}").status_code == 404


def test_a_report_of_a_folder_below_has_a_page(browser, write):
    write("# Deep\n", "2026/deep")
    link = browser.page("/ops/incidents").select_one(".incident-title a")["href"]
    assert browser.page(link).h1.get_text() == "Deep"


def test_a_file_that_can_not_be_read_says_why_and_offers_the_editor(browser, write):
    write("---\ntitle: [\n---\n")
    page = browser.page(PAGE)
    assert "outage.md, line 3" in page.get_text()
    assert f"{PAGE}/edit" in [link["href"] for link in page.select("main a")]


def test_a_file_that_is_no_text_says_what_to_do(browser, write):
    write(b"# A\n\xff\n")
    page = browser.page(PAGE)
    assert "line 2: the file is not UTF-8 text. Save it as UTF-8." in page.get_text()
    assert f"{PAGE}/edit" not in [link["href"] for link in page.select("main a")]


def test_other_peoples_files_have_pages(browser, folder):
    shared = need_corpora()
    cstate = sorted((shared / "corpora" / "incidents" / "cstate").glob("*.md"))
    files = [*cstate, shared / "source" / "incident-summary-2025-12-16.md"]
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())
    assert len(browser.page("/ops/incidents").select(OF_REPORTS)) == 12
    for file in files:
        assert browser.page(f"/ops/incidents/{file.stem}").find(attrs={"data-document": True})


def test_the_source_of_it_all_works_unchanged(browser, folder):
    source = need_corpora() / "source" / "incident-summary-2025-12-16.md"
    (folder / "outage.md").write_bytes(source.read_bytes())
    page = browser.page(PAGE)
    assert page.h1.get_text() == "Site Incident Summary - December 16, 2025"
    kicker = page.select_one(".incident-kicker").get_text(" ", strip=True)
    assert kicker == "resolved 16 December 2025 Approximately 1-2 hours"
    assert len(page.select("svg circle")) == len(page.select(".timeline-list li")) == 8
    assert page.select_one(".timeline-list li").get_text(" ", strip=True).startswith("~14:00")


@pytest.mark.parametrize("door", ["/ops", "/client"])
def test_a_link_to_the_file_of_another_report_leads_to_its_page(browser, write, door):
    write("# One\n\n[two](../two.md#part)\n", "2026/one")
    write("---\naudience: public\n---\n# Two\n", "two")
    answer = browser.get(f"{door}/incidents/two.md")
    assert answer.location == f"{door}/incidents/two"
    assert browser.page(answer.location).h1.get_text() == "Two"
    assert browser.get(f"{door}/incidents/gone.md", follow_redirects=True).status_code == 404


def test_pictures_from_elsewhere_are_links_and_the_page_forbids_them_too(browser, write):
    write("# One\n\n![a](https://a.test/a.png) ![b](http://b.test/b.png)\n")
    for address in ("/ops/incidents/outage", "/"):
        policy = browser.get(address).headers["Content-Security-Policy"]
        assert "img-src 'self' data:;" in policy
        assert "https:" not in policy
    text = browser.page(PAGE).select_one("[data-document]")
    assert not text.select("img")
    assert [(link["href"], link.text) for link in text.select("a")] == [
        ("https://a.test/a.png", "a (picture on a.test)"),
        ("http://b.test/b.png", "b (picture on b.test)"),
    ]
