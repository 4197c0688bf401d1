"""How each statement of a search finds its rows: EXPLAIN on either engine, as docs/performance.md
shows it.

    python -m bench.search_plans [--engines sqlite,postgresql] [--studios 10000] [--keep FOLDER]
                                 [--whole]

Prints a line for each kind of statement, or each plan as the engine gave it with `--whole`. Ends
with exit code 1 if a statement reads all of a table with more than a thousand rows.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event, text

from bench.bench_search import place
from bench.search_times import grow
from bench.servers import environment
from portal.app import create_app
from portal.core.storage.database import db
from portal.databases.targets.config import target_named

LARGE = 1000
"""Rows of a table that no search may read whole."""
MANY = f", of more than {LARGE:,} studios"
SEARCHES = (
    *("", "q=voice", "q=voice&page=40", "q=neumann+dublin", "q=mic", "q=ba", "q=nemuann"),
    *("type=home&service=Zoom&country=GB&q=voice", "near=London", "near=London&page=5"),
    *("near=London&q=voice", "near=London&radius=2000", "near=London&sort=distance&after=last"),
    *("near=BS1+4QA", "near=ZZ9+9ZZ", "near=Nearby", "sort=newest", "sort=rating&q=voice"),
    *("sort=name&after=last", "q=zzzz", "q=voice&exact=1"),
)
NAMES = {
    "portal_asked": "whether the database fits, asked once a page",
    "l0": "lists of rare words, and of a postcode",
    "AS low": "sets of a circle's squares",
    "derived_search_words w": "known terms, and sets",
    "derived_search_sets": "sets",
    "json_group_array": "whoever is measured at a circle's edge",
    "json_agg": "whoever is measured at a circle's edge",
    "derived_search_keys": "spelling",
    "derived_search_words": "known terms",
    "SELECT rank FROM derived_search": "an order that is walked",
    " AS chord": "a page's rows",
    "studio_images": "cards",
    "full_address": "studios that show a postcode",
    "derived_counts": "listed cities, where a place is not known",
    "derived_search": "studios of a city",
}
NODE = re.compile(r"(\w[\w ]*Scan\w*(?: Backward)?(?: using \w+)?(?: on \w+)?)")
ALIASES = {"s", "d", "x"}
"""SQLite says the name that a statement gives to a table."""
WHOLE = re.compile(r"(?:Seq Scan on|SCAN) (\w+)\b(?! VIRTUAL| USING)")


@dataclass
class Plans:
    """By kind of statement the ways in which tables are read, each once."""

    steps: dict[str, dict[str, None]] = field(default_factory=dict)
    whole: dict[str, list[str]] = field(default_factory=dict)
    statements: dict[str, Any] = field(default_factory=dict)

    def note(self, statement: str, plan: list[str], *, is_many: bool = False) -> None:
        name = f"{kind_of(statement)}{MANY if is_many else ''}"
        self.whole[statement] = plan
        self.steps.setdefault(name, {}).update(dict.fromkeys(filter(None, map(step_of, plan))))


def kind_of(statement: str) -> str:
    """“Something else” for a statement that nobody named yet."""
    return next((name for part, name in NAMES.items() if part in statement), "something else")


def step_of(line: str) -> str:
    """The way in which a table is read; empty for the other lines of a plan."""
    if "Scan" in line and (found := NODE.search(line)):
        return found[1].replace("  ", " ").strip()
    return line.strip() if re.match("(SCAN|SEARCH) (?!anon_)", line.strip()) else ""


@contextmanager
def noted(plans: Plans) -> Iterator[None]:
    """Keeps each SELECT of the block once, with its values."""

    def note(connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            plans.statements.setdefault(statement, values)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def explained(plans: Plans) -> None:
    connection = db.session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN (COSTS off) "
    for statement, values in plans.statements.items():
        if is_of_directory(connection, statement):
            rows = connection.exec_driver_sql(explain + statement, values)
            plans.note(statement, [str(row[-1]) for row in rows], is_many=is_many(values))


def is_many(values: Any) -> bool:
    """Whether it asks for so many studios by number that reading all of them is the best way."""
    given = values.values() if isinstance(values, dict) else values
    return any(
        len(each) > LARGE if isinstance(each, list) else str(each).count(",") > LARGE
        for each in given
    )


def is_of_directory(connection: Connection, statement: str) -> bool:
    """Others are asked of the control room's database."""
    return "sqlite_master" not in statement and (
        "derived_" in statement or "studio_" in statement or "portal_asked" in statement
    )


def large_tables(connection: Connection) -> set[str]:
    names = (
        *("derived_search", "derived_search_text", "derived_search_words", "derived_search_keys"),
        *("derived_search_sets", "studio_profiles", "studio_images", "studio_services", "reviews"),
    )
    return {
        each
        for each in names
        if (connection.scalar(text(f"SELECT count(*) FROM {each}")) or 0) > LARGE
    }


def read_whole(plans: Plans, large: set[str]) -> list[str]:
    """Steps that read all of a large table, but for an index that is walked to a limit."""
    steps = {step for name, some in plans.steps.items() for step in some if not name.endswith(MANY)}
    named = large | ALIASES
    return sorted(step for step in steps if (found := WHOLE.search(step)) and found[1] in named)


def look(engine: str, options: argparse.Namespace) -> bool:
    """Whether no statement reads a whole table. Prints what was found."""
    with place(options, engine, options.studios) as env:
        os.environ.update(environment(env))
        app = create_app()
        app.testing = True
        with app.app_context():
            grow(target_named("development").url, options.studios)
            plans = Plans()
            with noted(plans):
                for each in SEARCHES:
                    assert app.test_client().get(f"/studios?{each}").status_code == 200, each
            explained(plans)
            large = large_tables(db.session.connection())
            show(engine, plans, options)
            bad = read_whole(plans, large)
            db.session.remove()
            for opened in db.engines.values():
                opened.dispose()
    for step in bad:
        print(f"{engine}: a whole table is read: {step}", file=sys.stderr)
    return not bad


def show(engine: str, plans: Plans, options: argparse.Namespace) -> None:
    print(f"\n{engine}, {options.studios:,} studios\n")
    if options.whole:
        for statement, plan in plans.whole.items():
            print(" ".join(statement.split()), *plan, "", sep="\n    ")
        return
    print("| statement | plan |\n|---|---|")
    for name, steps in sorted(plans.steps.items()):
        print(f"| {name} | {', '.join(f'`{each}`' for each in steps)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", default="sqlite,postgresql")
    parser.add_argument("--studios", type=int, default=10_000)
    parser.add_argument("--keep", help="a folder for SQLite's files, made once")
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    sound = [look(each, options) for each in options.engines.split(",")]
    if not all(sound):
        sys.exit(1)


if __name__ == "__main__":
    main()
