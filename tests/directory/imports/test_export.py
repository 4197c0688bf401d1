"""Studios as CSV: what leaves, and what comes back by an import."""

import csv
import io
from itertools import islice

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.errors import Invalid
from portal.core.storage.database import changing_directory, db
from portal.directory.exports import selecting
from portal.directory.exports.rows import export_lines
from portal.directory.exports.selecting import selected
from portal.directory.models import StudioProfile, StudioStatus, User
from tests.directory.imports.files import Room, csv_of, good, standings, studios

ADDRESS = "/ops/directory.csv"
FORMULA = '=HYPERLINK("http://evil.example";"x")'
ODD = (
    *("A-9", "'=Quoted", "London", "-Minus", "podcast", "=1+1 <b>bold</b>; @two; three"),
    *("+44 20 7946 0018", "51.5", "-0.25", "owner@studio.example"),
)
HEAD = (
    *("key", "name", "city", "short text", "types", "services", "phone", "lat", "lon", "email"),
)


def put_owned() -> None:
    with changing_directory():
        user = User(
            email="olive@example.com", username="olive", display_name="O", password_hash="!"
        )
        db.session.add(user)
        db.session.flush()
        fields = {"name": "Owned & Sons", "city": "Leeds", "status": StudioStatus.ACTIVE}
        db.session.add(StudioProfile(user_id=user.id, is_profile_visible=True, **fields))


def rows_in(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_an_export_is_imported_again_and_nothing_changes(room: Room):
    room.imported(csv_of(*(good(each) for each in range(3))), status="published")
    room.imported(csv_of(ODD, ("A-10", FORMULA, "Paris", *[""] * 7), head=HEAD))
    put_owned()
    assert [each.name for each in studios()][3:] == ["=Quoted", FORMULA, "Owned & Sons"]
    answer = room.client.get(ADDRESS)
    content = answer.get_data()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert content.startswith(b"\xef\xbb\xbfkey,name,")
    assert content.endswith(b"\r\n")
    rows = rows_in(content.decode())
    for row in rows:
        assert not any(cell.startswith(tuple("=+-@\t\r")) for cell in row.values())
    assert rows[3]["name"] == "'=Quoted"
    assert rows[3]["phone"] == "'+44 20 7946 0018"
    assert rows[5]["key"] == "owned-sons-6"
    assert rows[5]["status"] == "published"
    assert "email" not in rows[0]
    assert b"example.com" not in content

    _, found = room.checked(content)
    assert standings(found) == [*["unchanged"] * 5, "owned"]
    _, found = room.checked(room.client.get(f"{ADDRESS}?emails=yes").get_data())
    assert standings(found) == [*["unchanged"] * 5, "owned"]
    db.session.rollback()
    kept = db.session.scalars(select(AuditEntry.target).where(AuditEntry.target == ADDRESS))
    assert len(list(kept)) == 2


def test_emails_are_there_where_they_are_asked_for_and_filters_hold(room: Room):
    room.imported(csv_of(ODD, head=HEAD))
    put_owned()
    rows = rows_in(room.client.get(f"{ADDRESS}?emails=yes").get_data(as_text=True))
    assert [each["email"] for each in rows] == ["owner@studio.example", "olive@example.com"]
    for state, names in (("published", ["Owned & Sons"]), ("draft", ["'=Quoted"]), ("pending", [])):
        rows = rows_in(room.client.get(f"{ADDRESS}?state={state}").get_data(as_text=True))
        assert [each["name"] for each in rows] == names


def test_what_is_ticked_is_exported_whole_and_nothing_else(room: Room):
    room.imported(csv_of(*(good(each) for each in range(3))))
    numbers = [each.id for each in studios()]
    for ticked, wanted in ((f"{numbers[0]},{numbers[2]}", [numbers[0], numbers[2]]), ("?", [])):
        rows = rows_in(room.client.get(f"{ADDRESS}?numbers={ticked}").get_data(as_text=True))
        assert [each["key"] for each in rows] == [f"A-{numbers.index(each)}" for each in wanted]
    many = ",".join(str(each) for each in range(1, 700))
    assert sum(len(each) for each in selected({"numbers": many})) == 699
    with pytest.raises(Invalid, match="can’t be read"):
        selected({"state": "?"})


def test_it_is_made_in_parts(room: Room, monkeypatch: pytest.MonkeyPatch):
    """The next part is read when the one before it was sent."""
    monkeypatch.setattr(selecting, "PART", 4)
    room.imported(csv_of(*(good(each) for each in range(5))))
    lines = export_lines(selected({}), with_emails=False)
    head, first = islice(lines, 2)
    assert (head.count("\r\n"), first.count("\r\n")) == (1, 4)
    assert next(lines).count("\r\n") == 1
    assert next(lines, None) is None
