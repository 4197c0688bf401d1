"""Two releases at once, each a real process: what one needs is not taken away by the other."""

import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal.core.errors import Refused
from portal.core.storage.database import db
from portal.databases.policies.release_gate import refuse_unless_served
from portal.databases.policies.target_leases import place_of
from portal.databases.targets.registry import control_room
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.beside_cases import nobody_left
from tests.databases.stage import approved
from tests.databases.test_migrate import migrate
from tests.releases.process import legacy_release
from tests.support.commands import PIPE, Forked
from tests.support.databases import HEAD, LEGACY, dump, file_of, make_database
from tests.support.leases import let_leases_run_out


@contextmanager
def release(settings, **more: str) -> Iterator[str]:
    """This release, serving production; gives its address."""
    env = {"PORTAL_ENV": "production", "PORTAL_DATA": str(settings.data), "SECRET_KEY": "t"}
    process = Forked("-m", "tests.releases.present", env={**env, **more}, stdout=PIPE)
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().split()[-1]}"
    finally:
        process.send_signal(2)
        process.communicate(timeout=20)


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def ended(run: str) -> tuple[OperationState, str | None]:
    """How the change ended; the ops database is let go, so that processes can give leases back."""
    operation = migrate(run)
    found = operation.state, operation.outcome
    db.session.rollback()
    return found


@pytest.fixture
def production(app):
    control_room(is_demo=True)
    return make_database("production", LEGACY, studios=12)


def test_a_contract_waits_for_the_old_process_and_the_new_one_wakes_by_itself(production, settings):
    run = approved(stage.start()).run
    db.session.commit()
    with release(settings) as new:
        with legacy_release(settings.data) as old:
            refused = ended(run)
            assert refused[0] is OperationState.REFUSED
            assert f"web process {old.process.pid}" in refused[1]
            assert "2025.11-legacy" in refused[1]
            assert old.get("/")[0] == 200
            assert status(f"{new}/studios") == 503

        state, outcome = ended(run)
        assert state is OperationState.DONE, outcome
        assert status(f"{new}/studios") == 200


def test_a_killed_site_blocks_a_contract_until_it_was_watched(production, settings):
    """Its row beside the directory stays, whatever becomes of its lease in ops."""
    with release(settings) as new:
        assert status(f"{new}/ops/login") == 200
        [row] = place_of(production).read().leases
        assert (row.room, row.room_title) == (control_room().uuid, control_room().title)
        db.session.rollback()
        os.kill(row.pid, signal.SIGKILL)
        let_leases_run_out()
        with pytest.raises(Refused, match=f"web process {row.pid}"):
            refuse_unless_served(production, LEGACY)
        db.session.rollback()
        nobody_left(production)
        refuse_unless_served(production, LEGACY)


def test_old_code_on_a_newer_schema_shows_its_maintenance_page_and_writes_nothing(app, settings):
    control_room(is_demo=True)
    production = make_database("production", HEAD, studios=12)
    before = dump(file_of(production))
    with release(settings, RELEASE_SERVES="0001") as old:
        assert [status(f"{old}{path}") for path in ("/", "/studios", "/studios/x")] == [503] * 3
        assert status(f"{old}/ops/login") == 200

    assert dump(file_of(production)) == before
