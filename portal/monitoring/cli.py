"""`flask monitoring`: the state of each probe, and one round of measurements now."""

import json
import sys
from datetime import datetime
from typing import Any

import click

from portal.audit.refusals import CommandGroup
from portal.core.clock import now
from portal.core.durations import duration
from portal.core.storage.database import reading
from portal.databases.migrations.ops_revision import require_ops_set_up
from portal.monitoring.probes.days import Day, availability, unknown_share
from portal.monitoring.probes.models import ProbeState
from portal.monitoring.probes.plan import why_not_set_up
from portal.monitoring.probes.queries import ProbeNow, all_probes, days_of_all, is_measured, now_of
from portal.monitoring.tasks import measure_now

commands = CommandGroup("monitoring", help="What visitors get, as the worker measures it.")


@commands.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(*, as_json: bool) -> None:
    """Say the state of each probe, as the worker measured it last."""
    require_ops_set_up()
    with reading():
        report = _report()
    if as_json:
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
        return
    if not report["probes"] and not report["not_measured"]:
        click.echo("Nothing was measured yet. The worker measures: flask jobs work")
    for each in report["probes"]:
        click.echo(_line(each))
    for each in report["not_measured"]:
        click.echo(f"{'not measured':13}{each['name']}: {each['why']}")


@commands.command("measure")
def measure() -> None:
    """Measure every probe once, now. Exit code 1 if one is down or unknown."""
    require_ops_set_up()
    found = {each.key: each for each in measure_now()}
    at = now()
    probes = [now_of(row, at) for row in all_probes() if is_measured(row)]
    is_well = bool(probes)
    for each in probes:
        one = found.get(each.key)
        outcome = one.finding.outcome.value if one else "not measured"
        click.echo(f"{outcome:13}{each.name}: {one.finding.sentence if one else each.sentence}")
        is_well = is_well and each.state is ProbeState.UP and outcome == "passed"
    sys.exit(0 if is_well else 1)


def _report() -> dict[str, list[dict[str, object]]]:
    at = now()
    rows = all_probes()
    days = days_of_all(rows, at)
    return {
        "probes": [_as_json(now_of(row, at), days[row.id], at) for row in rows if is_measured(row)],
        "not_measured": [
            {"probe": row.key, "name": now_of(row, at).name, "why": why_not_set_up(row) or "off"}
            for row in rows
            if not is_measured(row)
        ],
    }


def _as_json(each: ProbeNow, days: list[Day], at: datetime) -> dict[str, object]:
    share = availability(days)
    return {
        "probe": each.key,
        "name": each.name,
        "public_name": each.public_name,
        "state": each.state.value,
        "since": each.since.isoformat() if each.since else None,
        "measured_at": each.measured_at.isoformat() if each.measured_at else None,
        "age_seconds": (at - each.measured_at).total_seconds() if each.measured_at else None,
        "milliseconds": each.milliseconds,
        "sentence": each.sentence,
        "availability": share,
        "unknown_share": unknown_share(days),
    }


def _line(each: dict[str, Any]) -> str:
    age = each["age_seconds"]
    measured = f"measured {duration(max(0.0, age))} ago" if age is not None else "never measured"
    return f"{each['state']:13}{each['name']}: {each['sentence']} ({measured})"
