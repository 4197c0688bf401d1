"""No process of a real production starts with a key that was made for development."""

import pytest

from portal.core.storage.database import db
from portal.databases.targets.registry import control_room
from tests.databases import stage
from tests.support.commands import run

SITE = ("-c", "import wsgi; print('started')")
WORKER = ("flask", "jobs", "work")


@pytest.fixture
def env(app, settings):
    """Without SECRET_KEY, as left by whoever set the processes up."""
    return {"PORTAL_DATA": str(settings.data)}


def production(*, is_demo: bool) -> None:
    control_room(is_demo=is_demo)
    db.session.commit()
    stage.place("production")
    db.session.commit()
    db.session.remove()


@pytest.mark.parametrize("words", [SITE, WORKER], ids=["site", "worker"])
def test_a_real_production_does_not_start(env, settings, words):
    production(is_demo=False)
    refused = run(*words, env=env)
    assert refused.code == 1
    assert refused.sentence == (
        "Error: SECRET_KEY is not set, and this control room guards a real production database."
        f" Set it for all processes; {settings.data / 'secret-key'} holds the one that was used so"
        " far."
    )
    assert run(*SITE, env={**env, "SECRET_KEY": "given"}).out == "started\n"


def test_a_demo_starts(env):
    production(is_demo=True)
    assert run(*SITE, env=env).out == "started\n"


def test_commands_are_there_in_a_bad_night(env):
    production(is_demo=False)
    assert run("flask", "databases", "status", env=env).code == 0


def test_a_site_that_can_not_ask_serves_reads(env, settings):
    """Its control room is lost: that it is real can't be known, and visitors go on reading."""
    production(is_demo=False)
    for engine in db.engines.values():
        engine.dispose()
    for file in settings.data.glob("ops.sqlite3*"):
        file.unlink()
    assert run(*SITE, env=env).out == "started\n"
