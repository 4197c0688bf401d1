"""POST /ops/incidents/drafts/words: what the page sends by itself while somebody writes."""

from datetime import timedelta
from hashlib import sha256

import pytest
import time_machine
from sqlalchemy import func, select

from portal.accounts.models import LoginSession
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents import tasks
from portal.documents.drafting.drafts import draft_of, drafts_of
from portal.documents.models import DocumentDraft
from tests.documents.conftest import put
from tests.documents.editor.conftest import REPORT, TEXT, opened, published_text
from tests.support.cast import PASSWORD, log_in, make_account
from tests.support.pages import check_page, words

EDIT = "/ops/incidents/outage/edit"
FIELDS = ("text", "slug", "note", "opened", "drafted_as", "known", "page", "writer", "viewpoint")


class Tab:
    """The page in one tab of a browser, and what its script and its buttons send."""

    def __init__(self, browser, address: str) -> None:
        self.browser = browser
        page = browser.page(address)
        form = page.find("form", attrs={"data-keep": True})
        self.fields = {
            each["name"]: each.get("value", "") if each.name == "input" else each.get_text()
            for each in form.find_all(["input", "textarea"])
            if each.get("name") in FIELDS
        }
        self.page = words(page)

    def type(self, text: str, **fields: str):
        """And what the script does with the answer."""
        self.fields |= {"text": text, **fields}
        answer = self.browser.post("/ops/incidents/drafts/words", data=self.fields)
        if answer.status_code == 200:
            self.fields |= answer.json["fields"]
        return answer

    def press(self, place: str, **headers: str):
        return self.browser.post(f"/ops/incidents/{place}", data=self.fields, headers=headers)


def kept(by) -> dict[str, str]:
    db.session.expire_all()
    return {draft.slug: draft.source.strip() for draft in drafts_of(REPORT, by=by)}


@pytest.fixture
def report(shipped) -> None:
    put(shipped, "outage", "# As shipped\n")


def test_words_are_kept_and_there_when_the_page_is_opened_again(browser, omar, report):
    tab = Tab(browser, EDIT)
    entries = db.session.scalar(select(func.count(AuditEntry.seq)))
    assert tab.type("# Half a thought", note="why").json["said"] == ""
    assert db.session.scalar(select(func.count(AuditEntry.seq))) == entries
    again = Tab(browser, EDIT)
    assert again.fields["text"].strip() == "# Half a thought"
    assert again.fields["note"] == "why"
    assert "You go on with your draft" in again.page


def test_a_new_text_is_kept_before_it_has_an_address(browser, omar):
    tab = Tab(browser, "/ops/incidents/new?start=")
    tab.type("", slug="")  # nothing was typed yet
    assert kept(omar) == {}
    tab.type("Half a sentence", slug="Slow Search", note="first")
    tab.type("# Half a title\n\nHalf a sentence")
    assert len(kept(omar)) == 1
    link = browser.page("/ops/incidents/new").find("a", string="Half a title")
    again = Tab(browser, link["href"])
    assert again.fields["text"].strip() == "# Half a title\n\nHalf a sentence"
    assert (again.fields["slug"], again.fields["note"]) == ("Slow Search", "first")
    again.fields |= {"text": TEXT, "slug": ""}
    assert again.press("drafts").location.endswith("/2025-12-16-search-was-slow/edit")
    assert list(kept(omar)) == ["2025-12-16-search-was-slow"]


def test_two_new_texts_are_two(browser, omar):
    for _ in range(2):
        Tab(browser, "/ops/incidents/new?start=").type("# The same title")
    assert len(kept(omar)) == 2


def test_a_second_tab_overwrites_nothing_and_says_so(browser, omar, report):
    first, second = Tab(browser, EDIT), Tab(browser, EDIT)
    first.type("# From the first")
    answer = second.type("# From the second")
    assert "other words" in answer.json["said"]
    assert sorted(kept(omar).values()) == ["# From the first", "# From the second"]
    second.type("# From the second, more")
    first.type("# From the first, more")
    assert sorted(kept(omar).values()) == ["# From the first, more", "# From the second, more"]
    page = browser.page("/ops/incidents/new")
    apart = page.find("a", string="outage, words from another page")["href"]
    assert Tab(browser, apart).fields["text"].strip() == "# From the second, more"
    assert Tab(browser, EDIT).fields["text"].strip() == "# From the first, more"


