"""When a studio is open, and its pictures in the sizes that are shown."""

from dataclasses import replace

import pytest
from flask import Flask, render_template

from portal.core.storage.database import changing_directory, db
from portal.directory.models import StudioProfile
from portal.directory.owners.models import PictureFile, StudioDetails, StudioHours
from portal.directory.pages.hours import hours_in
from portal.directory.presentation import public_studio
from portal.directory.visibility import Details
from tests.directory.pages.conftest import statements
from tests.directory.pages.studios import PICTURE, address_of, make_studio
from tests.directory.pages.test_hostile import in_batches, parsed, text_of
from tests.support.pages import PageClient, words

OTHER = "/images/" + "cd" * 16 + ".webp"


def open_at(
    studio: StudioProfile, *spans: tuple[int, int, int], zone: str | None = "Europe/London",
    note: str | None = None,
) -> None:  # fmt: skip
    with changing_directory():
        user = studio.user_id
        db.session.add(StudioDetails(user_id=user, zone=zone, hours_note=note))
        for day, opens, closes in spans:
            db.session.add(StudioHours(user_id=user, weekday=day, opens=opens, closes=closes))


def rows(page) -> list[tuple[str, str, str]]:
    return [
        (words(row.dt), words(row.dd), row["data-spans"]) for row in page.select("dl.hours > div")
    ]


def test_the_week_is_shown_in_the_zone_of_the_studio(reader: PageClient):
    studio = make_studio()
    evening, morning, night = (1, 840, 1080), (1, 540, 780), (5, 1080, 1440)
    open_at(studio, evening, morning, night, (6, 0, 1440), note="By\nappointment.")
    page = reader.page(address_of(studio))
    found = rows(page)
    assert [name for name, _, _ in found][:2] == ["Monday", "Tuesday"]
    assert found[0][1:] == ("Closed", "")
    assert found[1][1:] == ("09:00–13:0014:00–18:00", "540-780 840-1080")
    assert found[5][1:] == ("18:00–24:00", "1080-1440")
    assert found[6][1:] == ("All day", "0-1440")
    assert page.select_one("dl.hours")["data-hours"] == "Europe/London"
    said = words(page.select_one(".studio-aside .card"))
    assert "In London time (Europe/London)." in said
    assert "By appointment." in said


def test_a_kept_page_never_says_whether_it_is_open(reader: PageClient):
    studio = make_studio()
    open_at(studio, *((day, 0, 1440) for day in range(7)))
    page = reader.page(address_of(studio))
    assert page.select_one("[data-hours-now]").has_attr("hidden")
    assert words(page.select_one("[data-hours-now]")) == ""
    assert "pen now" not in words(page)


@pytest.mark.parametrize("zone", [None, "Mars/Phobos", "../../etc/passwd", ""])
def test_without_a_known_zone_nothing_is_reckoned(reader: PageClient, zone: str | None):
    studio = make_studio()
    open_at(studio, (0, 540, 1020), zone=zone)
    page = reader.page(address_of(studio))
    assert not page.select("[data-hours]")
    assert "In the studio’s local time." in words(page)


def test_a_note_alone_is_shown_and_no_week(reader: PageClient):
    studio = make_studio()
    open_at(studio, note="Ring the bell.")
    page = reader.page(address_of(studio))
    assert "Ring the bell." in words(page.select_one(".studio-aside .card"))
    assert not page.select("dl.hours")
    assert not reader.page(address_of(make_studio("Other"))).select(".hours")


def test_spans_that_touch_or_overlap_are_one():
    hours = hours_in("0 600 700\x1f0 540 600\x1f0 650 800\x1f0 900 960", "\x1f", "UTC", None)
    assert hours
    assert hours.week[0].data == "540-800 900-960"
    assert hours.place == hours.zone == "UTC"


def test_a_picture_has_the_shape_and_the_sizes_of_its_file(reader: PageClient):
    studio = make_studio(pictures=(OTHER, PICTURE))
    with changing_directory():
        name = OTHER.removeprefix("/images/")
        db.session.add(PictureFile(name=name, width=1920, height=1080, bytes=1))
    first, second = reader.page(address_of(studio)).select(".gallery img")
    assert (first["width"], first["height"]) == ("1920", "1080")
    assert first["srcset"].split(", ")[-1] == f"{OTHER} 1920w"
    assert (second["width"], second["height"]) == ("600", "400")
    assert second["srcset"].split(", ")[-1] == f"{PICTURE} 960w"
    assert first["alt"] == second["alt"] == "The booth"


def test_pictures_below_the_fold_are_loaded_later(reader: PageClient):
    names = [f"/images/{number:032x}.webp" for number in range(10)]
    found = reader.page(address_of(make_studio(pictures=tuple(names)))).select(".gallery img")
    assert [image.get("loading") for image in found] == [None, None] + ["lazy"] * 8
    assert all(image["sizes"] for image in found)
    assert [image.parent["href"] for image in found] == names


def test_contact_is_beside_the_title(reader: PageClient):
    studio = make_studio(
        website_url="https://www.quiet.example/about", phone="+44 7700 900123", show_phone=True,
        x_url="https://x.example/quiet",
    )  # fmt: skip
    head = reader.page(address_of(studio)).select_one(".studio-head")
    links = {words(a): a["href"] for a in head.select(".studio-contact a")}
    assert links == {
        "Write to the studio": f"{address_of(studio)}/contact",
        "+44 7700 900123": "tel:+447700900123",
        "quiet.example": "https://www.quiet.example/about",
    }


def test_it_takes_no_more_statements_with_all_of_it(reader: PageClient):
    studio = make_studio(pictures=(PICTURE,))
    with statements() as before:
        reader.page(address_of(studio))
    open_at(studio, (0, 540, 1020), note="Ring the bell.")
    with statements() as after:
        reader.page(address_of(studio))
    assert len(after) == len(before) <= 8


def test_hostile_strings_as_notes_and_alternative_texts(site: Flask, hostile: list[str]):
    studio = make_studio()
    with site.test_request_context("/studios/x"):
        for some in in_batches(hostile[::3], 10):
            details = Details()
            for number, text in enumerate(some):
                details.add("image", f"/images/{number:032x}.webp", text)
            shown = public_studio(studio, studio.user, details, [], None)
            hours = hours_in("0 540 1020", "\x1f", some[0], some[0])
            page = parsed(
                render_template("directory/studio.html", studio=replace(shown, hours=hours))
            )
            assert len(page.css(".gallery img")) == len(some)
            assert text_of(page, ".studio-aside .card-title") == ["Hours", "Where"]
