"""What the table finds, by the index and without it: the same studios in the same order."""

from dataclasses import replace

import pytest

from portal.core.errors import Invalid
from portal.core.storage.database import changing_directory, db
from portal.databases.engines import engine_for
from portal.databases.targets.config import Target
from portal.directory.admin import answering, plain
from portal.directory.admin.answering import answer_to
from portal.directory.admin.finding import is_indexed
from portal.directory.admin.index.documents import Owner, State
from portal.directory.admin.index.writing import ADMIN
from portal.directory.admin.query import AdminQuery, Sort, query_in, read_admin_query
from portal.directory.admin.selecting import selected_numbers
from portal.directory.claims.models import Origin, StudioRestriction
from portal.directory.models import StudioProfile, StudioStatus
from portal.directory.users.models import SiteAccount
from tests.directory.admin.studios import NOON, fill, make_all

BOTH = pytest.mark.parametrize("settings", ["sqlite", "postgresql"], indirect=True)
QUERIES = [
    "",
    *(f"state={each}" for each in State),
    *(f"owner={each}" for each in Owner),
    *("verified=yes", "verified=no", "featured=yes", "premium=yes", "premium=no"),
    *("type=podcast", "city=leeds", "city=KOLN", "city=nowhere"),
    *("reviews=none", "reviews=some", "reviews=waiting", "pictures=none", "pictures=some"),
    *("since=2026-06-01", "since=2027-01-02", "since=1999-12-31"),
    *("q=quiet", "q=attic+so", "q=lodz", "q=harb", "q=zebra+lodz", "q=7", "q=%2313", "q=umlaut"),
    *("q=owner5%40example.com", "q=Desk6%40studio.example", "q=host2.example"),
    *("q=https%3A%2F%2Fwww.host3.example", "q=%27%22%3Cb%3E", "q=..."),
    "state=published&verified=yes&pictures=none",
    "state=draft&state=published&owner=imported&pictures=some",
    "q=quiet&reviews=some&city=leeds",
]


def numbers(text: str, **more: object) -> list[int]:
    """Over all pages, forwards; the same backwards."""
    query = replace(query_in(text), **{"size": 4, **more})
    found, page = [], answer_to(query).found
    while True:
        found += page.numbers
        if page.after is None:
            break
        page = answer_to(replace(query, after=page.after)).found
        assert page.before is not None
    back: list[int] = []
    page = answer_to(replace(query, before="")).found
    while True:
        back[:0] = page.numbers
        if page.before is None:
            break
        page = answer_to(replace(query, before=page.before)).found
    assert back == found
    assert page.count in {None, len(found)}
    return found


@BOTH
def test_the_same_with_the_index_and_without(target: Target, small_blocks: None) -> None:
    made = make_all()
    db.session.rollback()
    assert not is_indexed()
    sorts = [{"sort": sort, "direction": way} for sort in Sort for way in ("up", "down")]
    before = {text: numbers(text) for text in QUERIES}
    in_order = [numbers("", **each) for each in sorts]
    few = [numbers("q=quiet", **each) for each in sorts]
    fill(target)
    db.session.rollback()
    assert is_indexed()
    assert {text: numbers(text) for text in QUERIES} == before
    assert [numbers("", **each) for each in sorts] == in_order
    assert [numbers("q=quiet", **each) for each in sorts] == few

    assert all(sorted(each) == sorted(made) for each in in_order)
    by_number = in_order[-2]
    assert (by_number, in_order[-1]) == (sorted(made), sorted(made, reverse=True))
    everywhere = [number for state in State for number in before[f"state={state}"]]
    assert sorted(everywhere) == sorted(made), "each studio has one state"
    assert {text for text, some in before.items() if not some} == HAVE_NONE
    assert before["q=owner5%40example.com"] == [made[5]]
    assert before["q=Desk6%40studio.example"] == [made[6]]
    assert before[f"state={State.DELETED}"] == [made[10]]
    assert before["q=%2313"] == [13]
    assert 7 in before["q=7"]
    assert selected_numbers(query_in("verified=yes"), 5) == sorted(before["verified=yes"])[:5]
    assert selected_numbers(query_in("city=nowhere"), 5) == []


