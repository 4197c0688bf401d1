"""Studios that are here already, or twice in the file, are offered with a choice."""

from sqlalchemy import select

from portal.core.storage.database import changing_directory, db
from portal.directory.batches.carrying import carry_out
from portal.directory.batches.requesting import request_undo
from portal.directory.claims.models import Origin
from portal.directory.imports.files import upload_with
from portal.directory.imports.requests import IMPORT
from portal.directory.models import StudioProfile, User
from tests.directory.history.studios import by
from tests.directory.imports.files import PAGE, Room, csv_of, standings, studios, work
from tests.support.cast import make_account

HEAD = ("key", "name", "city", "latitude", "longitude", "website", "phone")


def put(name: str, **more: object) -> int:
    """A studio with an owner."""
    with changing_directory():
        user = User(
            email=f"{name}@example.com".replace(" ", "."),
            username=name,
            display_name=name,
            password_hash="!",
        )
        db.session.add(user)
        db.session.flush()
        studio = StudioProfile(user_id=user.id, name=name, **more)
        db.session.add(studio)
        db.session.flush()
        return studio.id


def row(key: str, name: str, *more: str) -> tuple[str, ...]:
    return (key, name, *more, *[""] * (5 - len(more)))


def test_each_kind_of_double_is_named(room: Room):
    put("Soho Voice Rooms", city="London", latitude=51.5136, longitude=-0.1365)
    put("Blue Door", city="Leeds", website_url="https://www.bluedoor.example/about")
    put("Far Away", city="York", phone="+44 113 496 0018")
    put("Somebody", city="York", website_url="https://www.instagram.com/somebody")
    _, found = room.checked(
        csv_of(
            row("1", "SOHO  voice rooms", "london"),
            row("2", "The Soho Voice Room", "", "51.5137", "-0.1364"),
            row("3", "Quite Else", "Paris", "", "", "bluedoor.example"),
            row("4", "Quite Other", "Paris", "", "", "", "0044 (113) 4960018"),
            row("5", "Third Thing", "Paris", "", "", "https://www.instagram.com/third"),
            row("6", "Kestrel House", "Paris", "51.5137", "-0.1364"),
            row("7", "Third Thing", "Paris"),
            row("1", "Another", "Rome"),
            head=HEAD,
        )
    )
    assert standings(found) == [
        *("doubtful", "doubtful", "doubtful", "doubtful", "new"),
        *("doubtful", "doubtful", "doubtful"),
    ]
    assert [each.why for each in found if each.why] == [
        "Already here? “Soho Voice Rooms” has the same name and city",
        "Already here? “Soho Voice Rooms” has a similar name at the same place",
        "Already here? “Blue Door” has the same website",
        "Already here? “Far Away” has the same phone number",
        "The point is 345 km from Paris",
        "Line 6: “Third Thing” has the same name and city",
        "Line 2: “SOHO voice rooms” has the same key",
    ]


def test_a_choice_is_carried_out_for_each(room: Room):
    owned = put("Soho Voice Rooms", city="London")
    room.imported(
        csv_of(row("old-1", "Blue Door", "Leeds"), row("old-2", "Third", "York"), head=HEAD)
    )
    content = csv_of(
        row("1", "Soho Voice Rooms", "London"),
        row("2", "Blue Door", "Leeds", "", "", "bluedoor.example"),
        row("3", "Third", "York"),
        row("old-1", "Nothing Alike", "Rome"),
        head=HEAD,
    )
    upload, found = room.checked(content)
    assert standings(found) == ["doubtful"] * 4
    assert [each.may for each in found] == [
        ["skip", "import"],
        ["skip", "import", "update"],
        ["skip", "import", "update"],
        ["skip", "update"],
    ]
    assert "Already here?" in room.page(upload)
    address = f"{PAGE}/{upload.id}/choices"
    wrong = room.client.post(address, data={"line_2": "update", "line_3": "update"})
    assert wrong.status_code == 422
    assert not upload_with(upload.id).choices
    sent = {"line_2": "import", "line_3": "update", "line_4": "skip", "line_5": "skip"}
    assert room.client.post(address, data=sent).status_code == 303
    assert upload_with(upload.id).choices == {"2": "import", "3": "update"}
    room.ask_import(upload)
    assert work(IMPORT).outcome == "2 studios were imported."
    names = [(each.name, each.website_url) for each in studios()]
    assert names == [
        ("Soho Voice Rooms", None),
        ("Blue Door", "https://bluedoor.example"),
        ("Third", None),
        ("Soho Voice Rooms", None),
    ]
    assert owned == studios()[0].id
    keys = db.session.scalars(select(Origin.key).order_by(Origin.studio_number)).all()
    assert keys == ["2", "old-2", "1"]
    _, found = room.checked(content)
    assert standings(found) == ["unchanged", "unchanged", "doubtful", "new"]


