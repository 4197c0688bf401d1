"""GET and POST /ops/incidents/<slug>/sharing: one deliberate, recorded act."""

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry, Outcome
from portal.core.storage.database import db
from portal.documents.drafting.starters import starter_text
from portal.incidents.lint.run import STARTERS
from portal.incidents.models import ReportReading, ReportShare
from portal.incidents.sharing.share import proposal_of
from portal.incidents.sharing.shares import add_share
from portal.incidents.tasks import end_what_files_decide
from tests.incidents.sharing.conftest import (
    FIRST,
    SECOND,
    add_client,
    browser_of,
    listed,
    read,
    share,
)
from tests.support.corpora import need_corpora

PAGE, SHARING = "/ops/incidents/outage", "/ops/incidents/outage/sharing"


def entries(action):
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_without_a_statement_only_staff_read_it_and_one_click_leads_to_sharing(
    app, browser, outage
):
    assert read(app, "cleo") is None
    page = browser.page(PAGE)
    assert "Only staff read this report." in page.get_text()
    assert page.find("a", string="Share with clients…")["href"] == SHARING


def test_the_page_says_who_will_read_it_and_what_stays_hidden(browser, outage):
    text = browser.page(SHARING).get_text(" ", strip=True)
    assert "Who will read it: 2 clients, 3 people" in text
    assert "Acme Carl, Cleo Beta Otto" in text
    assert "Lines 7 to 9. For staff only." in text
    assert db.session.scalar(select(ReportShare)) is None, "to look is to share nothing"


def test_shared_it_is_read_by_clients_alone(app, browser, outage):
    answer = share(browser)
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert "for an hour" in read(app, "cleo")
    assert "the second machine" not in read(app, "cleo")
    assert "Search stood still" in listed(app)
    assert read(app, "stranger") is None
    page = browser.page(PAGE).get_text(" ", strip=True)
    assert "Shared with 2 clients, 3 people by Omar" in page
    row = db.session.scalars(select(ReportShare)).one()
    assert (row.slug, row.shared_by, row.source) == ("outage", "Omar", FIRST)
    [entry] = entries("report.shared")
    assert (entry.target, entry.outcome) == ("incidents/outage", Outcome.DONE)


def test_clients_go_on_reading_what_was_shared_while_the_file_moves_on(app, browser, outage, write):
    share(browser)
    write(SECOND)
    assert "for an hour" in read(app, "cleo")
    page = browser.page(PAGE)
    assert "for two hours" in page.get_text()
    assert "The file has moved on since it was shared." in page.get_text()
    assert page.find("a", string="Share this version…")["href"] == SHARING
    as_acme = browser.page(f"{PAGE}?as=client:acme").get_text()
    assert "for an hour" in as_acme
    assert "for two hours" not in as_acme
    assert "for an hour" in browser.get("/client/incidents/outage?as=acme").text

    assert share(browser).status_code == 303
    assert "for two hours" in read(app, "cleo")
    rows = list(db.session.scalars(select(ReportShare).order_by(ReportShare.id)))
    assert [each.ended_by for each in rows] == ["Omar", None]


def test_it_can_be_taken_back(app, browser, outage):
    share(browser)
    assert browser.post(f"{SHARING}/end").status_code == 303
    assert read(app, "cleo") is None
    assert "Search stood still" not in listed(app)
    assert browser.post(f"{SHARING}/end").status_code == 303, "harmless twice"
    assert len(entries("report.unshared")) == 1
    share(browser)
    assert read(app, "cleo")


STATEMENTS = {
    "---\naudience: clients\n---\n": "now by its words",
    "---\naudience: internal\n---\n": None,
    "---\naudience: everyone\n---\n": None,
    "---\nAudience: clients\n---\n": None,
    "---\nclients: [acme]\n---\n": None,
    "---\naudience: clients\nclients: [beta]\n---\n": None,
}


@pytest.mark.parametrize(("head", "seen"), STATEMENTS.items())
def test_what_the_file_says_later_of_its_readers_counts(app, browser, outage, write, head, seen):
    share(browser)
    write(f"{head}# Search\n\n{seen or 'not for Cleo'}\n")
    text = read(app, "cleo")
    assert (seen in text) if seen else text is None
    page = browser.page(PAGE).get_text(" ", strip=True)
    assert "no longer counts" in page or "The share is suspended" in page
    assert browser.page(SHARING).find("input", attrs={"name": "seen"}) is None
    assert share(browser, seen="0" * 64).status_code == 409


