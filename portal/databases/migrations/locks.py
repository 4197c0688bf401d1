"""Which locks a change takes, derived from the SQL of the rehearsal."""

from portal.databases.migrations.sql import Action, Does, Sql

STRONGEST_FIRST = {
    "ACCESS EXCLUSIVE": "reads and writes wait until the change is committed",
    "SHARE": "writes wait until the change is committed",
    "ROW EXCLUSIVE": "writes to the same rows wait",
}
ROWS = (Does.INSERT, Does.REPLACE, Does.UPDATE, Does.DELETE)


def lock_hints(sql: Sql) -> list[str]:
    """A sentence for each lock strength; a table is listed with its strongest lock only.

    PostgreSQL's locks: on SQLite one writer locks the whole file, and readers continue.
    """
    strongest: dict[str, str] = {}
    order = list(STRONGEST_FIRST)
    for action in sql.actions:
        if mode := _lock(action):
            held = strongest.get(action.table.name, mode)
            strongest[action.table.name] = min(held, mode, key=order.index)
    return [
        f"{mode} on {', '.join(tables)}: {means}."
        for mode, means in STRONGEST_FIRST.items()
        if (tables := sorted(table for table, held in strongest.items() if held == mode))
    ]


def _lock(action: Action) -> str | None:
    """None for what blocks no one: a new table, an index that is created concurrently."""
    if action.does in ROWS:
        return "ROW EXCLUSIVE"
    if action.does is Does.INDEX:
        return "SHARE" if action.waits else None
    is_made = action.does is Does.CREATE_TABLE
    return None if is_made or not action.table.name else "ACCESS EXCLUSIVE"
