"""What the guard says of a refusal to the audit log, and what it answers when it lets through."""

import pytest

from portal.core.errors import Refusal, Refused
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.migrations import guard
from portal.databases.migrations.guard import Move
from portal.databases.targets.config import target_named
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
        judgement = guard.authorise(connection, target, move=move)
        assert judgement.fits