HAVE_NONE = {
    *("city=nowhere", "q=..."),
    "state=draft&state=published&owner=imported&pictures=some",
}


@BOTH
def test_each_change_reaches_the_index(target: Target, small_blocks: None) -> None:
    """Of the studio, and of rows beside it."""
    made = make_all()
    fill(target)

    def found(text: str) -> list[int]:
        db.session.rollback()
        assert is_indexed(), text
        return numbers(text)

    with changing_directory():
        one = db.session.get_one(StudioProfile, made[0])
        one.name, one.city, one.status = "Kilimanjaro", "Ulm", StudioStatus.PENDING
    assert found("q=kilimanj") == found("city=ulm") == [made[0]]
    assert made[0] in found("state=pending")
    with changing_directory():
        owner = db.session.get_one(StudioProfile, made[0]).user_id
        db.session.add(StudioRestriction(user_id=owner, deleted_at=NOON, former={}))
    assert made[0] in found("state=deleted")
    with changing_directory():
        db.session.get_one(StudioRestriction, owner).deleted_at = None
        db.session.add(SiteAccount(user_id=owner, deletion_due_at=NOON))
    assert made[0] in found("state=pending")
    assert made[0] in found("owner=leaving")
    with changing_directory():
        db.session.delete(db.session.get_one(SiteAccount, owner))
        imported = db.session.get_one(StudioProfile, made[6])
        db.session.delete(db.session.get_one(Origin, imported.user_id))
    assert made[0] not in found("owner=leaving")
    assert made[6] not in found("owner=imported")
    with changing_directory():
        for number in made[8:25]:
            db.session.delete(db.session.get_one(StudioProfile, number))
    assert sorted(found("")) == sorted({*made} - {*made[8:25]})
    with engine_for(target.url).reading() as connection:
        assert ADMIN.differing(connection) == 0


def test_a_large_directory_without_its_index_is_shown_by_number(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_all()
    db.session.rollback()
    monkeypatch.setattr(plain, "MOST", 8)
    monkeypatch.setattr(answering, "MOST", 8)
    answer = answer_to(AdminQuery(verified="yes", sort=Sort.NAME))
    assert "by number" in str(answer.limits)
    assert (answer.query.sort, answer.found.count) == (Sort.NUMBER, None)
    found, page = list(answer.found.numbers), answer.found
    while page.after is not None:
        page = answer_to(AdminQuery(verified="yes", sort=Sort.NAME, after=page.after)).found
        found += page.numbers
    assert found == [made[at] for at in range(29, -1, -1) if at % 3 == 0]
    with pytest.raises(Exception, match="can’t be selected yet"):
        selected_numbers(AdminQuery(), 10)


def test_an_address_that_nobody_made_is_no_mistake() -> None:
    odd = {"state": "?", "sort": "", "size": "7", "since": "soon", "after": "\0x", "q": " a\tb "}
    assert read_admin_query(odd) == AdminQuery(q="a b", after="x")
    query = AdminQuery(q="soho & co", state="draft", sort=Sort.NAME, size=100)
    assert read_admin_query(query.args()) == query
    assert query_in(query.matching()) == AdminQuery(q="soho & co", state="draft")


def test_what_is_done_with_all_that_match_needs_a_filter_that_is_read_whole() -> None:
    long = AdminQuery(q="😀" * 200, city="😀" * 200, owner="imported", state="draft")
    assert query_in(long.matching()) == long
    for odd in ("state=?", "verified=maybe", "colour=red&state=draft", "since=soon", "&a=1" * 60):
        with pytest.raises(Invalid, match="can’t be read"):
            query_in(odd)
