"""The statements that a process asks before each transaction of the directory."""

from sqlalchemy import event

from portal.core.storage.database import db


def asked_as_one_begins() -> list[str]:
    asked = list[str]()

    def heard(*told: object) -> None:
        asked.append(str(told[2]))

    with db.engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", heard)
        connection.begin()
        event.remove(connection, "before_cursor_execute", heard)
    return asked
