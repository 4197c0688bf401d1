"""Finds problems that the author of a template should fix."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from portal.core.errors import Invalid
from portal.documents.audiences.blocks import blocks_in
from portal.documents.document import Document
from portal.documents.folders.folder import DocumentFolder
from portal.documents.lint import FileProblem, unreadable
from portal.documents.markdown.blocks.scanner import scan
from portal.emails.drafting.attachments import (
    HasDay,
    known_report,
    mistyped_key,
    unknown_attachment,
)
from portal.emails.drafting.optional_fields import unit_around
from portal.emails.drafting.placeholder_values import fills_itself
from portal.emails.drafting.placeholders import key_of, placeholders_in, placeholders_in_line
from portal.emails.drafting.template import KEYS, REPORT, Template, template_of
from portal.emails.review.doubtful import doubts_of_template
from portal.emails.review.finding import Doubt
from portal.emails.review.secrets import secrets_in
from portal.incidents.reports import all_reports, state_of_files


def lint_folder(root: Path) -> list[FileProblem]:
    """All problems in a folder of templates, by file and line."""
    folder = DocumentFolder(root)
    found = [unreadable(error, folder="emails") for error in folder.problems()]
    for document in folder.documents():
        try:
            template = template_of(document)
        except Invalid as error:
            found.append(unreadable(error, folder="emails"))
            continue
        found += lint_template(template)
    return sorted(set(found))


def problems_of(template: Template) -> list[FileProblem]:
    """The problems of a template in the folder, cached until its file or a report changes."""
    state, made = state_of_files(), template.document.made
    known: tuple[object, list[FileProblem]] | None = made.get(lint_template)
    if known is None or known[0] is not state:
        known = made[lint_template] = state, lint_template(template)
    return list(known[1])


def lint_template(
    template: Template, *, source: str | None = None, reports: Sequence[HasDay] | None = None
) -> list[FileProblem]:
    """`source` is the whole text if there is no file yet; `reports` are all known reports, if they
    can't be listed here.
    """
    name, lines = template.document.name, _lines(template.document, source)
    return [FileProblem(name, line, text) for line, text in _problems(template, lines, reports)]


def _problems(
    template: Template, lines: list[str], reports: Sequence[HasDay] | None
) -> Iterator[tuple[int, str]]:
    yield from _front_matter(template, lines)
    if not template.subject:
        yield 1, "There is no subject: a line “**Subject:**”, or subject in the front matter."
    if not template.body.strip():
        yield template.body_line, "There is no text to send."
    for block in blocks_in(template.body):
        if why := block.problem or (block.end is None and "This block is not closed by “///”."):
            yield template.body_line + block.line, why
    yield from _attachments(template, lines, reports)
    for doubt in _doubts(template):
        if not doubt.is_warning:
            yield doubt.line or _line_of(lines, "subject"), doubt.sentence_without_place
    for what in secrets_in(f"{template.subject}\n{template.body}"):
        yield template.body_line, f"The text seems to hold {what}."


def _front_matter(template: Template, lines: list[str]) -> Iterator[tuple[int, str]]:
    """Keys, and declared fields: without any, each placeholder is a field."""
    document, declared = template.document, {key_of(each.name) for each in template.fields}
    for key in document.meta:
        if key not in KEYS:
            meant = " Did you mean “attachments”?" if mistyped_key(key) else ""
            yield _line_of(lines, key), f"The key “{key}” is not known.{meant}"
    used = {each.key for each in template.placeholders}
    for key in sorted(declared - used):
        yield _line_of(lines, "fields"), f"The field “{key}” is used nowhere."
    yield from _optional(template, lines)
    for each in template.placeholders if template.fields else []:
        if each.key not in declared and not fills_itself(each.key):
            yield each.line, f"“[{each.name}]” is not a field here and has no automatic value."


def _optional(template: Template, lines: list[str]) -> Iterator[tuple[int, str]]:
    """A part that is left out with an empty field must not contain another field to fill in."""
    for each in placeholders_in_line(template.subject):
        if each.key in template.optional:
            yield _line_of(lines, "subject"), f"“[{each.name}]” is optional; a subject is never."
    tree, every = scan(template.body), placeholders_in(template.body, start_line=0)
    for each in (one for one in every if one.key in template.optional):
        around = unit_around(tree, each.line)
        for other in every:
            if other.line in around and other.key not in template.optional | {each.key}:
                what = (
                    f"“[{other.name}]” is left out whenever the optional “[{each.name}]” is empty"
                )
                yield template.body_line + other.line, f"{what}: give it a paragraph of its own."


def _attachments(
    template: Template, lines: list[str], reports: Sequence[HasDay] | None
) -> Iterator[tuple[int, str]]:
    """Attachments in the front matter; a list in the text may have purely informative lines."""
    wishes = template.attachments if "attachments" in template.document.meta else ()
    for wish in (each for each in wishes if each.path != REPORT):
        known: Sequence[HasDay] = all_reports() if reports is None else reports
        if known_report(wish, known) is None:
            first = _line_of(lines, "attachments")
            at = next((n for n, text in enumerate(lines, 1) if n >= first and wish.text in text), 1)
            yield at, unknown_attachment(wish.text, known)


def _doubts(template: Template) -> list[Doubt]:
    return doubts_of_template(
        template.subject,
        template.body,
        first_line=template.body_line,
        names=[wish.text for wish in template.attachments],
        fields={key_of(each.name) for each in template.fields},
    )


def _lines(document: Document, source: str | None) -> list[str]:
    if source is None and document.path is not None:
        source = document.path.read_text(encoding="utf-8", errors="replace")
    return (source or "").splitlines()


def _line_of(lines: list[str], key: str) -> int:
    """The line with a key of the front matter."""
    return next((n for n, text in enumerate(lines, 1) if text.startswith(f"{key}:")), 1)