def test_one_choice_for_all(room: Room):
    put("Soho Voice Rooms", city="London")
    upload, found = room.checked(
        csv_of(
            row("1", "Soho Voice Rooms", "London"),
            row("2", "Soho Voice Rooms", "London"),
            head=HEAD,
        )
    )
    assert standings(found) == ["doubtful", "doubtful"]
    room.client.post(f"{PAGE}/{upload.id}/choices", data={"every": "import"})
    assert upload_with(upload.id).choices == {"2": "import", "3": "import"}
    room.client.post(f"{PAGE}/{upload.id}/choices", data={"every": "update"})
    assert upload_with(upload.id).choices == {}


def test_exchanged_coordinates_are_named_and_not_corrected(room: Room):
    _, found = room.checked(
        csv_of(
            row("1", "Out", "Los Angeles", "-118.2437", "34.0522"),
            row("2", "Near", "London", "-0.1365", "51.5136"),
            row("3", "Letters", "London", "0.1365 W", "51.5136 N"),
            row("4", "Right", "London", "51.5136", "-0.1365"),
            row("5", "Comma", "London", "51,5136", "-0,1365"),
            row("6", "Half", "London", "51.5136", ""),
            row("7", "Nan", "London", "nan", "inf"),
            row("8", "Huge", "London", "9e99", "1" * 400),
            row("9", "Too far", "London", "91", "181"),
            head=HEAD,
        )
    )
    assert standings(found) == [*["bad"] * 3, "new", "new", *["bad"] * 4]
    assert [each.problems[0][1] for each in found if each.problems] == [
        *["Latitude and longitude are exchanged here. Exchange the two cells, or the two columns."]
        * 3,
        "The latitude is given and the longitude is not. Give both or none.",
        "Give degrees as a number, such as 51.5136.",
        "Give degrees as a number, such as 51.5136.",
        "Latitude is between -90 and 90, longitude between -180 and 180.",
    ]
    assert studios() == []


def test_two_rows_for_one_studio_change_it_once(room: Room):
    room.imported(csv_of(row("old-1", "Blue Door", "Leeds"), head=HEAD))
    upload, found = room.checked(
        csv_of(
            row("1", "Blue Door", "Leeds", "", "", "", "020 7946 0018"),
            row("2", "Blue Door", "Leeds", "", "", "", "020 7946 0019"),
            row("3", "Kestrel House", "Rome"),
            head=HEAD,
        )
    )
    assert [each.may for each in found[:2]] == [["skip", "import", "update"]] * 2
    room.client.post(f"{PAGE}/{upload.id}/choices", data={"every": "update"})
    room.ask_import(upload)
    assert work(IMPORT).outcome == "2 studios were imported. 1 rows were left as they are."
    assert "Another row of this file changed its studio" in room.page(upload)
    assert [each.phone for each in studios()] == ["020 7946 0018", None]
    carry_out(request_undo(upload.id, by=by(make_account("ana"))))
    db.session.rollback()
    keys = db.session.scalars(select(Origin.key).order_by(Origin.studio_number)).all()
    assert (keys, studios()[0].phone or "") == (["old-1", "3"], ""), "its own key is given back"
