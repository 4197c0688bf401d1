import pytest

from portal.jobs.models import Operation, OperationState
from tests.databases import stage
from tests.databases.stage import approved
from tests.databases.test_migrate import migrate

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def run() -> str:
    """A run whose change was carried out."""
    stage.place(studios=6)
    ticket = approved(stage.start())
    assert migrate(ticket.run).is_done
    return str(ticket.run)


def verify(run: str) -> Operation:
    return stage.operate("databases.verify", run=run)


def refused(run: str, saying: str) -> None:
    operation = verify(run)
    assert operation.state is OperationState.REFUSED
    assert saying in operation.outcome


def harm(sql: str) -> None:
    stage.execute(stage.target_named("production"), sql)


def test_what_the_change_left_is_what_the_plan_promised(run):
    operation = verify(run)

    assert operation.is_done, operation.outcome
    assert all(each["holds"] for each in operation.result["invariants"])


def test_what_people_write_since_is_no_loss(run):
    harm(
        "UPDATE users SET display_name = 'new', email = 'a-longer-address@example.com' WHERE id = 1"
    )

    assert verify(run).is_done


def test_rows_that_went_missing_are_named(run):
    harm("DELETE FROM studio_images WHERE id IN (SELECT min(id) FROM studio_images)")

    refused(run, "every row of studio_images is still there")


def test_another_revision_is_named(run):
    harm("UPDATE alembic_version SET version_num = '0001'")

    refused(run, "is at 0001")


def test_a_schema_changed_by_hand_is_named(run):
    harm("CREATE TABLE by_hand (id)")

    refused(run, "another schema")


def test_another_identity_is_named(run):
    harm("UPDATE portal_identity SET environment = 'development'")

    refused(run, "")


def test_before_the_change_there_is_nothing_to_verify(ticket):

    refused(ticket.run, "nothing to verify")
