"""Studios with their owners, made for tests; what staff do with them, carried out here."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from portal.accounts.models import Account
from portal.core.storage.database import changing_directory, db
from portal.directory.batches.requesting import request_batch, request_undo
from portal.directory.batches.tasks import ACT, begin_operations_that_are_missing
from portal.directory.history.models import Batch, ChangedBy
from portal.directory.history.recording import By
from portal.directory.models import (
    Role,
    StudioProfile,
    StudioStatus,
    StudioStudioType,
    StudioType,
    User,
)
from portal.directory.owners.own import FLAGS
from portal.directory.unattended import waiting
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import perform

REASON = "Its address is that of a bakery."


def make_studios(count: int, *, listed: bool = True, **more: Any) -> list[int]:
    """Complete ones, each with its owner; their numbers."""
    with changing_directory():
        rows = [_studio(at, listed=listed, **more) for at in range(count)]
        db.session.add_all(rows)
        db.session.flush()
        return [each.id for each in rows]


def _studio(at: int, *, listed: bool, **more: Any) -> StudioProfile:
    name = more.pop("owner", "owner")
    user = User(
        email=f"{name}{at}@example.com", username=f"{name}{at}", display_name=f"Owner {at}",
        password_hash="-", role=Role.OWNER, email_verified=True,
    )  # fmt: skip
    status = StudioStatus.ACTIVE if listed else StudioStatus.DRAFT
    values = dict.fromkeys(FLAGS, False) | {
        "name": f"Quiet Room {at}", "short_about": "A room.", "city": "Leeds", "status": status,
        "is_profile_visible": listed,
    }  # fmt: skip
    studio = StudioProfile(user=user, **(values | more))
    studio.types = [StudioStudioType(studio_type=StudioType.HOME)]
    return studio


def by(account: Account) -> By:
    found = By(ChangedBy.STAFF, account.id, account.name)
    db.session.rollback()
    return found


def do(name: str, numbers: Sequence[int], who: By, **more: Any) -> Batch:
    """Asked for and carried out, as by the worker."""
    more.setdefault("reason", REASON)
    return carried_out(request_batch(name, numbers, by=who, **more))


def undo(batch: Batch, who: By) -> Batch:
    return carried_out(request_undo(batch.id, by=who))


def carried_out(batch_id: str) -> Batch:
    work()
    return db.session.get_one(Batch, batch_id, populate_existing=True)


def work() -> list[Operation]:
    """What the worker would carry out now, whoever asked."""
    db.session.rollback()
    with_patience = waiting.BEGUN_BY_PAGE
    waiting.BEGUN_BY_PAGE = -with_patience
    try:
        begin_operations_that_are_missing()
    finally:
        waiting.BEGUN_BY_PAGE = with_patience
    query = select(Operation).where(
        Operation.kind == ACT, Operation.state == OperationState.WAITING
    )
    return [perform(each) for each in db.session.scalars(query).all()]


def studio(number: int) -> StudioProfile:
    return db.session.get_one(StudioProfile, number, populate_existing=True)
