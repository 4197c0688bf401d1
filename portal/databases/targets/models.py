"""This control room and the databases that it knows."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, LargeBinary, false
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import now
from portal.core.configuration.settings import Environment
from portal.core.storage.database import OpsModel, UtcDateTime, word


class ControlRoom(OpsModel):
    """This control room: one row. Its key signs the identities of its databases.

    `uuid` is its permanent id, also after the row is restored from a backup; `title`: where and
    when it was set up, for people.
    """

    __tablename__ = "control_room"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    uuid: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    identity_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class RegisteredTarget(OpsModel):
    """A database that this control room knows, by its identity and not by its URL.

    `lease_place`: the number of the place beside it that stores the leases, once every live process
    has written there. `taken_by`: the stamp of another control room that was already reported.
    `public_address`: where its visitors find its site, for probes.
    """

    __tablename__ = "registered_targets"

    name: Mapped[str] = mapped_column(primary_key=True)
    application: Mapped[str]
    environment: Mapped[Environment] = mapped_column(word(Environment))
    database_uuid: Mapped[str] = mapped_column(unique=True)
    anchor: Mapped[dict[str, Any]] = mapped_column(JSON)
    address: Mapped[str]
    is_demo: Mapped[bool] = mapped_column(default=False)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    revision: Mapped[str | None]
    schema_digest: Mapped[str | None]
    schema_objects: Mapped[dict[str, str] | None] = mapped_column(JSON)
    maintenance_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    maintenance_by: Mapped[str | None]
    maintenance_because: Mapped[str | None]
    maintenance_operation: Mapped[str | None]
    lease_place: Mapped[str | None]
    taken_by: Mapped[str | None]
    requires_window: Mapped[bool] = mapped_column(default=False, server_default=false())
    public_address: Mapped[str | None]

    @property
    def is_in_maintenance(self) -> bool:
        return self.maintenance_since is not None
