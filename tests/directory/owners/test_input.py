"""What is typed as people type it, and what is refused with one sentence at its field."""

import pytest

from portal.directory.owners.input.hours import canonical_hours
from portal.directory.owners.input.place import read_point, where_is
from portal.directory.owners.input.zones import zone_at, zone_typed
from tests.directory.owners.editing import Editor, said

HOURS = {
    "9-5": "09:00–17:00",
    "9 - 17": "09:00–17:00",
    "9am-5pm": "09:00–17:00",
    "9 a.m. to 5 p.m.": "09:00–17:00",
    "9.30–18.15": "09:30–18:15",
    "9h30-17h": "09:30–17:00",
    "0930-1730": "09:30–17:30",
    "9:30am-1pm, 2pm-6pm": "09:30–13:00, 14:00–18:00",
    "14-18 and 9-12": "09:00–12:00, 14:00–18:00",
    "10-2": "10:00–14:00",
    "12-5": "12:00–17:00",
    "5-9pm": "17:00–21:00",
    "9-10pm": "09:00–22:00",
    "6pm-midnight": "18:00–24:00",
    "18-0": "18:00–24:00",
    "noon-8": "12:00–20:00",
    "24 hours": "00:00–24:00",
    "0-24": "00:00–24:00",
    "Closed": "",
    "–": "",
    "": "",
    "09:00–17:00, 19:00–24:00": "09:00–17:00, 19:00–24:00",
}
NO_HOURS = ("22-2", "9", "9-", "late", "25-26", "9:75-10", "13pm-2pm", "9-12, 11-14", "9-10-11")


def test_hours_are_typed_as_people_type_them() -> None:
    assert {typed: canonical_hours(typed) for typed in HOURS} == HOURS
    assert [canonical_hours(each) for each in HOURS.values()] == list(HOURS.values())


@pytest.mark.parametrize("typed", NO_HOURS)
def test_hours_that_mean_nothing_are_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        canonical_hours(typed)


POINTS = {
    "51.5136, -0.1365": (51.5136, -0.1365),
    "51.5136 -0.1365": (51.5136, -0.1365),
    "(51.5136,−0.1365)": (51.5136, -0.1365),
    "51.5136 N 0.1365 W": (51.5136, -0.1365),
    "0.1365W, 51.5136N": (51.5136, -0.1365),
    "51.5136° N, 0.1365° W": (51.5136, -0.1365),
    "https://www.openstreetmap.org/#map=17/51.5136/-0.1365": (51.5136, -0.1365),
    "https://www.openstreetmap.org/?mlat=51.5136&mlon=-0.1365": (51.5136, -0.1365),
    "https://maps.example/@51.5136,-0.1365,17z": (51.5136, -0.1365),
}


def test_coordinates_are_read_as_they_are_copied() -> None:
    found = {typed: read_point(typed) for typed in POINTS}
    assert {k: (p.latitude, p.longitude) for k, p in found.items() if p} == POINTS
    for typed in ("hello", "91, 0", "10", "1,2,3", "10, 200"):
        with pytest.raises(ValueError, match=r"atitude"):
            read_point(typed)


def test_a_city_is_spelled_as_it_is_called() -> None:
    cities = {
        "london": "London",
        "Paris, Texas": "Paris",
        "Köln": "Köln",
        "Nowhereville": "Nowhereville",
    }
    assert {typed: where_is(typed).city for typed in cities} == cities
    assert where_is("Nowhereville").place is None
    assert where_is("Bristl").others[0].name == "Bristol"
    texas = where_is("Paris, Texas").place
    assert texas
    assert texas.label == "Paris, Texas, United States"


def test_a_zone_is_named_by_itself_or_by_a_city() -> None:
    zones = {
        "Europe/London": "Europe/London",
        "europe/london": "Europe/London",
        "London": "Europe/London",
        "new york": "America/New_York",
        "Manchester": "Europe/London",
        "Munich": "Europe/Berlin",
        "UTC": "UTC",
        "": "",
    }
    assert {typed: zone_typed(typed) for typed in zones} == zones
    with pytest.raises(ValueError, match="no time zone"):
        zone_typed("Nowhereville")
    perth = where_is("Perth, Australia").place
    assert perth
    assert zone_at(perth.point, "Perth") == "Australia/Perth"


REFUSED = {
    "identity": {"name": "x" * 201, "short_about": "x" * 301, "description": "x" * 20_001},
    "place": {
        "city": "x" * 121,
        "full_address": "x" * 301,
        "coordinates": "here",
        "shown": "everything",
    },
    "types": {"types": ["palace"], "connections": ["Telepathy"]},
    "rates": {"rate_tier_1": "-1", "rate_tier_2": "9" * 5000, "rate_tier_3": "cheap"},
    "hours": {"monday": "22-2", "zone": "Nowhereville", "hours_note": "x" * 301},
    "contact": {
        "phone": "call me",
        "website_url": "javascript:alert(1)",
        "x_url": "ftp://x.example/",
        "facebook_url": "two words.example",
        "youtube_url": "https://" + "x" * 500 + ".example",
        "linkedin_url": "localhost",
        "vimeo_url": "mailto:olive@example.com",
    },
}


@pytest.mark.parametrize("section", REFUSED)
def test_each_rule_is_said_at_its_field(editor: Editor, section: str) -> None:
    answer = editor.save(section, **REFUSED[section])
    assert answer.status_code == 422
    unsaid = [name for name in REFUSED[section] if not said(answer, name)]
    assert unsaid == []


ACCEPTED = {
    "rates": {
        "rate_tier_1": ("£45", "45"),
        "rate_tier_2": ("1,200", "1200"),
        "rate_tier_3": ("80.00", "80"),
    },
    "hours": {"monday": ("9-5", "09:00–17:00"), "zone": ("london", "Europe/London")},
    "contact": {
        "phone": ("(020) 7946-0018 ext. 5", "(020) 7946-0018 ext. 5"),
        "website_url": ("quiet.example/rooms", "https://quiet.example/rooms"),
        "linkedin_url": ("quiet.example:8080", "https://quiet.example:8080"),
        "x_url": ("@quiet", "https://x.com/quiet"),
        "youtube_url": ("@quiet", "https://www.youtube.com/@quiet"),
    },
    "place": {
        "city": ("london", "London"),
        "coordinates": ("51.5136N 0.1365W", "51.5136, -0.1365"),
    },
}


@pytest.mark.parametrize("section", ACCEPTED)
def test_what_is_meant_is_understood(editor: Editor, section: str) -> None:
    pairs = ACCEPTED[section]
    assert (
        editor.save(section, **{name: typed for name, (typed, _) in pairs.items()}).status_code
        == 303
    )
    shown = editor.open(section).values
    assert {name: shown[name] for name in pairs} == {
        name: kept for name, (_, kept) in pairs.items()
    }