@pytest.mark.parametrize("place", ["drafts", "publications"])
def test_a_button_of_the_second_tab_does_not_either(browser, omar, report, place):
    first, second = Tab(browser, EDIT), Tab(browser, EDIT)
    first.type("# From the first")
    second.fields["text"] = "# From the second"
    assert second.press(place).status_code == 303
    assert "# From the first" in kept(omar).values()


@pytest.mark.parametrize("place", ["drafts", "publications"])
def test_a_new_text_that_never_heard_where_it_was_kept_leaves_nothing_behind(browser, omar, place):
    tab = Tab(browser, "/ops/incidents/new?start=")
    unheard = dict(tab.fields)
    tab.type("# Half a title")
    tab.fields = unheard | {"text": TEXT, "slug": "outage"}
    assert tab.press(place).status_code == 303
    assert list(kept(omar)) == (["outage"] if place == "drafts" else [])


def test_an_answer_that_got_lost_makes_no_second_draft(browser, omar, report):
    tab = Tab(browser, EDIT)
    tab.browser.post("/ops/incidents/drafts/words", data={**tab.fields, "text": "# One"})
    assert tab.type("# One and more").json["said"] == ""
    assert list(kept(omar).values()) == ["# One and more"]


def test_whoever_goes_on_elsewhere_leaves_the_old_tab_its_words(browser, omar, report):
    """A tab was left open at work; its person goes on at home, and comes back to it."""
    old = Tab(browser, EDIT)
    old.type("# At work")
    Tab(browser, EDIT).type("# At work, and at home")
    old.type("# At work, the day after")
    assert sorted(kept(omar).values()) == ["# At work, and at home", "# At work, the day after"]


def test_publishing_erases_them_wherever_they_were(browser, omar, report):
    tab = Tab(browser, "/ops/incidents/new?start=")
    tab.type(TEXT)
    assert tab.press("publications").status_code == 303
    tab = Tab(browser, EDIT)
    tab.type("# Better")
    assert tab.press("publications").status_code == 303
    assert kept(omar) == {}


def test_what_somebody_published_meanwhile_is_seen_after_a_crash(browser, omar, ana, report):
    """Typing on does not make the words ones that were written from the newer text."""
    tab = Tab(browser, EDIT)
    tab.type("# Mine")
    published_text(ana, "# Ana’s\n")
    clash = Tab(browser, EDIT)
    assert "changed since you began" in clash.page
    clash.type("# Mine, more")
    assert "changed since you began" in Tab(browser, EDIT).page


def test_words_of_another_person_are_never_touched(app, browser, omar, ana, report):
    Tab(browser, EDIT).type("# Omar’s")
    other = app.test_client()
    log_in(other, ana)
    tab = Tab(other, EDIT)
    assert tab.fields["text"].strip() == "# As shipped"
    tab.fields["drafted_as"] = "outage"
    tab.type("# Ana’s")
    assert list(kept(omar).values()) == ["# Omar’s"]


def test_a_page_of_somebody_else_keeps_nothing_in_a_name_that_is_not_theirs(app, browser, ana):
    tab = Tab(browser, "/ops/incidents/new?start=")
    log_in(browser, ana)
    answer = tab.type("# Omar’s words")
    assert (answer.status_code, "Somebody else" in answer.json["said"]) == (403, True)
    assert kept(ana) == {}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": "x" * 100_001}, "larger than 100 kB"),
        ({"text": "x\n" * 2_001}, "2,000 lines"),
        ({"text": "ü" * 60_000}, "larger than 100 kB"),
        ({"page": "nonsense"}, "Reload the page"),
        ({"page": ""}, "Reload the page"),
        ({"known": "../x"}, "Reload the page"),
        ({"opened": "x"}, "Reload the page"),
        ({"note": "x" * 501}, "500 characters"),
    ],
)
def test_what_cannot_be_kept_is_said_in_a_sentence(browser, omar, report, fields, said):
    tab = Tab(browser, EDIT)
    answer = tab.type(fields.pop("text", "# Words"), **fields)
    assert answer.status_code == 422
    assert said in answer.json["said"]
    assert kept(omar) == {}