def test_a_share_does_not_come_back_when_the_files_words_go_again(app, browser, outage, write):
    """The worker ends it, so that an old text is not read once more by accident."""
    share(browser)
    write("---\naudience: internal\n---\n# Search\n\nText.\n")
    end_what_files_decide()
    write(FIRST)
    assert read(app, "cleo") is None
    [entry] = entries("report.unshared")
    assert "by now who reads it" in entry.canonical
    assert browser.page(PAGE).find("a", string="Share with clients…")


@pytest.mark.parametrize("now", ["---\ntitle: [\n---\n# X\n", b"\xff\xfe", None])
def test_a_file_that_is_gone_or_unreadable_is_read_by_no_client(
    app, browser, outage, write, folder, now
):
    share(browser)
    if now is None:
        (folder / "outage.md").unlink()
    else:
        write(now)
    assert read(app, "cleo") is None
    assert "Search stood still" not in listed(app)
    assert "its file is missing or can’t be read" in browser.page("/ops").get_text()
    assert "The share is suspended" in browser.page(SHARING).get_text()
    assert browser.post(f"{SHARING}/end").location == "/ops/incidents"
    assert "can’t be read" not in browser.page("/ops").get_text()


def test_doubts_can_not_be_shared_and_the_page_names_them(browser, acme, write):
    write("---\naudience: everyone\n---\n# Search\n\nText.\n")
    for address in (PAGE, SHARING):
        assert "“everyone” must be public, clients or internal" in browser.page(address).get_text()
    answer = share(browser)
    assert answer.status_code == 409
    assert entries("report.shared") == []


def test_a_starters_text_blocks_it_sentence_by_sentence(app, browser, acme, write):
    write(starter_text(STARTERS, "1-outage"))
    text = browser.page(SHARING).get_text(" ", strip=True)
    for line, sentence in ((17, "Say in three sentences"), (22, "Name causes, not people.")):
        assert f"line {line} “{sentence}" in text
    assert share(browser).status_code == 409
    write(starter_text(STARTERS, "1-outage").replace("Name causes, not people.", ""))
    assert "Name causes" not in browser.page(SHARING).get_text()
    answer = browser.post(SHARING, data={"seen": proposal_of("outage").key})
    assert answer.status_code == 409, "also with the right key, by hand"
    assert "it has" in answer.text
    assert read(app, "cleo") is None


def test_a_starters_rows_are_no_events_and_make_no_measure(browser, write):
    write(starter_text(STARTERS, "1-outage"))
    page = browser.page(PAGE)
    assert not page.select(".timeline-list")
    assert "00:00" not in page.get_text()
    assert page.get_text().count("not recorded") == 5


def test_what_was_not_looked_at_is_not_shared(browser, outage, write, app):
    """Neither another text, nor for more people than the page said."""
    seen = browser.page(SHARING).find("input", attrs={"name": "seen"})["value"]
    write(SECOND)
    answer = browser.post(SHARING, data={"seen": seen})
    assert answer.status_code == 409
    assert "have changed since you looked" in answer.text
    seen = browser.page(SHARING).find("input", attrs={"name": "seen"})["value"]
    add_client("gamma", ("Gina", None))
    assert browser.post(SHARING, data={"seen": seen}).status_code == 409
    assert browser.post(SHARING, data={}).status_code == 409
    assert read(app, "cleo") is None
    refused = entries("report.shared")
    assert {each.outcome for each in refused} == {Outcome.REFUSED}


@pytest.mark.parametrize("name", ["cleo", "stranger"])
@pytest.mark.parametrize("path", ["sharing", "sharing/end"])
def test_only_staff_share_and_take_back(app, browser, outage, name, path):
    share(browser)
    client = browser_of(app, name)
    status = 403 if name == "cleo" else 303
    assert client.post(f"{PAGE}/{path}").status_code == status
    assert client.get(SHARING).status_code == status
    assert read(app, "cleo")


def test_ana_shares_too_and_there_is_nothing_to_share_where_no_report_is(app, outage):
    ana = browser_of(app, "ana")
    assert share(ana).status_code == 303
    assert ana.get("/ops/incidents/nothing/sharing").status_code == 404
    assert ana.post("/ops/incidents/nothing/sharing").status_code == 404


