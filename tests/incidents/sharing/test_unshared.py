"""Reports that clients could read until staff became the default: found once, decided by staff."""

import pytest
from sqlalchemy import select

from portal.control.ops_upgrade import prepare_ops
from portal.core.storage.database import db
from portal.databases.targets.registry import control_room
from portal.incidents.models import ReportShare, UnsharedReports
from tests.incidents.sharing.conftest import browser_of, listed, read

AT = "/ops/incidents/unshared"
TEXT = "# {}\n\nText of {}.\n"


@pytest.fixture
def upgraded(app, acme, beta, write):
    """As the first set-up after the upgrade leaves it."""
    for name in ("Alpha", "Beta"):
        write(TEXT.format(name, name), name.lower())
    write("---\nclients: [beta]\n---\n# Named\n\nText.\n", "named")
    write(
        "---\nsection: issue\ndate: 2026-01-02 10:00:00\nresolved: true\n---\nA status page.\n",
        "status",
    )
    write("---\naudience: clients\n---\n# Stated\n\nText.\n", "stated")
    write("---\naudience: internal\n---\n# Ours\n\nText.\n", "ours")
    write("# Line\n\n**Audience:** internal\n\nText.\n", "line")
    write("---\naudience: nobody\n---\n# Odd\n\nText.\n", "odd")
    write("---\ntitle: [\n---\n# Broken\n", "broken")
    set_up_in_use()


def set_up_in_use():
    control_room(is_demo=True)
    db.session.delete(db.session.get(UnsharedReports, 1))
    db.session.commit()
    prepare_ops()


def boxes(page):
    return {box["value"]: box for box in page.find_all("input", attrs={"name": "report"})}


def confirmed(browser, *slugs):
    page = browser.post(AT, data={"report": list(slugs)})
    assert page.status_code == 200
    seen = page.text.partition('name="seen" value="')[2][:64]
    return browser.post(AT, data={"report": list(slugs), "seen": seen})


def test_home_lists_what_clients_could_read_and_now_can_not(app, browser, upgraded):
    home = browser.page("/ops")
    assert "5 reports that clients could read are for staff since the upgrade" in home.get_text()
    assert home.find("a", href=AT)
    found = boxes(browser.page(AT))
    assert set(found) == {"alpha", "beta", "line", "named", "status"}
    disabled = [slug for slug, box in found.items() if box.has_attr("disabled")]
    assert sorted(disabled) == ["line", "named"]
    assert read(app, "cleo", "alpha") is None


def test_those_chosen_are_shared_after_one_confirmation_with_the_count(app, browser, upgraded):
    answer = browser.post(AT, data={"report": ["alpha", "status"]})
    assert answer.status_code == 200
    for words in ("Share 2 reports with clients?", "2 clients, 3 people"):
        assert words in answer.text
    assert db.session.scalar(select(ReportShare)) is None
    assert confirmed(browser, "alpha", "status").status_code == 303
    assert "Text of Alpha" in read(app, "cleo", "alpha")
    assert read(app, "cleo", "beta") is None
    assert set(boxes(browser.page(AT))) == {"beta", "line", "named"}
    browser.post("/ops/incidents/alpha/sharing/end")
    assert set(boxes(browser.page(AT))) == {"beta", "line", "named"}, "to take back is to decide"


def test_the_rest_is_left_with_staff_and_the_notice_ends(app, browser, upgraded):
    assert browser.post(f"{AT}/end").status_code == 303
    assert "could read" not in browser.page("/ops").get_text()
    assert "Nothing to decide" in browser.page(AT).get_text()
    assert "Alpha" not in listed(app)
    assert browser.post(AT, data={"report": ["alpha"]}).status_code == 409
    prepare_ops()
    assert "could read" not in browser.page("/ops").get_text()


@pytest.mark.parametrize(("slugs", "status"), [([], 422), (["named"], 409), (["ours"], 409)])
def test_what_can_not_be_chosen_is_not_shared(browser, upgraded, slugs, status):
    answer = browser.post(AT, data={"report": slugs, "seen": "0" * 64})
    assert answer.status_code == status
    assert ("Choose at least one report" in answer.text) is (status == 422)
    assert db.session.scalar(select(ReportShare)) is None


def test_a_text_that_changed_meanwhile_is_not_shared_nor_are_the_others(browser, upgraded, write):
    page = browser.post(AT, data={"report": ["alpha", "beta"]})
    seen = page.text.partition('name="seen" value="')[2][:64]
    write("# Beta\n\nOther words.\n", "beta")
    answer = browser.post(AT, data={"report": ["alpha", "beta"], "seen": seen})
    assert answer.status_code == 409
    assert db.session.scalar(select(ReportShare)) is None


def test_a_statement_or_a_file_that_goes_ends_its_place_on_the_list(
    browser, upgraded, write, folder
):
    write("---\naudience: clients\n---\n# Alpha\n\nText.\n", "alpha")
    (folder / "beta.md").unlink()
    write("---\naudience: internal\n---\n# Line\n\nText.\n", "line")
    assert set(boxes(browser.page(AT))) == {"named", "status"}


def test_no_question_where_there_are_none_nor_in_a_new_control_room(browser, write, app):
    write(TEXT.format("Alpha", "Alpha"), "alpha")
    db.session.delete(db.session.get(UnsharedReports, 1))
    db.session.commit()
    prepare_ops()
    assert "could read" not in browser.page("/ops").get_text(), "new: nobody relied on it"
    write("---\naudience: internal\n---\n# Alpha\n\nText.\n", "alpha")
    set_up_in_use()
    assert "could read" not in browser.page("/ops").get_text()
    write(TEXT.format("Late", "Late"), "late")
    prepare_ops()
    assert "could read" not in browser.page("/ops").get_text(), "written after the upgrade"


@pytest.mark.parametrize("name", ["cleo", "stranger"])
def test_it_is_for_staff(app, upgraded, name):
    client = browser_of(app, name)
    for answer in (client.get(AT), client.post(AT), client.post(f"{AT}/end")):
        assert answer.status_code == (403 if name == "cleo" else 303)
