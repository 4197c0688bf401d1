"""The probes of a database on a server: its identity, and its schema against live releases."""

from datetime import timedelta

from portal.core.clock import now
from portal.core.storage.database import db
from portal.jobs.models import Lease, LeaseKind
from portal.monitoring.probes.measures.databases import measure_database, measure_schema
from portal.monitoring.probes.models import ProbeOutcome
from tests.databases.postgresql.conftest import superuser


def test_schema_and_database_on_a_server(production, database):
    found = measure_schema(production)
    assert found.outcome is ProbeOutcome.FAILED
    assert found.sentence.startswith("The database is at 0001, release ")
    assert measure_database(production).outcome is ProbeOutcome.PASSED
    at = now()
    times = {"started_at": at, "renewed_at": at, "expires_at": at + timedelta(minutes=5)}
    lease = {"kind": LeaseKind.WEB, "environment": "production", "host": "h", "pid": 1}
    db.session.add(Lease(uuid="1", release="c3ba9bd00000", serves=["0001"], **lease, **times))
    db.session.commit()
    assert measure_schema(production).outcome is ProbeOutcome.PASSED
    superuser(f'DROP DATABASE "{database}" WITH (FORCE)')
    assert measure_database(production).outcome is ProbeOutcome.FAILED
    assert measure_schema(production).outcome is ProbeOutcome.INCONCLUSIVE
