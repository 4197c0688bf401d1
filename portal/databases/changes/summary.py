"""A plan for display: what the rehearsal measured, in the order of a reader's questions."""

import re
from typing import Any

from portal.core.durations import duration
from portal.databases.changes.models import Plan
from portal.databases.engines.derived import is_derived
from portal.databases.migrations.objects.plan import sentence_of, unnamed_in

OWN = ("portal_", "alembic_")
ARCHIVE = "legacy_"
STOP = "they stop working with this database."
"""The end of a warning that `breaks_of` says as well."""
_TRIED = re.compile(r"or downgrade \(tried in ([0-9.]+) s")


def summary_of(plan: Plan) -> dict[str, Any]:
    """The data of `databases/_plan.html`."""
    return {
        "sealed": plan,
        "headline": headline(plan),
        "promises": [_promise(each) for each in plan.invariants],
        "tables": changed_tables(plan),
        "locks": lock_hints_of(plan),
        "objects": unnamed_in(plan.objects),
        "compared": sentence_of(plan.objects),
        "rows": rows_of(plan),
        "checks": checks_of(plan),
        "all_passed": all(each["holds"] for each in plan.invariants),
        "breaks": breaks_of(plan),
        "warnings": [each for each in plan.warnings if not each.endswith(STOP)],
        "rollback": rollback_of(plan),
    }


def rows_of(plan: Plan) -> int:
    """Rows of content before the change."""
    tables = changed_tables(plan)
    return sum(each["before"] or 0 for each in tables if not is_derived(each["name"]))


def checks_of(plan: Plan) -> str:
    """“14 of 14 checks passed”."""
    total = len(plan.invariants)
    passed = sum(1 for each in plan.invariants if each["holds"])
    return f"{passed} of {total} checks passed" if total else "no checks measured"


def breaks_of(plan: Plan) -> str:
    """What stops working, by what its revisions declare."""
    if plan.contracts:
        breaking = [each["id"] for each in plan.revisions if each.get("phase") == "contract"]
        because = f" (because of {_listed(breaking)})" if breaking else ""
        return f"Releases that expect the old schema stop working{because}."
    return "Releases that run now go on working: the change only adds."


def rollback_of(plan: Plan) -> str:
    """Both ways back, each with its measured time."""
    seconds = plan.counts.get("restore_seconds")
    took = "time not measured" if seconds is None else f"took {duration(seconds)} in the rehearsal"
    restore = f"restore the backup ({took})"
    if found := _TRIED.search(plan.way_back):
        return f"{restore}, or downgrade (tried, {found[1]} s)"
    return f"{restore}; a downgrade is not usable"


def lock_hints_of(plan: Plan) -> list[str]:
    """The lock hints of the rehearsal, with the counts that it measured."""
    hints: list[str] = plan.counts.get("locks", [])
    return hints


def headline(plan: Plan) -> str:
    """Dropped and created tables, with rows: “studios (642) become studio_profiles (678).”"""
    rows = sorted(changed_tables(plan), key=lambda each: each["name"].startswith(ARCHIVE))
    content = [each for each in rows if not is_derived(each["name"])]
    return " ".join([_moved(content), *_remade([each for each in rows if each not in content])])


def _moved(rows: list[dict[str, Any]]) -> str:
    dropped = [f"{each['name']} ({each['before']:,})" for each in rows if each["after"] is None]
    made = [each for each in rows if each["before"] is None]
    filled = [each for each in made if each["after"]] or made
    new = [f"{each['name']} ({each['after']:,})" for each in (filled if dropped else made)]
    total = sum(each["before"] or 0 for each in rows)
    if dropped and new:
        empty = [each["name"] for each in made if each not in filled]
        more = f" {_listed(empty)} are added, empty." if empty else ""
        return f"{_listed(dropped)} become {_listed(new)}; {total:,} rows in all.{more}"
    if dropped or new:
        verb = "are dropped" if dropped else "are added"
        return f"{_listed(dropped or new)} {verb}; {total:,} rows in all."
    return f"No table of content comes or goes; {total:,} rows in all."


def _remade(derived: list[dict[str, Any]]) -> list[str]:
    """Derived tables, in a sentence of their own."""
    new = [each["name"] for each in derived if each["before"] is None]
    dropped = [each["name"] for each in derived if each["after"] is None]
    sentences = [f"{_listed(new)} are added, and the worker fills them afterwards."] if new else []
    return sentences + (
        [f"{_listed(dropped)} are dropped: all in them follows from others."] if dropped else []
    )


def changed_tables(plan: Plan) -> list[dict[str, Any]]:
    """Rows by table before and after the rehearsal; None if the table does not exist."""
    before, after = plan.counts["before"], plan.counts["after"]
    return [
        {"name": name, "before": before.get(name), "after": after.get(name)}
        for name in sorted(before.keys() | after.keys())
        if not name.startswith(OWN)
    ]


def _promise(measured: dict[str, Any]) -> dict[str, Any]:
    """Values are a count, or a count and a checksum with a slash between."""
    before, after = (str(measured[when]).partition("/") for when in ("before", "after"))
    return {
        "words": measured["words"],
        "before": before[0],
        "after": after[0],
        "checksum": before[2] and ("equal" if before[2] == after[2] else "differs"),
        "holds": measured["holds"],
    }


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
