"""The statements of an append, as text for the driver.

Executing them as SQLAlchemy's constructs took longer than the database itself.
"""

from typing import NamedTuple

from portal.audit.models import Personal

COLUMNS = "seq, canonical, leaf, chain, at, actor_id, actor_role, action, outcome, target"
BESIDE = "INSERT INTO audit_personal (seq, field, salt, value) VALUES"


class Statements(NamedTuple):
    """`head` locks the log, unless the beginning of the transaction did. `beside`: by the number
    of rows."""

    head: str
    move: str
    entry: str
    beside: tuple[str, ...]


def _with(mark: str, lock: str = "") -> Statements:
    row = f"({', '.join([mark] * 4)})"
    return Statements(
        f"SELECT seq, chain FROM audit_head{lock}",  # noqa: S608
        f"UPDATE audit_head SET seq = {mark}, chain = {mark}",  # noqa: S608
        f"INSERT INTO audit ({COLUMNS}) VALUES ({', '.join([mark] * 10)})",  # noqa: S608
        tuple(f"{BESIDE} {', '.join([row] * rows)}" for rows in range(len(Personal) + 1)),
    )


SQLITE, POSTGRESQL = _with("?"), _with("%s", " FOR UPDATE")
