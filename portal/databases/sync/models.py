"""The outcome of each sync."""

from datetime import datetime

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.storage.database import OpsModel, UtcDateTime
from portal.databases.sync.columns.rules import WHOLE_TABLE, Treatment


class Sync(OpsModel):
    """What a sync is about to put in a target's place; `finished_at` says that it did.

    `name` and `content_digest` say after a crash whether it was swapped in. `counts` has the copied
    rows by table, `columns` the treatment of each column that was not kept and of each table that
    was left behind, and `left_behind` names what the source has and its revisions don't create.
    """

    __tablename__ = "syncs"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    operation: Mapped[str] = mapped_column(index=True)
    source: Mapped[str]
    target: Mapped[str] = mapped_column(index=True)
    source_uuid: Mapped[str]
    database_uuid: Mapped[str]
    from_revision: Mapped[str | None]
    to_revision: Mapped[str | None]
    backup: Mapped[str]
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    columns: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    steps: Mapped[dict[str, float]] = mapped_column(JSON)
    left_behind: Mapped[list[str] | None] = mapped_column(JSON)
    content_digest: Mapped[str]
    asked_by: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def seconds(self) -> float | None:
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None

    @property
    def tables_left(self) -> dict[str, str]:
        """Why no row of them was copied, by table."""
        before = f"{Treatment.LEAVE}: "
        return {
            table: lines[WHOLE_TABLE].removeprefix(before)
            for table, lines in self.columns.items()
            if lines.get(WHOLE_TABLE, "").startswith(before)
        }

    @property
    def anonymised(self) -> int:
        """How many columns."""
        left = self.tables_left
        return sum(len(lines) for table, lines in self.columns.items() if table not in left)

    @property
    def rows(self) -> int:
        return sum(self.counts.values())
