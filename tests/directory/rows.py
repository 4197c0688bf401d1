"""Write rows of the legacy schema and read whole databases back, on both engines."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Connection, Engine, column, insert, inspect, table, text

from portal.core.storage.database import UtcDateTime

TYPES = {bool: Boolean(), datetime: UtcDateTime()}


def on(day: int) -> datetime:
    return datetime(2024, 3, day, 12, 30, tzinfo=UTC)


def add(connection: Connection, into: str, /, **values: Any) -> None:
    columns = [column(key, TYPES.get(type(value))) for key, value in values.items()]
    connection.execute(insert(table(into, *columns)).values(**values))


def add_user(connection: Connection, number: int, username: str = "", **values: Any) -> None:
    username = username or f"user{number}"
    given = {
        "email": f"{username}@example.org",
        "username": username,
        "display_name": username.title(),
        "password_hash": "-",
    }
    add(connection, "users", id=number, **{**given, **values})


def add_profile(connection: Connection, number: int, user: int, **values: Any) -> None:
    given = {"studio_name": f"Profile {number}", "created_at": on(5), "updated_at": on(15)}
    add(connection, "user_profiles", id=number, user_id=user, **{**given, **values})


def add_studio(connection: Connection, number: int, owner: int, **values: Any) -> None:
    given = {
        "name": f"Studio {number}",
        "status": "active",
        "is_profile_visible": True,
        "created_at": on(6),
        "updated_at": on(16),
    }
    add(connection, "studios", id=number, owner_id=owner, **{**given, **values})


def add_children(connection: Connection, studio: int, *, owner: int, reviewer: int) -> None:
    """One of each thing that hangs on a studio, ids ten times the studio's."""
    number = studio * 10
    add(
        connection, "studio_images", id=number, studio_id=studio, image_url=f"/images/{studio}.webp"
    )
    add(connection, "studio_services", id=number, studio_id=studio, service="Zoom")
    add(connection, "studio_studio_types", id=number, studio_id=studio, studio_type="home")
    add(
        connection,
        "reviews",
        id=number,
        studio_id=studio,
        reviewer_id=reviewer,
        owner_id=owner,
        rating=4,
        content="Quiet room.",
        status="approved",
    )
    add(connection, "review_responses", review_id=number, author_id=owner, content="Thank you.")


def row(engine: Engine, sql: str, **values: Any) -> Any:
    """The one row that answers, with columns as attributes."""
    with engine.connect() as connection:
        return connection.execute(text(sql), values).one()


def scalar(engine: Engine, sql: str, **values: Any) -> Any:
    return row(engine, sql, **values)[0]


def contents(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table but Alembic's own."""
    with engine.connect() as connection:
        names = [
            name for name in inspect(connection).get_table_names() if name != "alembic_version"
        ]
        return {
            name: [
                dict(found)
                for found in connection.execute(text(f"SELECT * FROM {name} ORDER BY 1")).mappings()
            ]
            for name in sorted(names)
        }


def schema(engine: Engine) -> dict[str, Any]:
    """Columns, keys, constraints and indexes of every table, by name."""
    with engine.connect() as connection:
        look = inspect(connection)
        return {
            name: {
                "columns": [
                    (one["name"], str(one["type"]), one["nullable"], one["default"])
                    for one in look.get_columns(name)
                ],
                "key": look.get_pk_constraint(name),
                "foreign": _sorted(look.get_foreign_keys(name)),
                "unique": _sorted(look.get_unique_constraints(name)),
                "checks": _sorted(look.get_check_constraints(name)),
                "indexes": _sorted(look.get_indexes(name)),
            }
            for name in sorted(look.get_table_names())
        }


def _sorted(found: Any) -> list[str]:
    return sorted(str(sorted(map(_in_words, one.items()), key=str)) for one in found)


def _in_words(item: tuple[str, Any]) -> tuple[str, Any]:
    """The condition of a partial index is an object that is another one each time."""
    name, value = item
    is_options = name == "dialect_options"
    return name, {key: str(each) for key, each in value.items()} if is_options else value
