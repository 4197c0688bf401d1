"""Previews and their inputs as JSON: between processes, and in an encrypted ticket."""

from datetime import date
from typing import Any

from markupsafe import Markup

from portal.documents.audiences.audience import Audience, Reader
from portal.documents.images.access import with_keys
from portal.documents.rendering.render import Rendered
from portal.documents.writing import Finding, Preview, PreviewFacts, PreviewResult

Json = dict[str, Any]


def reader_json(reader: Reader) -> list[Any]:
    return [reader.audience.value, reader.client, reader.named_only]


def reader_from(said: list[Any]) -> Reader:
    return Reader(Audience(said[0]), said[1], said[2])


def known_json(known: PreviewFacts) -> Json:
    reports = [[slug, day.isoformat() if day else None] for slug, day in known.reports]
    return {"clients": sorted(known.clients), "shared": known.is_shared, "reports": reports}


def known_from(said: Json) -> PreviewFacts:
    reports = ((slug, date.fromisoformat(day) if day else None) for slug, day in said["reports"])
    return PreviewFacts(frozenset(said["clients"]), said["shared"], tuple(reports))


def as_json(made: PreviewResult | None, findings: list[Finding]) -> Json:
    """Without a preview the text can't be read, and the findings say why."""
    found = [[each.line, each.message, each.is_note, each.asks_for_upload] for each in findings]
    return {"preview": _preview_json(made.preview) if made else None, "findings": found}


def result_from(said: Json) -> tuple[Preview | None, list[Finding]]:
    """The preview for an authorised reader: keys are added to its images."""
    if "error" in said:
        return Preview("", failed=said["error"]), []
    preview = _preview_from(said["preview"]) if said["preview"] else None
    return preview, [Finding(*each) for each in said["findings"]]


def _preview_json(preview: Preview) -> Json:
    rendered = preview.rendered
    return {
        "title": preview.title,
        "html": str(rendered.html) if rendered else None,
        "failed": bool(rendered and rendered.failed),
        "note": rendered.note if rendered else None,
        "facts": preview.facts,
        "hidden": preview.hidden,
    }


def _preview_from(said: Json) -> Preview:
    rendered = None
    if said["html"] is not None:
        html = with_keys(Markup(said["html"]))  # noqa: S704 (sanitised where it was made)
        rendered = Rendered(html, failed=said["failed"], note=said["note"])
    facts = [(name, value) for name, value in said["facts"]]
    return Preview(said["title"], rendered, facts, said["hidden"])
