"""One step: its directives, the tasks to tick, and its prose."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from portal.documents.markdown.blocks.blocks import Block, split_lines
from portal.documents.markdown.blocks.scanner import scan
from portal.documents.markdown.slugs import plain_title
from portal.runbooks.format.conditions import Condition, parse_condition, unquoted

DIRECTIVES = (
    *("id", "action", "when", "confirm", "approve", "plan", "evidence", "timer", "on-fail"),
    *("facts", "buttons"),
)
_ID = re.compile(r"[\w-]{1,80}")
_TASK = re.compile(r"\[([ xX])\](?:[ \t]+|$)")
_SPAN = re.compile(r"(\d+)\s*(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


class Part(StrEnum):
    STEPS = "steps"
    ROLLBACK = "rollback"


class EvidenceKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    FILE = "file"


@dataclass(frozen=True)
class Evidence:
    kind: EvidenceKind
    label: str


@dataclass(frozen=True)
class Problem:
    """An error and its line in the file."""

    line: int
    message: str


@dataclass(frozen=True)
class Task:
    """A task box of the prose, in order. Boxes that the author ticked need no action."""

    text: str
    ticked_by_author: bool


@dataclass(frozen=True)
class Step:
    """`timer` is in seconds; `line` is the heading's line in the file. `fence`: the first and the
    last line of its settings in the file. `facts` and `buttons` are names of the registry.
    """

    id: str
    title: str
    part: Part
    line: int
    prose: str
    tasks: tuple[Task, ...] = ()
    action: str | None = None
    when: Condition | None = None
    confirm: str | None = None
    approve: str | None = None
    plan: str | None = None
    evidence: Evidence | None = None
    timer: int | None = None
    on_fail: str | None = None
    facts: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    fence: tuple[int, int] | None = field(default=None, compare=False)
    lines: dict[str, int] = field(default_factory=dict, compare=False)

    @property
    def ticks(self) -> list[str]:
        """The tasks to tick, in order."""
        return [task.text for task in self.tasks if not task.ticked_by_author]

    def line_of(self, directive: str) -> int:
        return self.lines.get(directive, self.line)


@dataclass(frozen=True)
class StepText:
    """The source of a step before its directives are parsed."""

    title: str
    part: Part
    line: int
    body: str
    body_line: int
    slug: str


def parse_step(text: StepText, *, fences: bool = True) -> tuple[Step, list[Problem]]:
    """The step; its id is its own or its heading's slug. Directives are read only with `fences`."""
    tree = scan(text.body)
    own = [b for b in tree.children if fences and is_fence(b, "step")]
    problems = [_at(text, block, "A step has one ```step fence.") for block in own[1:]]
    values, lines, more = _directives(own[:1], text.body_line)
    step = Step(
        id=values.pop("id", "") or text.slug,
        title=text.title,
        part=text.part,
        line=text.line,
        prose=_without(text.body, own),
        tasks=tuple(_tasks(tree)),
        fence=fence_lines(own[0], text.body_line) if own else None,
        lines=lines,
        **values,
    )
    return step, [*problems, *more]


def is_fence(block: Block, language: str) -> bool:
    return block.fenced and block.info.lower().split()[:1] == [language]


def fence_lines(block: Block, first_line: int) -> tuple[int, int]:
    """The first and the last line of a fence in the file."""
    return first_line + block.line, first_line + block.end


def _at(text: StepText, block: Block, message: str) -> Problem:
    return Problem(text.body_line + block.line, message)


def _tasks(tree: Block) -> list[Task]:
    """Task boxes as the renderer shows them: items that start with `[ ]` or `[x]`."""
    found = []
    for block in tree.walk():
        first = block.children[0] if block.kind == "item" and block.children else None
        if first and first.kind == "paragraph" and (box := _TASK.match(first.text[0])):
            words = plain_title(" ".join(first.text)[box.end() :])
            found.append(Task(words, box[1] != " "))
    return found


def _without(body: str, blocks: list[Block]) -> str:
    hidden = {line for block in blocks for line in range(block.line, block.end + 1)}
    kept = [line for at, line in enumerate(split_lines(body)) if at not in hidden]
    return "\n".join(kept).strip("\n")


def _directives(
    fences: list[Block], body_line: int
) -> tuple[dict[str, Any], dict[str, int], list[Problem]]:
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    problems = []
    for fence in fences:
        for at, raw in enumerate(fence.text, body_line + fence.line + 1):
            if not raw.strip() or raw.lstrip().startswith("#"):
                continue
            try:
                key, value = _directive(raw, set(lines))
                values[key.replace("-", "_")] = value
                lines[key] = at
            except ValueError as error:
                problems.append(Problem(at, str(error)))
    return values, lines, problems


def _directive(raw: str, seen: set[str]) -> tuple[str, Any]:
    key, colon, rest = raw.partition(":")
    key, value = key.strip(), unquoted(rest.strip())
    if not colon:
        raise ValueError(f"“{raw.strip()}” is not a directive; write “name: value”.")
    if key not in DIRECTIVES:
        raise ValueError(f"The directive “{key}” is not known.")
    if key in seen:
        raise ValueError(f"“{key}” is given twice.")
    if not value:
        raise ValueError(f"“{key}” has no value.")
    return key, _READERS.get(key, str)(value)


def _id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError(f"The id “{value}” may hold letters, digits, - and _ only.")
    return value


def _evidence(value: str) -> Evidence:
    kind, _, label = value.partition(" ")
    try:
        return Evidence(EvidenceKind(kind), unquoted(label.strip()) or "Evidence")
    except ValueError:
        raise ValueError("evidence: must be text, number or file.") from None


def _timer(value: str) -> int:
    if not re.fullmatch(rf"(?:{_SPAN.pattern}\s*)+", value):
        raise ValueError(f"timer: “{value}” can't be read; write 90s, 10m or 1h 30m.")
    return sum(int(count) * _SECONDS[unit] for count, unit in _SPAN.findall(value))


def _names(value: str) -> tuple[str, ...]:
    names = tuple(each.strip() for each in value.split(","))
    if not all(re.fullmatch(r"[a-z][a-z-]*", each) for each in names):
        raise ValueError(f"“{value}” can't be read; write names with commas between them.")
    if len(set(names)) < len(names):
        raise ValueError(f"“{value}” names something twice.")
    return names


def _on_fail(value: str) -> str:
    if value not in {"rollback", "retry"}:
        raise ValueError("on-fail: must be rollback or retry.")
    return value


_READERS: dict[str, Callable[[str], Any]] = {
    "id": _id,
    "when": parse_condition,
    "evidence": _evidence,
    "timer": _timer,
    "on-fail": _on_fail,
    "facts": _names,
    "buttons": _names,
}
