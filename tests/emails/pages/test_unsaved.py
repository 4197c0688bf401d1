"""Words typed into a message are kept beside it, for their writer alone, until they are saved."""

from datetime import timedelta

import pytest
import time_machine

from portal.core.clock import now
from portal.core.storage.database import db
from portal.emails import tasks
from portal.emails.models import UnsavedWords
from tests.emails.pages.conftest import all_messages, approve, edit
from tests.support.cast import log_in, make_account
from tests.support.pages import words


class Tab:
    """A message in one tab: what its script sends, and its button."""

    def __init__(self, client, message, query: str = "") -> None:
        self.client, self.address = client, f"/ops/emails/{message.id}"
        self.page = client.page(f"{self.address}{query}")
        form = self.page.find("form", attrs={"data-keep": True})
        inputs = form.find_all("input", attrs={"name": True}) if form else []
        self.fields = {each["name"]: each.get("value", "") for each in inputs}
        self.fields.pop("csrf_token", None)  # the client sends its own
        self.fields["body"] = form.find("textarea").get_text() if form else ""

    def type(self, body: str):
        self.fields["body"] = body
        answer = self.client.post(f"{self.address}/words", data=self.fields)
        if answer.status_code == 200:
            self.fields |= answer.json["fields"]
        return answer

    def save(self):
        return self.client.post(self.address, data=self.fields)

    def taking(self) -> str | None:
        """The query of the link that takes the words."""
        link = self.page.select_one("section.unsaved a")
        return "?" + link["href"].partition("?")[2].partition("#")[0] if link else None

    def offers(self) -> list[str]:
        return [words(each) for each in self.page.find_all("section", class_="unsaved")]


@pytest.fixture
def message(client, ana, make_drafts):
    return make_drafts()[0]


def kept() -> list[str]:
    db.session.expire_all()
    return sorted(row.body for row in db.session.query(UnsavedWords))


def test_they_are_offered_when_the_page_is_opened_again_and_taken(client, message):
    before = message.body
    assert Tab(client, message).type("A better thought").json["said"] == ""
    assert all_messages()[0].body == before
    tab = Tab(client, message)
    assert tab.fields["body"] == before
    assert "You have unsaved words from" in tab.offers()[0]
    tab = Tab(client, message, tab.taking())
    assert tab.fields["body"] == "A better thought"
    assert tab.offers() == []
    tab.type("A better thought, and more")
    assert tab.save().status_code == 303
    assert all_messages()[0].body == "A better thought, and more"
    assert kept() == []


def test_they_are_discarded(client, message):
    tab = Tab(client, message)
    tab.type("A worse thought")
    data = {"key": tab.fields["key"]}
    assert client.post(f"/ops/emails/{message.id}/words/end", data=data).status_code == 303
    assert kept() == []
    assert client.post(f"/ops/emails/{message.id}/words/end").status_code == 422


def test_two_tabs_keep_both_and_say_so(client, message):
    first, second = Tab(client, message), Tab(client, message)
    first.type("From the first")
    assert "both are kept" in second.type("From the second").json["said"]
    assert kept() == ["From the first", "From the second"]
    assert len(Tab(client, message).offers()) == 2
    assert second.save().status_code == 303
    assert kept() == ["From the first"]


def test_two_tabs_that_took_the_same_words_keep_both(client, message):
    tab = Tab(client, message)
    tab.type("Begun")
    one, two = (Tab(client, message, f"?take={tab.fields['key']}") for _ in range(2))
    one.type("Begun, one")
    two.type("Begun, two")
    assert kept() == ["Begun, one", "Begun, two"]


def test_words_written_from_an_older_message_do_not_overwrite_the_newer_one(client, message):
    tab = Tab(client, message)
    tab.type("Mine")
    edit(client, all_messages()[0], body="Somebody else’s")
    tab = Tab(client, message, f"?take={tab.fields['key']}")
    refused = tab.save()
    assert refused.status_code == 409
    assert "Mine" in refused.text
    assert all_messages()[0].body == "Somebody else’s"


def test_of_a_message_that_left_they_can_still_be_read(client, message):
    Tab(client, message).type("Too late")
    approve(client, all_messages()[0])
    tab = Tab(client, message)
    assert "no draft any more" in tab.offers()[0]
    assert "Too late" in tab.offers()[0]
    assert tab.taking() is None


def test_no_other_account_sees_keeps_or_discards_them(app, client, message):
    tab = Tab(client, message)
    tab.type("Ana’s secret thought")
    for name in ("omar", "cleo"):
        other = app.test_client()
        log_in(other, make_account(name))
        tab.client = other
        assert tab.type("Other").status_code == 403
        data = {"key": tab.fields["key"]}
        assert other.post(f"{tab.address}/words/end", data=data).status_code == 403
        if name == "omar":
            assert "secret thought" not in other.get(tab.address).text
    assert kept() == ["Ana’s secret thought"]


def test_an_administrator_beside_has_words_of_their_own(app, client, message):
    tab = Tab(client, message)
    tab.type("Ana’s")
    other = app.test_client()
    log_in(other, make_account("bea", make_account("ana").role))
    answer = other.post(f"{tab.address}/words", data={**tab.fields, "body": "Bea’s"})
    assert (answer.status_code, "somebody else" in answer.json["said"]) == (403, True)
    assert Tab(other, message).offers() == []
    assert other.get(f"{tab.address}?take={tab.fields['key']}").status_code == 404
    data = {"key": tab.fields["key"]}
    assert other.post(f"{tab.address}/words/end", data=data).status_code == 303
    assert kept() == ["Ana’s"]


def test_too_many_are_said_not_to_be_kept(client, message):
    answer = Tab(client, message).type("x" * 100_001)
    assert answer.status_code == 422
    assert "100,000 characters" in answer.json["said"]


def test_they_go_after_thirty_days(client, message):
    Tab(client, message).type("Forgotten")
    tasks.forget_unsaved_words()  # the first look begins nothing
    for days, left in ((29, ["Forgotten"]), (32, [])):
        with time_machine.travel(now() + timedelta(days=days), tick=False):
            tasks.forget_unsaved_words()
        assert kept() == left