def test_a_login_that_ended_is_shown_and_afterwards_the_words_are_kept(app, browser, omar, report):
    tab = Tab(browser, EDIT)
    db.session.query(LoginSession).update({"ended_at": now()})
    headers = {"HX-Request": "true"}
    data = {**tab.fields, "text": "# Words"}
    assert (
        browser.post("/ops/incidents/drafts/words", data=data, headers=headers).status_code == 401
    )
    assert browser.get("/ops/login/token", headers=headers).status_code == 401
    browser.post("/ops/login", data={"email": omar.email, "password": PASSWORD})
    told = browser.get("/ops/login/token", headers=headers)
    assert told.json["writer"] == omar.id
    assert told.headers["Cache-Control"] == "no-store"
    data["csrf_token"] = told.json["csrf_token"]
    done = browser.post("/ops/incidents/drafts/words", data=data, with_token=False)
    assert done.status_code == 200
    assert list(kept(omar).values()) == ["# Words"]


def test_publishing_with_an_old_login_comes_back_to_the_editor_with_the_words(browser, omar):
    tab = Tab(browser, "/ops/incidents/new?start=")
    tab.fields |= {"text": TEXT, "note": "my note", "slug": "slow"}
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        answer = tab.press("publications")
        assert answer.status_code == 303
        assert answer.location.startswith("/ops/login/again?next=/ops/incidents/~")
        page = browser.page(answer.location)
        assert "Your words are kept as your draft" in words(page)
        wanted = page.find("input", attrs={"name": "next"})["value"]
        done = browser.post("/ops/login/again", data={"password": PASSWORD, "next": wanted})
        again = Tab(browser, done.location)
        assert again.fields["text"] == TEXT
        assert (again.fields["note"], again.fields["slug"]) == ("my note", "slow")
        assert again.press("publications").location == "/ops/incidents/slow"
    assert kept(omar) == {}


def test_with_an_old_login_what_cannot_be_kept_stays_in_the_page(browser, omar, report):
    tab = Tab(browser, EDIT)
    tab.fields["text"] = "x\n" * 2_001
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        answer = tab.press("publications")
    assert answer.status_code == 401
    page = check_page(answer.text)
    assert page.find("textarea").get_text().count("x") == 2_001
    assert "not saved yet" in words(page.find(role="alert"))


def test_they_go_after_thirty_days(browser, omar, report):
    Tab(browser, EDIT).type("# Forgotten")
    db.session.commit()
    tasks.forget_unpublished_words()  # the first look begins nothing
    for days, left in ((29, 1), (32, 0)):
        with time_machine.travel(now() + timedelta(days=days), tick=False):
            tasks.forget_unpublished_words()
        assert db.session.query(DocumentDraft).count() == left


def test_a_draft_that_is_gone_says_so(browser, omar):
    assert "30 days" in words(browser.page("/ops/incidents/~0123456789abcdef/edit", status=404))


def test_a_version_that_is_opened_does_not_take_the_place_of_the_draft(browser, omar, ana):
    published_text(ana, "# One\n")
    Tab(browser, EDIT).type("# My draft")
    tab = Tab(browser, f"{EDIT}?version=1")
    assert "it is not what is shown here" in tab.page
    tab.type("# One, changed")
    assert kept(omar)["outage"] == "# My draft"
    assert "# One, changed" in kept(omar).values()
    assert opened() == sha256(b"# One\n").hexdigest()
    assert draft_of(REPORT, "outage", by=omar)


@pytest.mark.parametrize("name", ["cleo", "stranger"])
def test_no_other_role_keeps_any(app, browser, report, name):
    tab = Tab(browser, EDIT)
    tab.browser = app.test_client()
    if name == "cleo":
        log_in(tab.browser, make_account("cleo"))
    assert tab.type("# Words").status_code == (403 if name == "cleo" else 303)
    assert db.session.query(DocumentDraft).count() == 0
