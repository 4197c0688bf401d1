"""Parses a Markdown file as a runbook: inputs, steps, Rollback steps, and other sections.

Any Markdown file is a runbook: without a Steps section each `##` is a step to acknowledge, without
any `##` the whole file is one step.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from portal.documents.document import Document, parse_document
from portal.documents.folders.contents import cached_from
from portal.documents.markdown.blocks.blocks import Block, split_lines
from portal.documents.markdown.blocks.scanner import scan
from portal.documents.markdown.blocks.sections import Section, preamble, split_sections
from portal.runbooks.format.facts import KEYS, Facts, read_facts
from portal.runbooks.format.inputs import Input, parse_input
from portal.runbooks.format.steps import Part, Problem, Step, StepText, is_fence, parse_step


@dataclass(frozen=True)
class Reading:
    """A section to read; a title of None means the text before the first section."""

    title: str | None
    body: str


@dataclass(frozen=True)
class Runbook:
    """`id` is the path without `.md`; `source` the whole file. With `problems` it can't start."""

    id: str
    document: Document
    source: str
    facts: Facts
    inputs: tuple[Input, ...]
    steps: tuple[Step, ...]
    rollback: tuple[Step, ...]
    reading: tuple[Reading, ...]
    problems: tuple[Problem, ...]

    @property
    def title(self) -> str:
        return self.document.title

    @property
    def sha256(self) -> str:
        return self.document.sha256

    @property
    def folder(self) -> str:
        """The folder's path; empty at the top."""
        return self.id.rpartition("/")[0]

    @cached_property
    def search_text(self) -> str:
        """Path, title and text, case-folded for searching."""
        return f"{self.id} {self.title} {self.document.body}".casefold()

    @property
    def all_steps(self) -> tuple[Step, ...]:
        return self.steps + self.rollback

    @property
    def is_written_as_one(self) -> bool:
        """Whether the file uses this format rather than being any Markdown."""
        ours = any(key in self.document.meta for key in KEYS if key != "title")
        return ours or bool(_named(self.document, "steps"))

    def step(self, step_id: str) -> Step:
        return next(step for step in self.all_steps if step.id == step_id)


@lru_cache(maxsize=512)
def parse_runbook(source: bytes, runbook_id: str) -> Runbook:
    """The parsed text, cached for the most recently used sources. Raises as `read_runbook` does."""
    return read_runbook(source, runbook_id)


def read_runbook(source: bytes, runbook_id: str) -> Runbook:
    """Raises Invalid with file and line when it is not text with valid front matter."""
    document = parse_document(source, runbook_id)
    text = source.decode("utf-8")
    facts, problems = read_facts(document, text)
    inputs, more = _inputs(document)
    parsed = [parse_step(each, fences=_has_steps(document)) for each in _step_texts(document)]
    steps, repeated = _with_own_ids([step for step, _ in parsed])
    problems += [*more, *(p for _, found in parsed for p in found), *repeated]
    problems += _fences_without_effect(document)
    return Runbook(
        id=runbook_id,
        document=document,
        source=text,
        facts=facts,
        inputs=tuple(inputs),
        steps=tuple(step for step in steps if step.part is Part.STEPS),
        rollback=tuple(step for step in steps if step.part is Part.ROLLBACK),
        reading=tuple(_reading(document)),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
    )


def _sections(document: Document) -> list[Section]:
    """The sections of the document, parsed once for all parts of the format."""
    return cached_from(document, _cut)


def _cut(document: Document) -> list[Section]:
    return split_sections(document.body, 2, start_line=document.body_line)


def _named(document: Document, name: str) -> list[Section]:
    return [section for section in _sections(document) if section.title.lower() == name]


def _has_steps(document: Document) -> bool:
    return bool(_named(document, "steps"))


def _is_inputs(section: Section) -> bool:
    """Whether this is an Inputs section with its fence; without one it is prose."""
    return section.title.lower() == "inputs" and bool(_fences(section.body, "inputs"))


def _fences(body: str, language: str) -> list[Block]:
    return [block for block in scan(body).walk() if is_fence(block, language)]


