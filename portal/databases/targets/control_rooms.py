"""Control rooms, as their labels name them: a permanent id, and a title for people.

A control room is its ops database. One that was restored from its backup is the same control room,
with the same key; two that are alive at once are distinguished by the processes beside the target
(`beside`).
"""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, String, Table, Text, select

from portal.databases.engines.beside import ROOM_TABLE
from portal.databases.engines.sharing import has_table, look_at
from portal.databases.public_version.version import begin_epoch
from portal.databases.targets.config import APPLICATION
from portal.databases.targets.identity_label import Label, metadata
from portal.databases.targets.registry import control_room, known_control_room, title_for

UNNAMED = "one whose name is not known"

portal_room = Table(
    ROOM_TABLE,
    metadata,
    Column("label", String(64), primary_key=True),
    Column("room", String(36), nullable=False),
    Column("title", Text, nullable=False),
)
"""Which control room a label belongs to: `label` is the signature of the label it refers to."""


@dataclass(frozen=True)
class Room:
    uuid: str
    title: str

    def __str__(self) -> str:
        return self.title or UNNAMED


def this_room() -> Room:
    """This control room; its row is created if there is none."""
    room = control_room()
    return Room(room.uuid, room.title or title_for(room))


def name_room() -> None:
    """Set this control room's title if an earlier release set none. The caller commits."""
    room = known_control_room()
    if room and room.title is None:
        room.title = title_for(room)


def sign(connection: Connection, label: Label, room: Room) -> None:
    """Write beside the label, in the connection's transaction, which control room it belongs to.

    Cached pages of a directory become out of date.
    """
    portal_room.create(connection, checkfirst=True)
    connection.execute(portal_room.delete())
    row = {"label": label.signature, "room": room.uuid, "title": room.title}
    connection.execute(portal_room.insert().values(row))
    if label.application == APPLICATION:
        begin_epoch(connection)


def room_of_label(connection: Connection, label: Label) -> Room | None:
    """The control room that the label names; None if none was recorded, or only for another."""
    look = look_at(connection)
    if not has_table(connection, ROOM_TABLE):
        return None
    present = {each["name"] for each in look.get_columns(ROOM_TABLE)}
    if not present >= set(portal_room.columns.keys()):
        return None
    query = select(portal_room.c.room, portal_room.c.title)
    rows = connection.execute(query.where(portal_room.c.label == label.signature)).all()
    return Room(str(rows[0].room), str(rows[0].title)) if len(rows) == 1 else None
