"""Write the admins' index: a batch of studios, or what a change makes of some of them."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert

from portal.directory.admin.index.blocks import Moves, move
from portal.directory.admin.index.comparing import differing, stored
from portal.directory.admin.index.documents import ORDERS, Document, documents
from portal.directory.admin.index.sets import Changes
from portal.directory.admin.index.tables import (
    derived_admin,
    derived_admin_blocks,
    derived_admin_sets,
)
from portal.directory.derived.registry import Among, Derived, register

Stored = Mapping[int, Document]


def _put_in(connection: Connection, among: Among) -> None:
    _change(connection, among, {})


def _change(connection: Connection, among: Among, before: Stored) -> None:
    """Writes what differs from what was there before."""
    made = {each.number: each for each in documents(connection, among)}
    differ = {n for n in {*before, *made} if before.get(n) != made.get(n)}
    if not differ:
        return
    if gone := [number for number in differ if number in before]:
        connection.execute(delete(derived_admin).where(derived_admin.c.studio_id.in_(gone)))
    if new := [made[number].values for number in sorted(differ) if number in made]:
        connection.execute(insert(derived_admin), new)
    changes, moves = Changes(), {order: Moves() for order in ORDERS}
    for number in differ:
        stood, now = before.get(number), made.get(number)
        changes.note(number, stood.tokens if stood else (), now.tokens if now else ())
        for order in ORDERS:
            _note(moves[order], number, stood, now, order)
    changes.write(connection)
    for order in ORDERS:
        move(connection, order, moves[order])


def _note(
    moves: Moves, number: int, stood: Document | None, now: Document | None, order: str
) -> None:
    old = stood.places[order] if stood else None
    new = now.places[order] if now else None
    if old == new:
        return
    if old is not None:
        moves.gone[number] = old
    if new is not None:
        moves.come[number] = new


ADMIN = register(
    Derived(
        name="admin",
        rule=1,
        tables=(derived_admin_blocks, derived_admin_sets, derived_admin),
        follows=frozenset(
            {
                *("studio_profiles", "studio_studio_types", "studio_images", "reviews"),
                *("site_reviews", "site_restrictions", "site_origins"),
                *("studio_details", "site_accounts"),
            }
        ),
        take_out=stored,
        put_in=_put_in,
        change=_change,
        differing=differing,
    )
)
