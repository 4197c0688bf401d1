"""POST /ops/incidents/publications where clients read the report: looked at, then published."""

import time_machine

from portal.accounts.models import Contact, Organisation
from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.drafting.drafts import draft_of, drafts_of
from portal.documents.drafting.starters import starter_text
from portal.documents.publishing.versions import versions_of
from portal.incidents.lint.run import STARTERS
from portal.incidents.models import ReportShare
from portal.incidents.sharing.shares import open_share
from tests.documents.conftest import put
from tests.documents.editor.conftest import REPORT, browser_of, opened, send
from tests.support.cast import PASSWORD, make_account
from tests.support.pages import check_page, words

STATED = "---\ntitle: Search was slow\naudience: clients\n---\n\nFor an hour.\n"
SILENT = "# Search was slow\n\nFor an hour.\n"


def add_acme():
    people = [
        Contact(name="Cleo", email="c@x.example", salutation="C", account=make_account("cleo")),
        Contact(name="Carl", email="d@x.example", salutation="C"),
    ]
    db.session.add(Organisation(slug="acme", name="Acme", contacts=people))
    db.session.commit()


def press(answer, browser, **more):
    """The button of the page that asks, with all that it sends along."""
    page = check_page(answer.text)
    form = page.find("form", class_="share-confirm")
    fields = {box["name"]: box["value"] for box in form.find_all("input") if box.get("name")}
    fields.pop("csrf_token", None)
    return browser.post(form["action"], data=fields | more)


def letter(app):
    answer = browser_of(app, "cleo").get("/client/incidents/outage")
    return answer.text if answer.status_code == 200 else None


def test_a_stated_report_is_looked_at_with_its_count_before_clients_read_it(app, browser, omar):
    add_acme()
    answer = send(browser, "publications", STATED)
    assert answer.status_code == 200
    assert "Publish for 1 client, 2 people?" in answer.text
    assert versions_of(REPORT, "outage") == []
    assert draft_of(REPORT, "outage", by=omar).source == STATED, "no word is lost"
    assert letter(app) is None

    assert press(answer, browser).status_code == 303
    assert "For an hour." in letter(app)
    assert draft_of(REPORT, "outage", by=omar) is None


def test_for_staff_alone_it_is_published_at_once_even_with_problems(app, browser):
    add_acme()
    assert send(browser, "publications", SILENT + "\n[Gone](gone.md)\n").status_code == 303
    assert letter(app) is None


def test_it_is_refused_while_problems_stand_and_each_is_named(app, browser, omar):
    text = starter_text(STARTERS, "1-outage").replace("title:", "audience: clients\ntitle:", 1)
    answer = send(browser, "publications", text + "\n[Gone](gone.md)\n")
    assert answer.status_code == 409
    page = check_page(answer.text)
    said = page.find(role="alert").get_text(" ", strip=True)
    for finding in ("“Name causes, not people.” came with the starter", "“gone.md” leads nowhere"):
        assert finding in said
    assert "Name causes" in page.find("textarea").get_text()
    [draft] = drafts_of(REPORT, by=omar)
    assert "gone.md" in draft.source
    assert page.find("input", attrs={"name": "drafted_as"})["value"] == draft.slug
    assert versions_of(REPORT, "outage") == []


def test_another_text_or_more_readers_than_were_confirmed_are_asked_about_again(app, browser):
    add_acme()
    answer = send(browser, "publications", STATED)
    changed = press(answer, browser, text=STATED + "\nMore.\n")
    assert changed.status_code == 200
    db.session.add(Organisation(slug="beta", name="Beta"))
    assert press(changed, browser).status_code == 200
    assert versions_of(REPORT, "outage") == []


def shared(browser, shipped):
    put(shipped, "outage", SILENT)
    page = browser.page("/ops/incidents/outage/sharing")
    seen = page.find("input", attrs={"name": "seen"})["value"]
    browser.post("/ops/incidents/outage/sharing", data={"seen": seen})


def test_a_shared_report_is_published_for_staff_or_shared_again(app, browser, shipped):
    add_acme()
    shared(browser, shipped)
    for choice, length in (("no", "two hours"), ("yes", "three hours")):
        text = SILENT.replace("an hour", length)
        answer = send(browser, "publications", text)
        assert "Publish and share with 1 client, 2 people" in answer.text
        assert press(answer, browser, share=choice).status_code == 303
        assert (length in letter(app)) is (choice == "yes")
    assert db.session.query(ReportShare).count() == 2


def test_whoever_says_it_in_the_text_ends_the_share(app, browser, shipped):
    add_acme()
    shared(browser, shipped)
    answer = send(browser, "publications", "---\naudience: internal\n---\n" + SILENT)
    assert answer.status_code == 303, "only staff can read it now"
    assert letter(app) is None
    assert open_share("outage") is None


def test_a_doubtful_word_about_readers_is_refused_where_clients_read_it(app, browser, shipped):
    add_acme()
    shared(browser, shipped)
    answer = send(browser, "publications", "---\naudience: nobody\n---\n" + SILENT)
    assert answer.status_code == 409
    assert "For an hour." in letter(app)


def test_a_report_that_is_withdrawn_is_shared_no_more(app, browser, published):
    add_acme()
    send(browser, "publications", SILENT)
    page = browser.page("/ops/incidents/outage/sharing")
    seen = page.find("input", attrs={"name": "seen"})["value"]
    browser.post("/ops/incidents/outage/sharing", data={"seen": seen})
    assert letter(app)
    assert browser.post("/ops/incidents/outage/withdrawal", data={"seen": opened()}).status_code
    assert not (published / "outage.md").exists()
    assert open_share("outage") is None


def test_an_old_login_is_asked_for_again_and_the_text_is_kept(browser, omar):
    with time_machine.travel(now().timestamp() + 31 * 60):
        answer = send(browser, "publications", SILENT)
        [draft] = drafts_of(REPORT, by=omar)
        way = f"/ops/login/again?next=/ops/incidents/{draft.slug}/edit"
        assert (answer.status_code, answer.location) == (303, way)
        assert "Your words are kept as your draft." in words(browser.page(way))
        answer = browser.post(way, data={"password": PASSWORD, "next": way.partition("=")[2]})
        page = browser.page(answer.location)
    assert "For an hour." in page.find("textarea").get_text()
    assert draft.source == SILENT
    assert versions_of(REPORT, "outage") == []
