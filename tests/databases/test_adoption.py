"""Adopting: by an admin's typed phrase, with a reason, recorded; and what can't be adopted."""

from dataclasses import replace

import pytest

from portal.audit.actor import at_the_console
from portal.core.errors import Conflict, PortalError, Refused
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.policies.models import OverrideKind
from portal.databases.policies.overrides import give_override, override_of
from portal.databases.targets.adoption import adopt, phrase_for
from portal.databases.targets.config import target_named
from portal.databases.targets.identity import IdentityState, judge
from portal.databases.targets.identity_label import read_label
from portal.databases.targets.models import ControlRoom, RegisteredTarget
from portal.databases.targets.registry import control_room
from tests.support.databases import (
    LEGACY,
    change_by_hand,
    copy_file,
    dump,
    file_of,
    forget,
    make_database,
    prepared_file,
    url_of,
)


def take_in(target, phrase=None, reason="It was restored from another machine."):
    phrase = phrase or phrase_for(target, judge(target))
    db.session.rollback()
    return adopt(target, phrase=phrase, reason=reason, by=at_the_console())


def uuid_of(target):
    with engine_for(target.url).reading() as connection:
        return read_label(connection).database_uuid


@pytest.fixture
def unlabelled(app):
    """A production of before this product: tables, rows, and no identity."""
    target = target_named("production")
    file_of(target).parent.mkdir(parents=True, exist_ok=True)
    copy_file(prepared_file(LEGACY, 12), file_of(target))
    return target


@pytest.mark.parametrize("name", ["development", "production"])
def test_an_unlabelled_database_becomes_what_the_admin_says(unlabelled, name, audited):
    target = replace(target_named(name), url=unlabelled.url)
    file_of(unlabelled).rename(file_of(target_named(name)))
    target = target_named(name)

    row = take_in(target, phrase=f"ADOPT {name.upper()}")

    assert judge(target).fits
    assert (row.name, row.revision) == (name, LEGACY)
    assert audited() == [("target.adopted", "done", name)]


def test_an_override_was_given_for_what_was_there_before(unlabelled):
    give_override(
        OverrideKind.SOAK, unlabelled, subject="9c41", reason="Urgent", by=at_the_console()
    )
    db.session.commit()
    assert override_of(OverrideKind.SOAK, unlabelled, "9c41")

    take_in(unlabelled)
    assert override_of(OverrideKind.SOAK, unlabelled, "9c41") is None


def test_adopting_leaves_every_other_row_alone(unlabelled):
    before = dump(file_of(unlabelled))

    take_in(unlabelled)

    assert [line for line in dump(file_of(unlabelled)) if "portal_" not in line] == before


@pytest.mark.parametrize(
    "phrase",
    ["adopt production", "ADOPT PRODUCTION ", "ADOPT  PRODUCTION", "ADOPT DEVELOPMENT", "АDOPT"],
)
def test_nearly_the_phrase_changes_nothing(unlabelled, phrase):
    before = dump(file_of(unlabelled))

    with pytest.raises(Refused, match="not exactly") as refused:
        take_in(unlabelled, phrase=phrase)

    assert dump(file_of(unlabelled)) == before
    assert refused.value.refusal.action == "target.adopted"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_is_needed(unlabelled, reason):
    with pytest.raises(Refused, match="Say why"):
        take_in(unlabelled, reason=reason)


def test_an_unknown_production_is_adopted_with_the_identity_it_has(room):
    before = uuid_of(room.production)
    forget("production")

    take_in(room.production)

    assert judge(room.production).fits
    assert uuid_of(room.production) == before


def test_an_unknown_production_is_never_adopted_as_development(room):
    forget("production")
    forget("development")
    room.development_file.unlink()
    room.production_file.rename(room.development_file)
    before = dump(room.development_file)

    with pytest.raises(Refused, match="only as production"):
        take_in(room.development, phrase="ADOPT DEVELOPMENT")
    assert dump(room.development_file) == before


def test_an_unknown_development_is_never_adopted_as_production(room):
    forget("production")
    forget("development")
    room.production_file.unlink()
    room.development_file.rename(room.production_file)

    with pytest.raises(Refused, match="only as development"):
        take_in(room.production, phrase="ADOPT PRODUCTION")


def test_a_moved_database_is_anchored_again_with_a_phrase_of_its_own(room, audited):
    kept = room.production_file.rename(room.production_file.with_name("kept.sqlite3"))
    target = replace(room.production, url=url_of(kept))
    assert phrase_for(target, judge(target)) == "RE-ANCHOR PRODUCTION"

    with pytest.raises(Refused, match="RE-ANCHOR PRODUCTION"):
        take_in(target, phrase="ADOPT PRODUCTION")
    db.session.rollback()
    take_in(target)

    assert judge(target).fits
    assert audited() == [("target.adopted", "done", "production")]


