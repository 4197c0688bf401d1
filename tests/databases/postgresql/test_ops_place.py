"""On PostgreSQL too: set-up writes nothing where a target stands, or something foreign."""

import pytest

from portal.app import create_app
from portal.control.ops import prepare_ops
from portal.core.errors import Refused
from portal.core.settings import load_settings
from portal.databases.engines.copies import copier_for
from tests.databases.postgresql.conftest import WORKER, superuser


def set_up(url, folder):
    address = url.render_as_string(hide_password=False)
    given = {"PORTAL_DATA": str(folder), "SECRET_KEY": "k", "OPS_DATABASE_URL": address}
    with create_app(load_settings(given)).app_context():
        prepare_ops()


def test_production_is_not_filled_with_a_control_room(production, tmp_path):
    before = copier_for(production.url).content()

    with pytest.raises(Refused, match="whose label says studio-directory, production"):
        set_up(production.url, tmp_path / "other")

    assert copier_for(production.url).content() == before


def test_without_its_label_or_in_another_schema_it_is_foreign(production, tmp_path):
    name = production.url.database
    owned = f"CREATE SCHEMA shop AUTHORIZATION {WORKER}", "CREATE TABLE shop.orders (id int)"
    superuser(*owned, f"ALTER TABLE shop.orders OWNER TO {WORKER}", database=name)
    superuser("DROP TABLE portal_identity CASCADE", database=name)
    before = copier_for(production.url).content()

    with pytest.raises(Refused, match="leads to a database with other tables"):
        set_up(production.url, tmp_path / "other")

    assert copier_for(production.url).content() == before
