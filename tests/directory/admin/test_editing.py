"""Staff edit each section as its owner does; the history says who changed what."""

import pytest
from bs4 import Tag
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.accounts.models import Account
from portal.core.storage.database import changing_directory, db
from portal.databases.targets.config import Target
from portal.directory.admin.section import ALL
from portal.directory.batches.carrying import carry_out
from portal.directory.batches.requesting import request_batch
from portal.directory.claims.handover import hand_over
from portal.directory.claims.models import StudioRestriction
from portal.directory.history.drained import ENDS_STUDIO
from portal.directory.history.models import Change, ChangedBy
from portal.directory.history.reading import changes_of
from portal.directory.history.recording import STAFF, By
from portal.directory.models import (
    StudioProfile,
    StudioStatus,
    StudioStudioType,
    StudioType,
    VerificationLevel,
)
from portal.directory.owners.publishing import hide_studio
from portal.directory.users.models import SiteEvent, SiteLetter
from tests.directory.admin.studios import NOON, make_all
from tests.support.owners import make_user
from tests.support.pages import PageClient, words

STUDIO = "/ops/directory/studios/{}"


@pytest.fixture
def number(target: Target) -> int:
    """Of a studio that is published, and lacks nothing."""
    made = make_all(1)[0]
    with changing_directory():
        db.session.add(StudioStudioType(studio_id=made, studio_type=StudioType.HOME))
    return made


def fields_of(page: Tag, **typed: object) -> dict[str, object]:
    """What a browser sends of the section's form, with this typed into it."""
    sent: dict[str, object] = {}
    for each in page.select("form.form-column :is(input, textarea)[name]"):
        kind, name = each.get("type"), str(each["name"])
        if kind in {"checkbox", "radio"} and not each.has_attr("checked"):
            continue
        value = each.text.removeprefix("\n") if each.name == "textarea" else each.get("value", "")
        if kind == "checkbox" and name in {"types", "connections"}:
            sent.setdefault(name, []).append(value)  # type: ignore[union-attr]
        else:
            sent[name] = value
    sent |= typed
    return {name: value for name, value in sent.items() if value is not None}


def save(room: PageClient, number: int, section: str, **typed: object) -> TestResponse:
    address = f"{STUDIO.format(number)}/{section}"
    return room.post(address, data=fields_of(room.page(address), **typed))


def studio(number: int) -> StudioProfile:
    return db.session.get_one(StudioProfile, number, populate_existing=True)


def test_every_section_is_saved_with_its_history(
    room: PageClient, ana: Account, number: int
) -> None:
    for each in ALL:
        assert save(room, number, each.slug).status_code == 303, f"{each.slug}: nothing touched"
    assert not db.session.scalars(select(Change)).all()
    assert not db.session.scalars(select(SiteEvent)).all()
    typed = {
        "identity": {"name": "Kilimanjaro", "description": "Warm.", "reason": "As on its door"},
        "place": {"city": "Bristol", "full_address": "1 High Street"},
        "types": {"types": ["podcast", "home"], "connections": ["ipDTL"]},
        "services": {"services_offered": "Editing"},
        "equipment": {"equipment_list": "U 87"},
        "rates": {"rate_tier_3": "45", "show_rates": "y"},
        "hours": {"monday": "9-17", "zone": "Europe/London"},
        "contact": {"phone": "0117 496 0000", "website_url": "https://kili.example"},
        "staff": {"is_premium": "y", "verification_level": "full", "is_verified": None},
    }
    for section, some in typed.items():
        assert save(room, number, section, **some).status_code == 303, section
    row = studio(number)
    assert (row.name, row.city, row.rate_tier_3, row.is_verified) == (
        "Kilimanjaro", "Bristol", 45, False,
    )  # fmt: skip
    assert row.verification_level is VerificationLevel.FULL
    lines = changes_of(number, 1).items
    assert [each.by for each in lines] == ["Ana"] * len(typed)
    first = lines[-1]
    assert (first.reason, first.kind, first.words) == ("As on its door", "staff", "changed")
    assert {each.word: (each.before, each.after) for each in first.fields} == {
        "Name": ("Quiet Room 0", "Kilimanjaro"), "About the studio": ("nothing", "Warm."),
    }  # fmt: skip
    events = db.session.scalars(select(SiteEvent).where(SiteEvent.kind == STAFF)).all()
    assert {each.details["action"] for each in events} == {"studio.changed"}
    assert "Kilimanjaro" not in str([each.details for each in events])
    page = room.page(STUDIO.format(number))
    assert "Name: Quiet Room 0" in words(page.select_one("#history"))


def test_a_field_that_was_changed_elsewhere_is_not_overwritten(
    room: PageClient, number: int
) -> None:
    address = f"{STUDIO.format(number)}/identity"
    opened = fields_of(room.page(address), name="Mine", about="Also new")
    save(room, number, "identity", name="Theirs")
    answer = room.post(address, data=opened)
    assert answer.status_code == 409
    assert "Saved there: “Theirs”" in answer.text
    assert 'value="Mine"' in answer.text
    db.session.rollback()
    assert (studio(number).name, studio(number).about) == ("Theirs", "Also new")


