"""A similar name in the same city is asked about while it is typed; it blocks nothing."""

import pytest
from bs4 import BeautifulSoup

from portal.directory.models import StudioStatus
from portal.directory.owners.similar import is_similar
from tests.directory.owners.editing import Editor
from tests.directory.pages.studios import BRISTOL, make_studio
from tests.support.pages import words


def notice(text: str) -> str:
    return words(BeautifulSoup(text, "html.parser").select_one("#similar"))


def test_it_is_asked_while_it_is_typed_and_when_it_is_saved(editor: Editor) -> None:
    there = make_studio("Soho Voice Rooms")
    editor.save("place", city="London")
    window = editor.open("identity")
    assert notice(window.keep(name="Soho").text) == ""
    answer = window.keep(name="The Soho Voice Room")
    assert answer.status_code == 200
    assert notice(answer.text).startswith(
        "There is already “Soho Voice Rooms” in London: is it yours?"
    )
    assert f"/studios/soho-voice-rooms-{there.id}" in answer.text
    assert window.save().status_code == 303
    assert "Soho Voice Rooms" in notice(editor.client.get("/me/studio/identity").text)
    assert "Soho Voice Rooms" in notice(editor.client.get("/me/studio").text)
    assert "is it yours" in notice(editor.open("place").keep(full_address="1 High Street").text)


def test_it_is_not_asked_about_oneself_another_city_or_a_hidden_one(editor: Editor) -> None:
    make_studio("Soho Voice Rooms", at=BRISTOL, city="Bristol")
    make_studio("Soho Voice Rooms", status=StudioStatus.DRAFT)
    editor.complete("Soho Voice Rooms")
    editor.press("publish")
    assert notice(editor.client.get("/me/studio/identity").text) == ""
    assert notice(editor.open("place").keep(city="Bristol").text) != ""


@pytest.mark.parametrize("typed", ["Crimson Peir", "Crimson Pier Studios Ltd", "crimson-pier"])
def test_spelling_is_no_difference(editor: Editor, typed: str) -> None:
    make_studio("Crimson Pier Studio", city="London")
    editor.save("place", city="London")
    answer = editor.open("identity").keep(name=typed)
    assert "Crimson Pier Studio" in notice(answer.text)


def test_names_that_share_a_common_word_are_not_similar() -> None:
    similar = [
        ("Soho Voice Rooms", "The Soho Voice Room"),
        ("Blue Door", "BlueDoor Studios"),
        ("Sound Studio", "The Sound Studios"),
    ]
    different = [
        ("Soho Voice", "Hoxton Voice"),
        ("Oak Recording Studio", "Elm Recording Studio"),
        ("Studio 5", "Studio 6"),
        ("North Sound", "South Sound"),
        ("Studio", "Quiet Corner"),
    ]
    assert [pair for pair in similar if not is_similar(*pair)] == []
    assert [pair for pair in different if is_similar(*pair)] == []
