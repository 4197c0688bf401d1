"""Times that PostgreSQL stores and Python has none for."""

import pytest

from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from portal.databases.targets.registry import control_room
from tests.databases import stage
from tests.databases.postgresql.conftest import as_worker, placed, template


@pytest.fixture
def settings(tmp_path, database):
    address = as_worker(database).render_as_string(hide_password=False)
    environ = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"}
    return load_settings(environ | {"PORTAL_ENV": "production", "PRODUCTION_DATABASE_URL": address})


@pytest.mark.parametrize("time", ["infinity", "-infinity", "0001-01-01 00:00:00 BC"])
def test_infinity_and_years_before_christ_cost_their_place(app, client, execute, database, time):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    control_room(is_demo=True)
    placed(template(6, stage.HEAD), database)
    pages = ["/", "/studios", "/studios?sort=newest", "/studios?q=voice"]
    assert [client.get(page).status_code for page in pages] == [200] * 4
    studios = [each["href"] for each in client.page("/studios").select("main article a[href]")]
    assert [client.get(each).status_code for each in studios] == [200] * len(studios)
    [(odd,)] = execute(
        f"UPDATE reviews SET created_at = '{time}'",
        f"UPDATE studio_profiles SET created_at = '{time}' WHERE id ="
        " (SELECT min(id) FROM studio_profiles WHERE status = 'active') RETURNING id",
    )
    db.session.remove()
    assert [client.get(page).status_code for page in pages] == [200] * 4
    others = [each for each in studios if not each.endswith(f"-{odd}")]
    assert [client.get(each).status_code for each in others] == [200] * len(others)
    assert {client.get(each).status_code for each in studios} <= {200, 503}
