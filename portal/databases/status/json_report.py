"""The stable form of `flask databases status --json`: the data of the page, for programs."""

from datetime import datetime

from portal.core.clock import now
from portal.core.storage.database import JsonDict
from portal.databases.migrations.revision import Revision
from portal.databases.status.overview import Overview
from portal.databases.status.safeguards import layers_of
from portal.jobs.models import Lease


def as_json(overview: Overview) -> JsonDict:
    """Times are ISO 8601 in UTC, sizes bytes, ages seconds; what is unknown is null."""
    judgement, known = overview.judgement, overview.known
    return {
        "target": overview.target.name,
        "application": overview.target.application,
        "environment": overview.target.environment.value,
        "identity": judgement.state.value,
        "database": judgement.label.database_uuid if judgement.label else None,
        "anchor": known.anchor if known else None,
        "sentence": judgement.sentence,
        "way_out": judgement.remedy,
        "address": overview.address,
        "engine": overview.engine,
        "size": overview.size,
        "revision": judgement.revision,
        "pending": [revision.id for revision in overview.pending],
        "changes": [_change(revision) for revision in overview.pending],
        "releases": overview.releases,
        "processes": [_process(lease) for lease in overview.leases],
        "drift": _drift(overview),
        "drift_not_compared": overview.not_compared,
        "guard_faults": overview.guard_faults,
        "unreadable": overview.unreadable,
        "last_proven_backup": _backup(overview),
        "last_sync": _sync(overview),
        "failed_sync": _failed_sync(overview),
        "maintenance": _maintenance(overview),
        "requires_window": bool(known and known.requires_window),
        "windows": [
            {"from": _at(each.starts_at), "to": _at(each.ends_at), "summary": each.summary}
            for each in overview.windows
        ],
        "layers": [
            {
                "name": layer.name,
                "holds": layer.holds,
                "sentence": layer.sentence,
                "way_out": layer.remedy,
            }
            for layer in layers_of(overview)
        ],
    }


def _change(revision: Revision) -> JsonDict:
    return {
        "id": revision.id,
        "title": revision.title,
        "phase": revision.phase,
        "expand": revision.expand,
        "words": revision.words,
        "reversible": revision.is_reversible,
    }


def _process(lease: Lease) -> JsonDict:
    return {
        "id": lease.uuid,
        "kind": lease.kind.value,
        "release": lease.release,
        "host": lease.host,
        "pid": lease.pid,
        "serves": lease.serves,
        "since": _at(lease.started_at),
    }


def _drift(overview: Overview) -> JsonDict | None:
    if overview.drift is None:
        return None
    return {
        "sentence": overview.drift.sentence,
        "differences": [
            {"object": each.name, "was": each.was, "found": each.found}
            for each in overview.drift.differences
        ],
    }


def _backup(overview: Overview) -> JsonDict | None:
    if (backup := overview.backup) is None:
        return None
    age = round((now() - backup.taken_at).total_seconds())
    return {"name": backup.name, "at": _at(backup.taken_at), "age": age}


def _sync(overview: Overview) -> JsonDict | None:
    if (sync := overview.last_sync) is None:
        return None
    return {
        "name": sync.name,
        "at": _at(sync.finished_at or sync.started_at),
        "seconds": sync.seconds,
        "rows": sync.rows,
        "from_revision": sync.from_revision,
        "to_revision": sync.to_revision,
        "backup": sync.backup,
    }


def _failed_sync(overview: Overview) -> JsonDict | None:
    if (attempt := overview.failed_sync) is None or attempt.finished_at is None:
        return None
    return {"at": _at(attempt.finished_at), "outcome": attempt.outcome}


def _maintenance(overview: Overview) -> JsonDict | None:
    known = overview.known
    if known is None or known.maintenance_since is None:
        return None
    return {
        "since": _at(known.maintenance_since),
        "by": known.maintenance_by,
        "because": known.maintenance_because,
    }


def _at(moment: datetime) -> str:
    return moment.isoformat()
