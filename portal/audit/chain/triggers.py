"""Database triggers that make the log append-only.

SQLite's INSERT OR REPLACE bypasses update and delete triggers, so the insert trigger checks the
sequence. A role that may drop triggers can still change rows: the chain detects that.
`metadata.create_all` creates these with the tables; the ops migration executes the same SQL.
"""

from sqlalchemy import DDL, Table, event

from portal.audit.chain.hashing import GENESIS
from portal.audit.models import AuditEntry, AuditHead, AuditPersonal

APPEND_ONLY = "The audit log is append-only."
OUT_OF_TURN = "The audit log takes entries in turn only."
HEAD_MOVES = "The head of the audit log moves one entry at a time."

HEAD_ROW = f"INSERT INTO audit_head (id, seq, chain) VALUES (1, 0, '{GENESIS}')"  # noqa: S608

_WRONG_TURN = """NEW.seq <> (SELECT seq FROM audit_head WHERE id = 1)
    OR EXISTS (SELECT 1 FROM audit WHERE seq >= NEW.seq)"""
_WRONG_MOVE = "NEW.id <> 1 OR NEW.seq NOT IN (OLD.seq, OLD.seq + 1)"


def _sqlite(name: str, moment: str, table: str, words: str, when: str = "1") -> str:
    return (
        f"CREATE TRIGGER {name} BEFORE {moment} ON {table} WHEN {when}\n"
        f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
    )


def _postgresql(name: str, moment: str, table: str, words: str, when: str = "TRUE") -> str:
    level = "STATEMENT" if moment == "TRUNCATE" else "ROW"
    given = "NULL" if level == "STATEMENT" or moment == "DELETE" else "NEW"
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN IF {when} THEN RAISE EXCEPTION '{words}'; END IF; RETURN {given}; END $$;\n"
        f"CREATE TRIGGER {name} BEFORE {moment} ON {table}\n"
        f"FOR EACH {level} EXECUTE FUNCTION {name}()"
    )


SQLITE: dict[str, tuple[str, ...]] = {
    "audit": (
        _sqlite("audit_no_update", "UPDATE", "audit", APPEND_ONLY),
        _sqlite("audit_no_delete", "DELETE", "audit", APPEND_ONLY),
        _sqlite("audit_in_turn", "INSERT", "audit", OUT_OF_TURN, _WRONG_TURN),
    ),
    "audit_head": (
        HEAD_ROW,
        _sqlite("audit_head_no_delete", "DELETE", "audit_head", APPEND_ONLY),
        _sqlite("audit_head_one_row", "INSERT", "audit_head", APPEND_ONLY),
        _sqlite("audit_head_in_turn", "UPDATE", "audit_head", HEAD_MOVES, _WRONG_MOVE),
    ),
    "audit_personal": (
        _sqlite("audit_personal_no_update", "UPDATE", "audit_personal", APPEND_ONLY),
    ),
}

POSTGRESQL: dict[str, tuple[str, ...]] = {
    "audit": (
        _postgresql("audit_no_update", "UPDATE", "audit", APPEND_ONLY),
        _postgresql("audit_no_delete", "DELETE", "audit", APPEND_ONLY),
        _postgresql("audit_no_truncate", "TRUNCATE", "audit", APPEND_ONLY),
        _postgresql("audit_in_turn", "INSERT", "audit", OUT_OF_TURN, _WRONG_TURN),
        "REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM PUBLIC",
    ),
    "audit_head": (
        HEAD_ROW,
        _postgresql("audit_head_no_delete", "DELETE", "audit_head", APPEND_ONLY),
        _postgresql("audit_head_no_truncate", "TRUNCATE", "audit_head", APPEND_ONLY),
        _postgresql("audit_head_one_row", "INSERT", "audit_head", APPEND_ONLY),
        _postgresql("audit_head_in_turn", "UPDATE", "audit_head", HEAD_MOVES, _WRONG_MOVE),
    ),
    "audit_personal": (
        _postgresql("audit_personal_no_update", "UPDATE", "audit_personal", APPEND_ONLY),
    ),
}

RIGHTS = {
    "audit": "SELECT, INSERT",
    "audit_head": "SELECT, UPDATE",
    "audit_personal": "SELECT, INSERT",
}
"""The privileges on the log of the role that serves pages, if there are two roles. Triggers do the
rest."""


def _attach() -> None:
    for model in (AuditEntry, AuditHead, AuditPersonal):
        table = model.__table__
        assert isinstance(table, Table)  # noqa: S101
        for dialect, statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
            for statement in statements[table.name]:
                ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
                event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


_attach()
