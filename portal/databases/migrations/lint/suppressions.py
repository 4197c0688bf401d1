"""Findings, and the comments by which an author accepts one."""

import ast
import re
from dataclasses import dataclass, replace
from pathlib import Path

from portal.core.storage.database import JsonDict

ACCEPT = re.compile(r"#\s*lint: accept ([a-z-]+):[ \t]*(\S.*)")


@dataclass(frozen=True)
class Finding:
    """One danger: which rule, where, what could happen, and the safer way.

    `accepted` is the reason that its author gives in the file; `where` is `name.py:12`.
    """

    rule: str
    file: Path
    line: int
    revision: str
    sentence: str
    safer: str
    accepted: str | None = None

    @property
    def where(self) -> str:
        return f"{self.file.name}:{self.line}"

    def as_json(self) -> JsonDict:
        return {
            "rule": self.rule,
            "where": self.where,
            "revision": self.revision,
            "sentence": self.sentence,
            "safer": self.safer,
            "accepted": self.accepted,
        }


def with_acceptance(finding: Finding) -> Finding:
    """The finding with the reason of a comment on its statement, or right above it.

    `# lint: accept drops-column: nothing reads it since release 12`
    """
    lines = finding.file.read_text(encoding="utf-8").splitlines()
    for line in _around(lines, finding.line):
        found = ACCEPT.search(line)
        if found and found[1] == finding.rule:
            return replace(finding, accepted=found[2].strip())
    return finding


def _around(lines: list[str], line: int) -> list[str]:
    """The lines of the statement that contains this one, and the comments above it."""
    first, last = _statement("\n".join(lines), line)
    while first > 1 and lines[first - 2].lstrip().startswith("#"):
        first -= 1
    return lines[first - 1 : last]


def _statement(source: str, line: int) -> tuple[int, int]:
    """First and last line of the smallest statement around the line; of a block only its header."""
    around = [
        (node.lineno, _end(node))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and node.lineno <= line <= _end(node)
    ]
    return max(around, default=(line, line))


def _end(node: ast.stmt) -> int:
    body = getattr(node, "body", None)
    return body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno or node.lineno
