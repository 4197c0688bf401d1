"""A production on PostgreSQL is lost: it stands again from the store and the key."""

import pytest

from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.files import file_of
from portal.databases.engines.copies import copier_for
from portal.databases.restores.comparison import compare
from portal.databases.restores.into_empty_target import is_vacant
from portal.databases.targets.identity import IdentityState, judge
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.postgresql.conftest import as_worker, superuser
from tests.databases.stage import ANA
from tests.databases.test_lost_production import CLAIMS, words
from tests.support.cast import log_in, make_account

PHRASE = "RESTORE PRODUCTION"


@pytest.fixture
def settings(tmp_path, database):
    (tmp_path / "away").mkdir()
    return load_settings(
        {
            "PORTAL_DATA": str(tmp_path / "data"),
            "SECRET_KEY": "only for tests",
            "PRODUCTION_DATABASE_URL": as_worker(database).render_as_string(hide_password=False),
            "BACKUP_URL": f"file:{tmp_path / 'away'}",
        }
    )


def test_it_comes_back_from_the_store(production, database, execute, client):
    name = stage.operate("databases.backup").result["backup"]
    stage.operate("backups.copy", target=None)
    held = copier_for(production.url).content()
    execute("INSERT INTO studios (owner_id, name) SELECT min(owner_id), 'New' FROM studios")
    backup = backup_named(name)
    [studios] = [each for each in compare(production, backup) if each.loses]
    assert (studios.table, studios.now - studios.then, studios.created) == ("studios", 1, 1)
    assert len(studios.newest) == 1

    place = {"by": ANA, "backup": name, "text": PHRASE}
    assert stage.operate("databases.place", **place).state is OperationState.REFUSED  # it stands
    superuser(f'DROP DATABASE "{database}" WITH (FORCE)')
    file_of(backup).unlink()
    assert is_vacant(production)
    assert judge(production).state is IdentityState.MISSING
    log_in(client, make_account("ana"))
    for path in ("/ops/databases", "/ops/backups"):
        assert CLAIMS.findall(words(client.page(path).main)) == [], path
    db.session.rollback()

    assert stage.operate("backups.fetch", target=None, backup=name).is_done
    operation = stage.operate("databases.place", **place)
    assert operation.is_done, operation.outcome
    assert judge(production).fits  # the registered one, at its registered address
    found = copier_for(production.url).content()
    assert {name: found.counts[name] for name in held.counts} == held.counts
    assert held.differs_in(found) in ([], ["portal_identity"])
