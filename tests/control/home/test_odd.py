"""A row of the statement of home that can't be read costs its own line, and home names it."""

import pytest
from flask.testing import FlaskClient

from portal.accounts.models import Account
from portal.control.home.alerts import sources
from portal.core.storage.database import db
from portal.databases.policies.models import Override, OverrideKind
from portal.incidents.models import ReportShare
from tests.control.home.test_states import run_on
from tests.support.databases import PENDING, change_ops_by_hand
from tests.support.pages import words

ODD = ("overrides SET given_at = 'soon'", "runs SET started_at = 'soon'")


@pytest.mark.parametrize("change", ODD)
def test_it_costs_its_line_and_is_named(client: FlaskClient, ana: Account, change: str):
    for reason in ("A first one", "Another one"):
        db.session.add(
            Override(kind=OverrideKind.WINDOW, target="production", subject="s", reason=reason,
                     given_by="Omar")
        )  # fmt: skip
    db.session.add(run_on("production", ana))
    db.session.commit()
    change_ops_by_hand(f"UPDATE {change} WHERE id = 1")
    said = words(client.page("/ops").main)
    assert "Another one" in said
    table = change.split(maxsplit=1)[0]
    assert f"Row 1 of table {table} can’t be read" in words(client.page("/ops").main)


def test_a_row_that_stops_one_source_is_named_and_then_left_out(client: FlaskClient, ana: Account):
    share = {"sha256": "0" * 64, "source": "# Gone", "shared_by": "ana"}
    db.session.add_all([ReportShare(slug=slug, **share) for slug in ("gone", "away")])
    db.session.commit()
    change_ops_by_hand("UPDATE report_shares SET shared_at = 'soon' WHERE id = 1")
    sources._searched.clear()
    said = words(client.page("/ops").main)
    assert "Row 1 of table report_shares can’t be read" in said
    assert f"Production is {len(PENDING)} changes behind." in said
    assert "Row 1 of table report_shares can’t be read" in words(client.page("/ops").main)
