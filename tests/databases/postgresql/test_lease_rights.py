"""The sites' role beside the worker's: which rows of the leases each may write."""

import psycopg
import pytest

from portal.databases.engines import leases_beside
from portal.databases.engines.beside import LEASES_TABLE, PLACE_TABLE
from portal.databases.policies.target_leases import place_of
from portal.databases.targets import database_roles
from portal.jobs.leases.holder import LeaseHolder
from tests.databases.postgresql.conftest import dsn
from tests.databases.postgresql.test_roles import SITE, served, settings
from tests.databases.rooms_at import living

__all__ = ["served", "settings"]


def test_the_sites_role_writes_its_own_rows_and_no_others(served, settings, database):
    with living(settings.ops_url, served) as worker:
        assert database_roles.renew_rights(served) == []
        with psycopg.connect(dsn(database, SITE), autocommit=True) as site:
            for told in ("renewals = 99", "room = 'x'"):
                changed = site.execute(f"UPDATE {LEASES_TABLE} SET {told}".encode())
                assert changed.rowcount == 0
            assert site.execute(f"DELETE FROM {LEASES_TABLE}".encode()).rowcount == 0
            for sql in (f"UPDATE {PLACE_TABLE} SET id = 'x'", f"DROP TABLE {LEASES_TABLE}"):
                with pytest.raises(psycopg.Error):
                    site.execute(sql.encode())
        assert [each.uuid for each in place_of(served).read().leases] == [worker.uuid]


def test_a_site_runs_under_its_own_role(served, settings, execute):
    with living(settings.ops_url, served) as worker:
        site = LeaseHolder(settings.ops_url, "web", "production", [])
        site.renew()
        site.beside.stand_at([leases_beside(served.site_url)])
        assert site.beside.faults() == {}
        found = execute(f"SELECT uuid, holder FROM {LEASES_TABLE} ORDER BY holder")
        assert dict(found) == {site.uuid: SITE, worker.uuid: served.url.username}
        site.end()