def test_a_copy_is_not_adopted_while_the_original_answers(room):
    beside = copy_file(room.production_file, room.production_file.with_name("beside.sqlite3"))
    target = replace(room.production, url=url_of(beside))

    with pytest.raises(Refused, match="Fix PRODUCTION_DATABASE_URL"):
        take_in(target, phrase="ADOPT PRODUCTION")
    assert judge(target).state is IdentityState.COPY


def test_a_copy_with_an_altered_label_is_not_adopted_either(room):
    beside = copy_file(room.production_file, room.production_file.with_name("beside.sqlite3"))
    change_by_hand(beside, "UPDATE portal_identity SET stamped_at = 'later'")
    target = replace(room.production, url=url_of(beside))

    with pytest.raises(Refused, match="still answers"):
        take_in(target, phrase="ADOPT PRODUCTION")


def test_a_copy_of_production_does_not_become_development(room):
    room.development_file.unlink()
    copy_file(room.production_file, room.development_file)

    with pytest.raises(Refused, match="never becomes development.*flask databases sync"):
        take_in(room.development, phrase="ADOPT DEVELOPMENT")


def test_a_copy_of_development_gets_an_identity_of_its_own(room):
    original = uuid_of(room.development)
    beside = copy_file(room.development_file, room.development_file.with_name("beside.sqlite3"))
    copy = replace(room.development, url=url_of(beside))
    assert "flask databases adopt development" in str(judge(copy))

    row = take_in(copy)

    assert judge(copy).fits
    assert row.database_uuid == uuid_of(copy) != original == uuid_of(room.development)
    assert judge(room.development).state is IdentityState.UNKNOWN


def test_an_original_with_a_copy_at_the_other_address_stays_what_it_is(room):
    room.production_file.unlink()
    copy_file(room.development_file, room.production_file)

    with pytest.raises(Refused, match="Fix PRODUCTION_DATABASE_URL"):
        take_in(room.development, phrase="ADOPT DEVELOPMENT")


def test_an_altered_label_is_stamped_again_as_what_is_registered(room):
    before = uuid_of(room.production)
    change_by_hand(room.production_file, "UPDATE portal_identity SET environment = 'development'")

    take_in(room.production)

    assert judge(room.production).fits
    assert uuid_of(room.production) == before


def test_after_ops_was_lost_every_database_can_be_taken_in_again(room):
    for row in db.session.query(RegisteredTarget):
        db.session.delete(row)
    db.session.delete(db.session.get(ControlRoom, 1))
    db.session.commit()
    assert judge(room.production).state is IdentityState.UNKNOWN

    take_in(room.production)
    take_in(room.development)

    assert judge(room.production).fits
    assert judge(room.development).fits


def test_an_empty_database_can_be_stamped(app):
    target = target_named("production")
    engine_for(target.url).create()

    take_in(target)

    assert judge(target).fits


def test_an_empty_file_does_not_replace_a_production_that_still_answers(room):
    elsewhere = replace(
        room.production, url=url_of(room.production_file.with_name("empty.sqlite3"))
    )
    engine_for(elsewhere.url).create()

    with pytest.raises(Refused, match="still answers"):
        take_in(elsewhere, phrase="ADOPT PRODUCTION")


def test_what_fits_needs_no_adoption(room):
    with pytest.raises(Conflict, match="nothing to adopt"):
        take_in(room.production)


def test_swapped_addresses_are_mended_and_not_adopted(room):
    swapped = replace(room.development, url=room.production.url)

    with pytest.raises(Refused, match="Fix|Give each"):
        take_in(swapped, phrase="ADOPT DEVELOPMENT")


def test_nothing_is_adopted_where_nothing_is(app):
    with pytest.raises(PortalError, match="no database"):
        take_in(target_named("production"), phrase="ADOPT PRODUCTION")
    assert not file_of(target_named("production")).exists()


def test_a_demo_takes_in_no_database_of_somebody_elses(unlabelled):
    control_room(is_demo=True)
    db.session.commit()

    with pytest.raises(Refused, match="a demo"):
        take_in(unlabelled)


def test_what_a_demo_makes_is_a_demo(app):
    control_room(is_demo=True)
    db.session.commit()
    make_database("production", LEGACY)

    assert db.session.get(RegisteredTarget, "production").is_demo
