"""A section is saved as it is typed, field by field; what was changed elsewhere stays."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from portal.core.storage.database import db
from portal.directory.models import StudioProfile, StudioStatus, User
from portal.directory.owners.models import StudioDetails, StudioHours
from tests.directory.owners.editing import Editor, said, values_of
from tests.support.pages import words


def stored(name: str) -> object:
    return db.session.scalars(select(getattr(StudioProfile, name))).one()


def test_the_first_save_makes_a_draft(editor: Editor, olive: User) -> None:
    window = editor.open("place")
    answer = window.keep(city="Bristol")
    assert answer.status_code == 200
    assert "Saved" in answer.text
    studio = db.session.scalars(select(StudioProfile)).one()
    assert (studio.user_id, studio.city, studio.name) == (olive.id, "Bristol", "")
    assert studio.status is StudioStatus.DRAFT
    assert (studio.is_profile_visible, studio.is_verified) == (False, False)
    assert "Draft" in editor.overview()


def test_looking_and_saving_nothing_make_no_studio(editor: Editor) -> None:
    editor.client.page("/me/studio")
    for section in ("identity", "place", "types", "hours", "contact"):
        editor.open(section)
    assert editor.open("services").save().status_code == 303
    assert db.session.scalar(select(func.count(StudioProfile.id))) == 0


def test_each_section_keeps_what_was_typed(editor: Editor) -> None:
    typed = {
        "identity": {
            "name": "Ünïque & <Sons>",
            "short_about": "Calm.\nVery calm.",
            "description": "First line\n\n  second",
            "about": "I am Olive.",
            "home_studio_description": "A shed.",
        },
        "place": {
            "city": "Bristol",
            "full_address": "1 High Street, BS1 4QA",
            "shown": "exact",
            "show_directions": "y",
            "coordinates": "51.4545, -2.5",
        },
        "types": {
            "types": ["home", "podcast"],
            "connections": ["Zoom", "ipDTL"],
            "custom_connection_methods": "Tin cans",
        },
        "services": {"services_offered": "Audiobooks\nDubbing"},
        "equipment": {"equipment_list": "Neumann U 87 Ai"},
        "rates": {"rate_tier_1": "45", "rate_tier_3": "1200", "show_rates": "y"},
        "hours": {
            "monday": "09:00–17:00",
            "sunday": "10:00–12:00, 13:00–24:00",
            "zone": "Europe/London",
            "hours_note": "Late by arrangement",
        },
        "contact": {
            "takes_messages": "y",
            "phone": "+44 20 7946 0018",
            "show_phone": "y",
            "website_url": "https://quiet.example/",
            "x_url": "https://x.com/quiet",
        },
    }
    for section, values in typed.items():
        answer = editor.save(section, **values)
        assert answer.status_code == 303, section
        shown = editor.open(section).values
        assert {name: shown[name] for name in values} == values, section
    assert "8 of 9" in editor.overview()
    details = db.session.scalars(select(StudioDetails)).one()
    assert (details.zone, details.takes_messages) == ("Europe/London", True)
    spans = db.session.execute(
        select(StudioHours.weekday, StudioHours.opens, StudioHours.closes).order_by(
            StudioHours.weekday, StudioHours.opens
        )
    )
    assert [tuple(each) for each in spans] == [(0, 540, 1020), (6, 600, 720), (6, 780, 1440)]


def test_everything_can_be_emptied_again(editor: Editor) -> None:
    editor.save("hours", monday="9-12, 13-17", hours_note="x")
    editor.save("types", types=["home"], connections=["Zoom", "ipDTL"])
    editor.save("contact", takes_messages="", show_email="y", website_url="quiet.example")
    assert editor.save("hours", monday="", hours_note="").status_code == 303
    assert editor.save("types", types=[], connections=[]).status_code == 303
    assert editor.save("contact", show_email="", website_url="").status_code == 303
    values = {name: editor.open(name).values for name in ("hours", "types", "contact")}
    assert (values["hours"]["monday"], values["hours"]["hours_note"]) == ("", "")
    assert not values["types"].keys() & {"types", "connections"}
    assert not values["contact"].keys() & {"takes_messages", "show_email"}
    assert db.session.scalars(select(StudioHours)).all() == []
    studio = db.session.scalars(select(StudioProfile)).one()
    assert (studio.connection5, studio.services, studio.website_url) == (False, [], None)


def test_a_field_that_is_refused_keeps_none_of_the_others_back(editor: Editor) -> None:
    answer = editor.save("rates", rate_tier_1="45.50", rate_tier_2="80")
    assert answer.status_code == 422
    assert "whole pounds" in said(answer, "rate_tier_1")
    assert (stored("rate_tier_1"), stored("rate_tier_2")) == (None, 80)
    page = editor.client.page("/me/studio/rates")
    assert values_of(page)["rate_tier_2"] == "80"
    assert 'value="45.50"' in answer.text, "what was typed is still there"
    assert "autofocus" in answer.text


def test_what_another_window_saved_is_not_overwritten(editor: Editor) -> None:
    editor.save("identity", name="Quiet Corner", short_about="Old")
    here, there = editor.open("identity"), editor.open("identity")
    assert there.keep(short_about="Theirs", about="About me").status_code == 200
    answer = here.keep(short_about="Mine", description="A room")
    assert answer.status_code == 409
    assert "Theirs" in said(answer, "short_about")
    assert (stored("short_about"), stored("description")) == ("Theirs", "A room")
    assert stored("about") == "About me", "what this window did not touch stays as it is"
    again = here.keep(short_about="Mine indeed")
    assert again.status_code == 409, "it is asked again until somebody decides"
    assert stored("short_about") == "Theirs"


@pytest.mark.parametrize("is_script", [True, False])
def test_ones_own_words_are_kept_on_request(editor: Editor, is_script: bool) -> None:
    editor.save("identity", name="Quiet Corner", short_about="Old")
    here = editor.open("identity")
    editor.save("identity", short_about="Theirs")
    here.type(short_about="Mine")
    answer = here.keep() if is_script else here.save()
    assert answer.status_code == 409
    assert is_script or "\nMine</textarea>" in answer.text
    mine = words_of_button(answer.text)
    assert here.save(mine=mine).status_code == 303
    assert stored("short_about") == "Mine"


def test_ones_own_words_are_asked_about_again_if_it_changed_again(editor: Editor) -> None:
    editor.save("identity", name="Quiet Corner", short_about="Old")
    here = editor.open("identity").type(short_about="Mine")
    editor.save("identity", short_about="Theirs")
    mine = words_of_button(here.keep().text)
    editor.save("identity", short_about="Theirs, later")
    answer = here.save(mine=mine)
    assert answer.status_code == 409
    assert "Theirs, later" in said(answer, "short_about")


def test_two_first_saves_keep_both_or_ask(editor: Editor) -> None:
    here, there = editor.open("identity"), editor.open("identity")
    place = editor.open("place")
    assert here.keep(name="Quiet Corner").status_code == 200
    assert place.keep(city="London").status_code == 200
    answer = there.keep(name="Loud Corner", short_about="Calm")
    assert answer.status_code == 409
    assert "Quiet Corner" in said(answer, "name")
    assert (stored("name"), stored("city"), stored("short_about")) == (
        "Quiet Corner",
        "London",
        "Calm",
    )


def test_a_window_goes_on_saving_with_the_version_it_was_given(editor: Editor) -> None:
    window = editor.open("hours")
    for typed in ("9", "9-", "9-5"):
        answer = window.keep(monday=typed)
    assert answer.status_code == 200
    assert window.keep(tuesday="closed", wednesday="24 hours").status_code == 200
    assert [each.weekday for each in db.session.scalars(select(StudioHours))] == [0, 2]


def test_the_same_thing_typed_twice_is_no_conflict(editor: Editor) -> None:
    here, there = editor.open("types"), editor.open("types")
    assert there.keep(types=["home", "podcast"]).status_code == 200
    assert here.keep(types=["podcast", "home"]).status_code == 200


def test_without_a_version_nothing_that_is_there_is_overwritten(editor: Editor) -> None:
    editor.save("identity", name="Quiet Corner", short_about="Old")
    answer = editor.client.post(
        "/me/studio/identity",
        data={"short_about": "New", "version": "short_about:zz", "about": "x"},
    )
    assert answer.status_code == 409
    assert (stored("short_about"), stored("about"), stored("name")) == ("Old", "x", "Quiet Corner")


def test_a_page_that_another_person_opened_saves_nothing(editor: Editor) -> None:
    answer = editor.open("identity").type(writer="4711", name="Not mine").save()
    assert answer.status_code == 409
    assert "Somebody else is logged in" in words_in(answer.text)
    assert "Not mine" in answer.text
    assert db.session.scalar(select(func.count(StudioProfile.id))) == 0


def test_values_from_before_the_rules_are_no_mistake_of_who_saves_another(editor: Editor) -> None:
    editor.save("contact", phone="020 1234")
    studio = db.session.scalars(select(StudioProfile)).one()
    studio.phone, studio.website_url = "ask me", "quiet corner dot example"
    db.session.commit()
    assert editor.save("contact", show_email="y").status_code == 303
    assert (stored("phone"), stored("show_email")) == ("ask me", True)
    assert editor.save("contact", phone="ask them").status_code == 422


def test_connections_that_were_ticked_in_one_place_only_stay_as_they_are(editor: Editor) -> None:
    editor.save("types", types=["home"])
    studio = db.session.scalars(select(StudioProfile)).one()
    studio.connection6 = True  # Teams, without the row of the service
    db.session.commit()
    window = editor.open("types")
    assert window.values["connections"] == "Teams"
    assert window.keep(connections=["Teams", "Zoom"]).status_code == 200
    db.session.expire_all()
    assert [each.service.value for each in studio.services] == ["Zoom"]
    assert (studio.connection5, studio.connection6) == (True, True)


def words_in(text: str) -> str:
    return words(BeautifulSoup(text, "html.parser"))


def words_of_button(text: str) -> str:
    button = BeautifulSoup(text, "html.parser").select_one("button[name=mine]")
    assert button is not None
    return str(button["value"])