def _inputs(document: Document) -> tuple[list[Input], list[Problem]]:
    inputs: list[Input] = []
    problems: list[Problem] = []
    for section in filter(_is_inputs, _sections(document)):
        for fence in _fences(section.body, "inputs"):
            for line, text in enumerate(fence.text, section.body_line + fence.line + 1):
                if text.strip() and not text.lstrip().startswith("#"):
                    _read_input(text, line, inputs, problems)
    return inputs, problems


def _read_input(text: str, line: int, inputs: list[Input], problems: list[Problem]) -> None:
    try:
        asked = parse_input(text, line)
    except ValueError as error:
        problems.append(Problem(line, str(error)))
        return
    if any(asked.name == earlier.name for earlier in inputs):
        problems.append(Problem(line, f"The input “{asked.name}” is asked for twice."))
    else:
        inputs.append(asked)


def _step_texts(document: Document) -> Iterator[StepText]:
    """The texts of the steps: below Steps and Rollback, else each section, else the whole file."""
    sections = _sections(document)
    if _has_steps(document):
        for section in sections:
            if section.title.lower() in set(Part):
                yield from _below(section, Part(section.title.lower()))
    elif sections:
        for section in sections:
            if not _is_inputs(section):
                yield _text(section, Part.STEPS)
    elif document.body.strip():
        line = document.body_line
        yield StepText(document.title, Part.STEPS, line, document.body, line, "read")


def _below(section: Section, part: Part) -> Iterator[StepText]:
    found = split_sections(section.body, 3, start_line=section.body_line)
    for step in found or [section]:
        yield _text(step, part)


def _text(section: Section, part: Part) -> StepText:
    title = section.title or "Untitled"
    return StepText(title, part, section.line, section.body, section.body_line, section.slug)


def _with_own_ids(steps: list[Step]) -> tuple[list[Step], list[Problem]]:
    """Steps with unique ids. A step without an id of its own gets the next free one, since headings
    may repeat; duplicates of given ids are problems.
    """
    given = [step for step in steps if "id" in step.lines]
    taken: set[str] = set()
    problems = []
    for step in given:
        if step.id in taken:
            problems.append(Problem(step.line_of("id"), f"The id “{step.id}” is used twice."))
        taken.add(step.id)
    named = []
    for step in steps:
        named.append(step if "id" in step.lines else replace(step, id=_free(step.id, taken)))
        taken.add(named[-1].id)
    return named, problems


def _free(wanted: str, taken: set[str]) -> str:
    numbered = (f"{wanted}-{count}" for count in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(name for name in numbered if name not in taken)


def _fences_without_effect(document: Document) -> list[Problem]:
    """Problems for directive fences in places where they are not read, or without an end."""
    read = set(_lines_read(document))
    problems = []
    for block in scan(document.body).walk():
        line = document.body_line + block.line
        ours = next((name for name in ("step", "inputs") if is_fence(block, name)), None)
        if ours and line not in read:
            problems.append(Problem(line, f"This ```{ours} has no effect here."))
        if block.fenced and not block.closed and (line in read or _has_steps(document)):
            problems.append(Problem(line, "This fence is not closed."))
    return problems


def _lines_read(document: Document) -> Iterator[int]:
    """The lines of the fences that are parsed as directives and inputs."""
    for section in filter(_is_inputs, _sections(document)):
        yield from (section.body_line + b.line for b in _fences(section.body, "inputs"))
    if _has_steps(document):
        for text in _step_texts(document):
            blocks = scan(text.body).children
            yield from (text.body_line + b.line for b in blocks if is_fence(b, "step"))


def _without_title(intro: str) -> str:
    """The introduction without the title, which the page shows already."""
    first = next(iter(scan(intro).children), None)
    if first and first.kind == "heading" and first.level == 1:
        intro = "\n".join(split_lines(intro)[first.end + 1 :])
    return intro.strip()


def _reading(document: Document) -> Iterator[Reading]:
    """Everything that is neither a step nor an input: the introduction and the other sections."""
    if (intro := _without_title(preamble(document.body, 2))) and _sections(document):
        yield Reading(None, intro)
    if not _has_steps(document):
        return
    for section in _sections(document):
        if section.title.lower() in set(Part):
            first = split_sections(section.body, 3)
            if first and (lead := preamble(section.body, 3).strip()):
                yield Reading(section.title, lead)
        elif not _is_inputs(section):
            yield Reading(section.title, section.body)