def test_what_is_refused_comes_back_with_its_sentence(room: PageClient, number: int) -> None:
    lacking = save(room, number, "identity", name="", about="New")
    assert (lacking.status_code, "needs a name" in lacking.text) == (422, True)
    assert studio(number).about == "New", "the others are saved"
    phone = save(room, number, "contact", website_url="not an address", phone="1")
    assert (phone.status_code, "not an address" in phone.text) == (422, True)
    long = save(room, number, "staff", is_premium="y", reason="x" * 501)
    assert (long.status_code, "At most 500" in long.text) == (422, True)
    assert not studio(number).is_premium
    assert room.get(f"{STUDIO.format(number)}/nothing").status_code == 404
    with changing_directory():
        owner = studio(number).user_id
        db.session.add(StudioRestriction(user_id=owner, deleted_at=NOON, former={}))
    deleted = save(room, number, "identity", name="Back")
    assert (deleted.status_code, "Bring it back first" in deleted.text) == (409, True)


def test_one_change_is_taken_back_unless_it_was_changed_since(
    room: PageClient, number: int
) -> None:
    save(room, number, "identity", name="Typo", about="Ben")
    save(room, number, "contact", phone="0117 496 0000")
    hide_studio(studio(number).user_id)
    page = room.page(STUDIO.format(number))
    forms = [each["action"] for each in page.select("#history form")]
    assert len(forms) == 3, "hidden by its owner, contact, identity"
    hidden, _contact, identity = forms

    def undo(address: str) -> TestResponse:
        token = {"csrf_token": page.select_one('#history input[name="csrf_token"]')["value"]}
        return room.post(address, data=token)

    assert undo(identity).status_code == 303
    assert (studio(number).name, studio(number).about or "") == ("Quiet Room 0", "")
    by_owner = undo(hidden)
    assert (by_owner.status_code, "only its owner can show it" in by_owner.text) == (409, True)
    assert studio(number).status is StudioStatus.INACTIVE
    newest = changes_of(number, 1).items[0]
    assert (newest.by, newest.reason[:10]) == ("Ana", "Takes a ch")
    again = undo(identity)
    assert (again.status_code, "changed since" in again.text) == (409, True)
    assert (
        undo("/ops/directory/changes/00000000-0000-0000-0000-000000000000/undo").status_code == 404
    )


def test_what_an_owner_decided_about_their_address_is_not_taken_back_for_the_next(
    room: PageClient, number: int
) -> None:
    save(room, number, "contact", show_email="y")
    page = save_and_show(room, number)
    other = make_user("rosa@example.com").id
    with changing_directory():
        hand_over(number, other, by=By(ChangedBy.STAFF, 1, "Ana"))
    form = page.select("#history form")[0]
    token = {"csrf_token": form.select_one('input[name="csrf_token"]')["value"]}
    answer = room.post(form["action"], data=token)
    assert (answer.status_code, "another owner" in answer.text) == (409, True)
    assert not studio(number).show_email


def save_and_show(room: PageClient, number: int) -> Tag:
    """Without the tick, as a browser sends it."""
    address = f"{STUDIO.format(number)}/contact"
    sent = fields_of(room.page(address))
    del sent["show_email"]
    room.post(address, data=sent)
    return room.page(STUDIO.format(number))


def test_the_history_is_paged_and_long_texts_are_shortened(room: PageClient, number: int) -> None:
    for at in range(22):
        save(room, number, "identity", description=f"{at} " + "long words " * 40)
    page = room.page(STUDIO.format(number))
    assert len(page.select("#history > ol > li")) == 20
    assert "…" in words(page.select_one("#history ins"))
    whole = room.page(page.select_one('#history a[href*="texts=whole"]')["href"])
    assert "…" not in words(whole.select_one("#history ins"))
    second = room.page(whole.select_one('#history a[rel="next"]')["href"])
    assert len(second.select("#history > ol > li")) == 2


def test_a_restriction_that_is_taken_back_is_told_as_one_that_is_ended(
    room: PageClient, number: int
) -> None:
    """A restore would take the studio out of sight again, if nothing said that it ended."""
    account = db.session.scalar(select(Account))
    staff = By(ChangedBy.STAFF, account.id, account.name)
    batch_id = request_batch("hide", [number], by=staff, reason="Spam.")
    carry_out(batch_id)
    change = db.session.scalar(select(Change).where(Change.batch_id == batch_id))
    assert room.post(f"/ops/directory/changes/{change.id}/undo").status_code == 303
    assert studio(number).is_listed
    kinds = select(SiteEvent.kind).where(SiteEvent.kind.in_(ENDS_STUDIO)).order_by(SiteEvent.at)
    assert db.session.scalars(kinds).all() == ["studio-hidden", "studio-shown"]
    letters = select(SiteLetter.kind).order_by(SiteLetter.created_at)
    assert db.session.scalars(letters).all() == ["studio-hidden", "studio-returned"]
