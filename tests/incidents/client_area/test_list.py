"""/client: the summaries meant for whoever looks, the newest first, and whether they were read."""

from portal.accounts.models import Reading
from tests.support.cast import log_in
from tests.support.pages import words


def letters(client, address="/client"):
    page = client.page(address)
    return {words(each.h2): words(each) for each in page.select(".letters > li")}


def test_a_client_finds_what_is_meant_for_them_the_newest_first(cleos, outage, for_beta, write):
    write("---\ndate: 2026-01-02\naudience: public\n---\n# Later\n", "later")
    write("---\naudience: internal\n---\n# Ours alone\n", "ours")
    assert list(letters(cleos)) == ["Later", "The day the site was away"]


def test_the_list_says_in_words_what_was_read(cleos, outage, write):
    title = "The day the site was away"
    assert "Not read yet" in letters(cleos)[title]
    cleos.get("/client/incidents/outage")
    assert "Not read yet" not in letters(cleos)[title]
    assert "Read · resolved · 1 h 12 min" in letters(cleos)[title]
    write(f"---\ntitle: {title}\naudience: clients\n---\nAnother text.\n")
    assert "Changed since you read it" in letters(cleos)[title]


def test_without_reports_it_says_what_will_be_here(cleos):
    assert "Nothing to report" in words(cleos.page("/client").main)


def test_staff_look_through_the_eyes_of_a_client(omars, contact, otto, outage, for_beta):
    assert list(letters(omars)) == ["The day the site was away"]
    page = omars.page("/client?as=beta")
    assert "You see what Beta sees." in words(page.main)
    assert words(page.select_one("option[selected]")) == "Beta"
    assert "Only Beta was hit" in letters(omars, "/client?as=beta")
    assert "Not read yet" not in words(page.main)


def test_a_preview_keeps_to_what_the_organisation_may_read(omars, otto, outage, for_beta):
    otto.organisation.reading = Reading.NAMED
    assert list(letters(omars, "/client?as=beta")) == ["Only Beta was hit"]


def test_a_preview_of_an_unknown_client_is_not_found(omars):
    assert omars.get("/client?as=nobody").status_code == 404


def test_a_client_cannot_look_as_another_one(cleos, otto, outage, for_beta):
    assert list(letters(cleos, "/client?as=beta")) == ["The day the site was away"]


def test_a_client_without_an_organisation_reads_what_is_for_all(client, cleo, outage, for_beta):
    log_in(client, cleo)
    assert list(letters(client)) == ["The day the site was away"]
