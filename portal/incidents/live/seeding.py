"""A report that begins with what was recorded of a live incident: a draft, for staff alone.

Facts are filled in; sentences are those of the starter, which block sharing until they are written.
What is for some readers is in a block for exactly them. Start with `begin_report`.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import yaml
from sqlalchemy import func, select

from portal.accounts.models import Account
from portal.audit.service import record
from portal.core.errors import Conflict
from portal.core.storage.database import db, update_one
from portal.documents.audiences.audience import Audience
from portal.documents.drafting.drafts import draft_of, save_draft
from portal.documents.drafting.naming import slug_for
from portal.documents.drafting.starters import starter_text
from portal.documents.front_matter.parse import FRONT_MATTER
from portal.documents.models import DocumentDraft, DocumentKind
from portal.documents.publishing.sources import current_source
from portal.incidents.lint.run import STARTERS
from portal.incidents.live.models import IncidentUpdate, LiveIncident, Phase
from portal.incidents.origins import Origin, readers_of
from portal.incidents.parsing.vocabulary import Status

KIND = DocumentKind.REPORT
OUTAGE, MAINTENANCE = "1-outage", "3-maintenance"
NOTE = "Begun from the live incident"
_MARKUP = re.compile(r"([\\`*_\[\]<>|#~$&!])")
_SLASHES = re.compile(r"/{2,}")
_TITLE = re.compile(r"^# .*$", re.MULTILINE)
_TIMELINE = re.compile(r"^## Timeline\n.*?(?=^///|^## |\Z)", re.MULTILINE | re.DOTALL)
_TEAM = "/// internal\n## For the team"


def begin_report(incident: LiveIncident, origins: Iterable[Origin], *, by: Account) -> str:
    """The slug of its report, which is now a draft of this person; a draft or a report that there
    is stays as it is.

    The caller commits. Raises Conflict while the incident goes on.
    """
    if incident.discarded_at is not None or incident.resolved_at is None:
        raise Conflict("The report can be begun when the incident is resolved.")
    slug = incident.report_slug or _claim(incident, by=by)
    if current_source(KIND, slug) is None and draft_of(KIND, slug, by=by) is None:
        text = seeded_text(incident, origins)
        save_draft(KIND, slug, text, opened=None, by=by, note=NOTE, address=slug)
    return slug


def is_published(slug: str) -> bool:
    return current_source(KIND, slug) is not None


def seeded_text(incident: LiveIncident, origins: Iterable[Origin]) -> str:
    starter = starter_text(STARTERS, MAINTENANCE if incident.is_maintenance else OUTAGE)
    head = FRONT_MATTER.match(starter)
    body = starter[head.end() :] if head else starter
    body = _TITLE.sub(lambda _: f"# {_plain(incident.title)}", body, count=1)
    body = _TIMELINE.sub("", body)
    recorded = f"{_said(incident)}{_timeline(origins)}"
    body = body.replace(_TEAM, f"{recorded}{_TEAM}", 1)
    return f"---\n{_facts(incident, _summary_of(starter))}---\n{body}"


def _claim(incident: LiveIncident, *, by: Account) -> str:
    """Raises Conflict if another request was faster."""
    slug = _free_slug(incident)
    where = (LiveIncident.id == incident.id, LiveIncident.report_slug.is_(None))
    if not update_one(LiveIncident, *where, values={"report_slug": slug}):
        raise Conflict("Somebody else has just begun this report. Try again to open it.")
    db.session.refresh(incident)
    record(
        "report.begun",
        incident,
        by=by,
        target=f"incidents/{incident.slug}",
        details={"report": slug},
    )
    return slug


def _free_slug(incident: LiveIncident) -> str:
    base = slug_for(incident.title, incident.started_at.date()) or incident.slug
    slug, number = base, 1
    while current_source(KIND, slug) is not None or _is_drafted(slug):
        number += 1
        slug = f"{base[:95]}-{number}"
    return slug


def _is_drafted(slug: str) -> bool:
    """By anybody, or meant for another incident."""
    drafts = select(func.count()).where(DocumentDraft.kind == KIND, DocumentDraft.slug == slug)
    others = select(func.count()).where(LiveIncident.report_slug == slug)
    return bool(db.session.scalar(drafts.select_from(DocumentDraft))) or bool(
        db.session.scalar(others.select_from(LiveIncident))
    )


def _facts(incident: LiveIncident, summary: str) -> str:
    """Without a statement of the audience: for staff, until somebody shares it."""
    times = {
        "started": incident.started_at,
        "detected": incident.detected_at,
        "acknowledged": incident.acknowledged_at,
        "mitigated": incident.mitigated_at,
        "resolved": incident.resolved_at,
    }
    facts: dict[str, object] = {
        "title": " ".join(incident.title.split()),
        "date": incident.started_at.date(),
        "severity": incident.severity.value,
        "status": Status.RESOLVED.value,
        **{name: _written(at) for name, at in times.items() if at},
        "affected": list(incident.affected),
        "summary": summary,
        "updates": [entry for each in incident.updates for entry in _entries(incident, each)],
    }
    return yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=10_000)


def _entries(incident: LiveIncident, update: IncidentUpdate) -> list[Mapping[str, str]]:
    """One for each single organisation that it is limited to."""
    status = {Phase.DONE: "resolved", Phase.CANCELLED: "resolved"}.get(update.phase)
    status = status or (update.phase.value if update.phase.value in list(Status) else None)
    common = {"at": _written(update.happened_at), **({"status": status} if status else {})}
    text = " ".join(update.text.split())
    return [{**common, "text": text, "audience": each} for each in _audiences(incident, update)]


def _audiences(incident: LiveIncident, update: IncidentUpdate) -> list[str]:
    """As front matter and blocks name them: “client acme”."""
    audience, named = readers_of(incident, update)
    return [f"client {slug}" for slug in named] or [audience.value]


def _said(incident: LiveIncident) -> str:
    parts = []
    for update in incident.updates:
        line = f"Update {update.number}, {update.phase}, {_written(update.happened_at)}:"
        words = f"{line} {_plain(update.text)}"
        for audience in _audiences(incident, update):
            is_open = audience == Audience.PUBLIC
            parts.append(f"{words}\n\n" if is_open else f"/// {audience}\n{words}\n///\n\n")
    return "## What was said\n\n" + "".join(parts) if parts else ""


def _timeline(origins: Iterable[Origin]) -> str:
    rows = [
        f"| {each.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} |"
        f" {_plain(each.text)} ([origin]({each.address})) |"
        for each in sorted(origins, key=lambda each: each.at)
    ]
    if not rows:
        return ""
    head = "| Time (UTC) | Event |\n|---|---|"
    return "\n".join(["/// internal", "## Timeline", "", head, *rows, "///", "", ""])


def _plain(text: str) -> str:
    """On one line, without a meaning in Markdown; no mark of a block can begin in it."""
    escaped = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    return _SLASHES.sub(lambda found: "\\/" * len(found[0]), escaped)


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _summary_of(starter: str) -> str:
    found = re.search(r"^summary: (.*)$", starter, re.MULTILINE)
    return found[1] if found else ""
