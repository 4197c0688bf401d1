"""What the guard says of a refusal to the audit log, and what it answers when it lets through."""

import pytest

from portal.core.errors import Refusal, Refused
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.migrations import guard
from portal.databases.migrations.guard import Move
from portal.databases.targets.config import target_named
from portal.databases.targets.control_rooms import room_of_label, this_room
from portal.databases.targets.identity_label import read_label
from tests.conftest import make_file
from tests.support.changes import change
from tests.support.databases import HEAD, file_of


def test_a_refusal_names_the_command_and_where_it_led(room):
    with pytest.raises(Refused) as refused:
        change(room.production)
    said = refused.value.refusal
    assert said
    assert said.details
    assert (said.action, said.target) == ("migration.refused", "production")
    assert said.details["command"]
    assert said.details["to"] == HEAD


@pytest.mark.parametrize(
    ("typed", "words"), [("", "upgrade"), ("flask db upgrade head", "flask db upgrade head")]
)
def test_a_refusal_names_what_was_typed_or_else_the_command(room, typed, words):
    move = Move("upgrade", (HEAD,), HEAD, typed)
    with (
        pytest.raises(Refused, match=f"and `{words}` has no ticket") as refused,
        engine_for(room.production.url).changing() as connection,
    ):
        guard.authorise(connection, room.production, move=move)
    details = {"command": words, "to": HEAD}
    assert refused.value.refusal == Refusal("migration.refused", "production", details)


def test_a_rehearsal_on_the_database_itself_is_recorded_as_one(room):
    with pytest.raises(Refused) as refused:
        change(room.production, rehearsal=True)
    wanted = Refusal("migration.refused", "production", {"command": "rehearsal"})
    assert refused.value.refusal == wanted


def test_an_empty_database_is_the_one_that_was_asked_for_once_it_is_stamped(app):
    target = target_named("development")
    make_file(file_of(target))
    with engine_for(target.url).changing(SchemaAccess.SCRATCH) as connection:
        move = Move("upgrade", (HEAD,), HEAD)
        for _ in ("stamped", "as it is"):
            assert guard.authorise(connection, target, move=move).fits
        label = read_label(connection)
        assert label
        assert room_of_label(connection, label) == this_room(), "it says whose it is"
