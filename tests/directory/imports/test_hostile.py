"""Files that nobody means well: one sentence each, and nothing breaks."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from portal.core.storage.database import db
from portal.directory.history.models import Change
from portal.directory.imports.columns import COLUMNS
from portal.directory.imports.reading.rows import Row
from portal.directory.imports.verdicts.checking import check
from tests.directory.imports.files import HEAD, PAGE, Room, csv_of, good, standings, studios
from tests.support.trials import examples

BIDI = "Soho \u202egnp.exe\u202c \u2066x"
REFUSED = {
    "zip": (b"PK\x03\x04" + b"x" * 50, "This is an Excel or ZIP file, not CSV."),
    "columns": (b",".join(b"c%d" % each for each in range(10_000)) + b"\r\n1\r\n", "200 columns"),
    "headings alone": (b"name,city\r\n", "There is no row below the headings."),
    "open quote": (b'"name,city\r\nx,y\r\n', "Line 1: A quote is opened"),
    "nothing": (b"", "This file is empty."),
    "rows": (b"name\r\n" + b"x\r\n" * 50_001, "A file can have at most 50,000 rows"),
    "cell": (b"name\r\n" + b"x" * 200_000, ""),
}


@pytest.mark.parametrize("name", [each for each in REFUSED if each != "cell"])
def test_a_file_that_can_t_be_used_is_refused_in_its_form(room: Room, name: str):
    content, said = REFUSED[name]
    answer = room.upload(content)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert 'id="file-error"' in page
    assert "No file yet" in page


def test_one_file_of_20_mb_is_accepted_and_no_larger_one(room: Room):
    cell = room.upload(b"name,about\r\nSoho," + b"x" * 19_900_000)
    assert cell.status_code == 303
    larger = room.upload(b"name,about\r\nSoho," + b"x" * 20_000_000)
    assert larger.status_code == 422
    assert "at most 20 MB" in larger.get_data(as_text=True)
    assert room.client.post(PAGE, data={}).status_code == 422
    assert room.upload(b"x" * 20_400_000).status_code == 413


@pytest.mark.parametrize("settings", ["sqlite", "postgresql"], indirect=True)
def test_hostile_cells_are_text_or_one_sentence(room: Room):
    head = (*HEAD, "website", "email", "rate 60", "latitude", "longitude", "instagram")
    nothing = ("", "", "", "", "", "")
    content = csv_of(
        ("A-1", "<script>alert(1)</script>", "London", BIDI, "podcast", *nothing),
        ("A-2", "Bad links", "", "", "", "javascript:alert(1)", *nothing[1:]),
        ("A-3", "Bad mail", "", "", "", "", "nobody", *nothing[2:]),
        ("A-4", "Bad rate", "", "", "", "", "", "1e309", *nothing[3:]),
        ("A-5", "Bad point", "", "", "", "", "", "", "NaN", "-inf", ""),
        ("A-6", "Bad type", "", "", "castle", *nothing),
        ("A-7", "\u200b\u2800", "", "", "", *nothing),
        ("A-8", "Surrogate \ufffd", "", "", "", *nothing),
        ("A-9", "\u0000NUL\u0000", "", "", "", *nothing),
        ("A-10", "Placeholder", "", "", "", "", "x@placeholder.invalid", *nothing[2:]),
        head=head,
    )
    upload, found = room.imported(content)
    assert standings(found) == ["new", *["bad"] * 7, "new", "bad"]
    assert [each.problems[0][1] for each in found if each.problems] == [
        "Give a web address, such as https://www.example.com.",
        "“nobody” is not an email address.",
        "Give whole pounds, such as 45.",
        "Give degrees as a number, such as 51.5136.",
        (
            "“castle” is no type of studio that is known here: home, recording, podcast,"
            " voice-over coach, audio producer, voice-over."
        ),
        "A studio needs a name.",
        "There is a character here that can’t be read in the chosen encoding.",
        "“x@placeholder.invalid” is not an email address.",
    ]
    assert [each.name for each in studios()] == ["<script>alert(1)</script>", "NUL"]
    assert "\u202e" not in (studios()[0].short_about or "")
    page = room.page(upload)
    assert "<script>alert(1)" not in page
    assert db.session.query(Change).count() == 2


@given(st.lists(st.text(max_size=40), min_size=len(COLUMNS), max_size=len(COLUMNS)))
@trying(max_examples=examples(80), deadline=None, suppress_health_check=list(HealthCheck))
def test_any_cells_are_values_or_one_sentence_each(cells: list[str]):
    mapping = {place: each.name for place, each in enumerate(COLUMNS)}
    found = check(Row(2, tuple(cells)), mapping)
    assert all(each.sentence.endswith(".") for each in found.problems)
    for name in ("latitude", "longitude"):
        value = found.values.get(name)
        assert value is None or abs(float(str(value))) <= 180


def test_columns_that_are_wrong_come_back_in_their_form(room: Room):
    upload = room.uploaded(csv_of(good(1)))
    none = room.map(upload, {0: "key"})
    assert none.status_code == 422
    assert "Say which column has" in none.get_data(as_text=True)
    assert 'autofocus id="column_0"' in none.get_data(as_text=True)
    twice = room.map(upload, {0: "name", 1: "name"})
    assert twice.status_code == 422
    assert "can’t both be" in twice.get_data(as_text=True)
    unknown = room.map(upload, {0: "name", 1: "is_admin"})
    assert unknown.status_code == 422
    assert room.map(upload, encoding="rot13").status_code == 422
    assert room.map(upload, encoding="utf-16").status_code == 422
    again = room.map(upload, encoding="cp1252")
    assert again.status_code == 303
    assert "Windows" in room.page(upload)
