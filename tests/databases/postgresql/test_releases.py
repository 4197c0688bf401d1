"""Two releases at once on one server: what one needs is not taken away by the other."""

from portal.core.storage.database import db
from portal.databases.engines.copies import copier_for
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.stage import approved
from tests.databases.test_migrate import migrate
from tests.releases.process import legacy_release
from tests.releases.test_two_releases import ended, release, status


def test_the_old_release_is_waited_for_and_then_shut_out(production, settings):
    run = approved(stage.start()).run
    db.session.commit()
    where = {"PRODUCTION_DATABASE_URL": production.url.render_as_string(hide_password=False)}

    with legacy_release(settings.data, **where) as old:
        state, outcome = ended(run)
        assert state is OperationState.REFUSED
        assert f"web process {old.process.pid}" in outcome
        assert "2025.11-legacy" in outcome
        assert old.get("/") == (200, "6 studios listed\n")
    assert ended(run)[0] is OperationState.DONE, "the same plan, once the old one is gone"

    after = copier_for(production.url).content()
    with release(settings, RELEASE_SERVES="0001", **where) as old:
        assert [status(f"{old}{path}") for path in ("/", "/studios", "/studios/x")] == [503] * 3
        assert status(f"{old}/ops/login") == 200
    again = migrate(run)
    assert again.state is OperationState.REFUSED, "both confirmations were good for once"
    assert "carried out already" in again.outcome
    assert copier_for(production.url).content() == after
