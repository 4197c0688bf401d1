"""Fills the derived tables of a demo, as its worker does: pages are measured in the
steady state."""

from portal.app import create_app
from portal.databases.engines import engine_for
from portal.databases.targets.config import target_named
from portal.directory.derived.filling import fill_some


def main() -> None:
    with create_app().app_context():
        engine, is_left = engine_for(target_named("development").url), True
        while is_left:
            with engine.changing() as connection:
                is_left = fill_some(connection)


if __name__ == "__main__":
    main()
