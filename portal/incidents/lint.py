"""What an author of a report should mend, by file and line."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.core.errors import Invalid, NotFound
from portal.documents.audience import Audience
from portal.documents.document import Document, decoded
from portal.documents.folder import DocumentFolder
from portal.documents.places import front_matter_lines, line_of
from portal.documents.published import NO_REPORTS
from portal.documents.starters import unfilled_sentences
from portal.incidents.lint_facts import in_front_matter, notes
from portal.incidents.lint_links import dead_in, unserved_in
from portal.incidents.lint_text import in_text
from portal.incidents.report import Report, parse_report

#: Texts to begin a report with.
STARTERS = Path(__file__).parent / "starters"
_PLACE = re.compile(r"(.*?\.md), line (\d+): (.*)", re.S)


@dataclass(frozen=True)
class Finding:
    """A note is worth knowing, and nothing that must be mended."""

    path: str
    line: int
    message: str
    is_note: bool = False

    def __str__(self) -> str:
        note = "note: " if self.is_note else ""
        return f"{self.path}, line {self.line}: {note}{self.message}"


def lint_path(path: Path, *, clients: Collection[str] | None = None) -> list[Finding]:
    """Of a folder of reports or one file. Raises NotFound."""
    if not path.exists():
        raise NotFound(f"There is no file or folder {path}.")
    root = path if path.is_dir() else path.parent
    folder = DocumentFolder(root, leave_out=NO_REPORTS)
    found = lint_documents(folder.documents(), folder.problems(), roots=[root], clients=clients)
    return found if path.is_dir() else [each for each in found if each.path == path.name]


def lint_documents(
    documents: Iterable[Document],
    unreadable: Iterable[Invalid] = (),
    *,
    roots: Sequence[Path],
    clients: Collection[str] | None = None,
) -> list[Finding]:
    """`clients` are the slugs of organisations; None where nobody knows them. `roots` are the
    folders in which a link may find another file."""
    found = [_unreadable(error) for error in unreadable]
    owners: dict[str, Document] = {}
    for document in documents:
        source = source_of(document)
        found += _lint_one(document, source, roots=roots, clients=clients)
        own = str(document.meta.get("id") or "")
        if own and (first := owners.setdefault(own, document)) is not document:
            line = line_of(front_matter_lines(source), ("id",))
            message = f"The id “{own}” is used in {first.name} too."
            found.append(Finding(document.name, line, message))
    return sorted(set(found), key=lambda each: (each.path, each.line, each.message))


def _lint_one(
    document: Document, source: str, *, roots: Sequence[Path], clients: Collection[str] | None
) -> list[Finding]:
    """One report that nobody thought of never ends the linter."""
    try:
        return lint_report(parse_report(document), source, roots=roots, clients=clients)
    except Exception as error:
        why = f"the report can't be read ({type(error).__name__})."
        return [Finding(document.name, 1, why)]


def lint_report(
    report: Report, source: str, *, roots: Sequence[Path], clients: Collection[str] | None = None
) -> list[Finding]:
    """`source` is the whole file."""
    lines, name = front_matter_lines(source), report.document.name
    facts = [(line_of(lines, place), text) for place, text in in_front_matter(report, clients)]
    facts += [(p.line or line_of(lines, p.place), p.message) for p in report.facts.problems]
    found = [*facts, *in_text(report, clients), *dead_in(report.document, roots)]
    noted = [(line_of(lines, at), text) for at, text in notes(report)]
    noted += [*unserved_in(report.document), *_said_in_the_text(report)]
    # whoever still writes for the team alone need not be done
    (noted if report.audience is Audience.INTERNAL else found).extend(_unfilled(source))
    findings = {Finding(name, line, message) for line, message in found}
    findings |= {Finding(name, line, message, is_note=True) for line, message in noted}
    return sorted(findings, key=lambda each: (each.line, each.message))


def _said_in_the_text(report: Report) -> list[tuple[int, str]]:
    line = report.facts.said_on_line
    return [(line, f"This line says who reads the report: {report.audience}.")] if line else []


def _unfilled(source: str) -> list[tuple[int, str]]:
    return [
        (line, f"“{sentence}” came with the starter and is not filled in.")
        for line, sentence in unfilled_sentences(source, STARTERS)
    ]


def source_of(document: Document) -> str:
    """The file as it stands on disk; empty when it is gone since."""
    try:
        return decoded(document.path.read_bytes(), document.name) if document.path else ""
    except (OSError, Invalid):
        return ""


def _unreadable(error: Invalid) -> Finding:
    found = _PLACE.fullmatch(error.sentence)
    if not found:
        return Finding("incidents", 1, str(error))
    return Finding(found[1], int(found[2]), found[3])
