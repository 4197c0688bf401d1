"""Problems that the author of a report should fix, by file and line."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from portal.core.errors import Invalid, NotFound
from portal.documents.audiences.audience import Audience
from portal.documents.document import Document, decoded
from portal.documents.drafting.starters import unfilled_sentences
from portal.documents.folders.folder import DocumentFolder
from portal.documents.front_matter.positions import front_matter_lines, line_of
from portal.documents.publishing.overlay import NO_REPORTS
from portal.incidents.lint.facts import in_front_matter, notes
from portal.incidents.lint.keys import unknown_keys
from portal.incidents.lint.links import dead_in, elsewhere_in, unserved_in
from portal.incidents.lint.reading import must_be_fixed, not_read
from portal.incidents.lint.text import in_text
from portal.incidents.report import Report, parse_report

#: Starter texts for reports.
STARTERS = Path(__file__).parents[1] / "starters"
_PLACE = re.compile(r"(.*?\.md), line (\d+): (.*)", re.S)


@dataclass(frozen=True)
class Finding:
    """A note is informative and requires no fix. `asks_for_upload`: an image that would be shown if
    it were uploaded. Findings with the same `key` are merged into one line.
    """

    path: str
    line: int
    message: str
    is_note: bool = False
    asks_for_upload: bool = False
    key: str = ""

    def __str__(self) -> str:
        note = "note: " if self.is_note else ""
        return f"{self.path}, line {self.line}: {note}{self.message}"


def lint_path(path: Path, *, clients: Collection[str] | None = None) -> list[Finding]:
    """Check a folder of reports or one file. Raises NotFound."""
    if not path.exists():
        raise NotFound(f"There is no file or folder {path}.")
    root = path if path.is_dir() else path.parent
    folder = DocumentFolder(root, leave_out=NO_REPORTS)
    found = _each(folder.documents(), folder.problems(), roots=[root], clients=clients)
    return summed_up(each for each in found if path.is_dir() or each.path == path.name)


def lint_documents(
    documents: Iterable[Document],
    unreadable: Iterable[Invalid] = (),
    *,
    roots: Sequence[Path],
    clients: Collection[str] | None = None,
) -> list[Finding]:
    """`clients` are the slugs of organisations; None if they are not known. `roots` are the folders
    in which links to other files are resolved.
    """
    return summed_up(_each(documents, unreadable, roots=roots, clients=clients))


def summed_up(findings: Iterable[Finding]) -> list[Finding]:
    """In order; an unknown key is reported at its first occurrence, with a count of the rest."""
    found = sorted(set(findings), key=lambda each: (each.path, each.line, each.message))
    first: dict[str, Finding] = {}
    for each in found:
        first.setdefault(each.key, each)
    counts = Counter(each.key for each in found)
    return [
        _with_count(each, counts[each.key]) if each.key else each
        for each in found
        if not each.key or first[each.key] is each
    ]


def _with_count(finding: Finding, count: int) -> Finding:
    if count == 1:
        return finding
    more = "once more" if count == 2 else f"{count - 1} times more"
    return replace(finding, message=f"{finding.message} It occurs {more} in the checked text.")


def _each(
    documents: Iterable[Document],
    unreadable: Iterable[Invalid],
    *,
    roots: Sequence[Path],
    clients: Collection[str] | None,
) -> list[Finding]:
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
    return found


def _lint_one(
    document: Document, source: str, *, roots: Sequence[Path], clients: Collection[str] | None
) -> list[Finding]:
    """The findings of one report; an unexpected error never ends the linter."""
    try:
        return [*_findings(parse_report(document), source, roots=roots, clients=clients)]
    except Exception as error:
        why = f"the report can't be read ({type(error).__name__})."
        return [Finding(document.name, 1, why)]


def lint_report(
    report: Report, source: str, *, roots: Sequence[Path], clients: Collection[str] | None = None
) -> list[Finding]:
    """`source` is the whole file."""
    return summed_up(_findings(report, source, roots=roots, clients=clients))


def _findings(
    report: Report, source: str, *, roots: Sequence[Path], clients: Collection[str] | None
) -> set[Finding]:
    lines, name = front_matter_lines(source), report.document.name
    first = report.document.body_line
    found = [(line_of(lines, at), text) for at, text in in_front_matter(report, clients)]
    found += [(p.line or line_of(lines, p.place), p.message) for p in report.facts.problems]
    found += [*in_text(report, clients), *dead_in(report.document, roots)]
    found += [(first + line, text) for line, text in must_be_fixed(report)]
    noted = [(line_of(lines, at), text) for at, text in notes(report)]
    noted += [(first + line, text) for line, text in not_read(report)]
    noted += [*unserved_in(report.document), *_audience_notes(report)]
    # a text for staff only may be unfinished
    (noted if report.audience is Audience.INTERNAL else found).extend(_unfilled(source))
    keys = {
        Finding(name, line_of(lines, at), text, key=key) for at, key, text in unknown_keys(report)
    }
    findings = {Finding(name, line, text) for line, text in found} | keys
    findings |= {Finding(name, line, text, is_note=True) for line, text in noted}
    pictures = elsewhere_in(report.document)
    return findings | {Finding(name, *at, is_note=True, asks_for_upload=True) for at in pictures}


def _audience_notes(report: Report) -> list[tuple[int, str]]:
    line = report.facts.said_on_line
    return [(line, f"This line says who reads the report: {report.audience}.")] if line else []


def _unfilled(source: str) -> list[tuple[int, str]]:
    return [
        (line, f"“{sentence}” came with the starter and is not filled in.")
        for line, sentence in unfilled_sentences(source, STARTERS)
    ]


def source_of(document: Document) -> str:
    """The file's content on disk; empty if it was removed meanwhile."""
    try:
        return decoded(document.path.read_bytes(), document.name) if document.path else ""
    except (OSError, Invalid):
        return ""


def _unreadable(error: Invalid) -> Finding:
    found = _PLACE.fullmatch(error.sentence)
    if not found:
        return Finding("incidents", 1, str(error))
    return Finding(found[1], int(found[2]), found[3])