def test_a_client_that_reads_only_what_names_it_is_left_out(app, browser, outage, acme):
    acme.reading = "named"
    text = browser.page(SHARING).get_text(" ", strip=True)
    assert "1 client, 1 person" in text
    assert "Not read by Acme" in text
    share(browser)
    assert read(app, "cleo") is None


def test_readings_links_and_the_panel_know_the_shared_version(app, browser, outage, write, acme):
    contact = acme.contacts[0].id
    form = {"contact": contact, "days": 3}
    assert browser.post(f"{PAGE}/links", data=form).status_code == 422, "not for clients yet"
    share(browser)
    shared = db.session.scalars(select(ReportShare)).one().sha256
    made = browser.post(f"{PAGE}/links", data=form)
    address = made.text.partition("/client/links/")[2][:43]
    write(SECOND)
    link = app.test_client().get(f"/client/links/{address}")
    assert "for an hour" in link.text
    read(app, "cleo")
    assert {each.sha256 for each in db.session.scalars(select(ReportReading))} == {shared}
    page = browser.page(f"{PAGE}?tab=readers")
    assert "the shared version" in page.main.get_text()
    browser.post(f"{SHARING}/end")
    assert app.test_client().get(f"/client/links/{address}").status_code == 404


def test_what_was_confirmed_is_the_version_that_was_read(app, browser, outage, write):
    share(browser)
    write(SECOND)
    cleos = browser_of(app, "cleo")
    seen = cleos.page("/client/incidents/outage").find("input", attrs={"name": "sha256"})["value"]
    answer = cleos.post("/client/incidents/outage/confirmation", data={"sha256": seen})
    assert answer.status_code == 303
    share(browser)
    answer = cleos.post("/client/incidents/outage/confirmation", data={"sha256": seen})
    assert answer.status_code == 409


def test_the_list_says_who_reads_it_at_present(browser, outage):
    assert "staff only (it does not say who reads it)" in browser.page("/ops/incidents").get_text(
        " ", strip=True
    )
    share(browser)
    page = browser.page("/ops/incidents?audience=clients")
    assert "clients (shared)" in page.get_text(" ", strip=True)


def test_the_two_texts_of_the_customer_are_shared_as_they_are(app, browser, acme, folder, omar):
    for file in sorted((need_corpora() / "source").glob("*.md")):
        (folder / file.name).write_bytes(file.read_bytes())
        assert read(app, "cleo", file.stem) is None
        assert share(browser, file.stem).status_code == 303
        assert "data-document" in read(app, "cleo", file.stem)
    assert listed(app).count('<h2><a href="/client/incidents/') == 2


def test_one_share_is_open_at_most(app, omar):
    """Also where two people press the button at the same moment."""
    add_share("outage", sha256="a", source="A", people=1, by=omar)
    with pytest.raises(Exception, match="UNIQUE|unique"):  # noqa: PT011
        db.session.execute(
            ReportShare.__table__.insert().values(
                slug="outage", sha256="b", source="B", shared_at=omar.created_at, shared_by="Ana"
            )
        )


def test_the_page_shows_all_that_clients_will_read(app, browser, acme, write):
    """Updates, times and facts, which do not stand in the text, and none of what is hidden."""
    words = {"affected": "magpie", "status": "monitoring", "prepared-by": "finch"}
    facts = "".join(f"{key}: {word}\n" for key, word in words.items())
    update = "- {{at: 2026-03-04T10:00Z, text: {0}{1}}}\n"
    updates = update.format("heron", "") + update.format("kestrel", ", audience: internal")
    write(f"---\nstarted: 2026-03-04T09:00Z\n{facts}updates:\n{updates}---\n{FIRST}")
    page = browser.page("/ops/incidents/outage/sharing").select_one(".proposal-text").get_text()
    assert share(browser).status_code == 303
    letter = read(app, "cleo")
    for word in (*words.values(), "heron"):
        assert word in letter, word
        assert word in page, word
    assert "kestrel" not in letter + page


def test_a_page_opened_before_a_share_was_taken_back_shares_nothing(app, browser, outage, write):
    """Two people: whoever took it back is not overruled by a page that knows nothing of it."""
    share(browser)
    write(SECOND)
    seen = browser.page("/ops/incidents/outage/sharing").find("input", attrs={"name": "seen"})
    browser_of(app, "ana").post("/ops/incidents/outage/sharing/end", data={})
    at = "/ops/incidents/outage/sharing"
    assert browser.post(at, data={"seen": seen["value"]}).status_code == 409
    assert read(app, "cleo") is None
