"""The Inputs section of a runbook: its fences, and the inputs that they declare."""

from collections.abc import Iterator, Sequence

from portal.documents.markdown.blocks.blocks import Block
from portal.documents.markdown.blocks.scanner import scan
from portal.documents.markdown.blocks.sections import Section
from portal.runbooks.format.inputs import Input, parse_input
from portal.runbooks.format.steps import Problem, fence_lines, is_fence


def is_inputs(section: Section) -> bool:
    """Whether this is an Inputs section with its fence; without one it is prose."""
    return section.title.lower() == "inputs" and bool(fences(section.body, "inputs"))


def fences(body: str, language: str) -> list[Block]:
    return [block for block in scan(body).walk() if is_fence(block, language)]


def inputs_of(sections: Sequence[Section]) -> tuple[list[Input], list[Problem]]:
    inputs: list[Input] = []
    problems: list[Problem] = []
    for section in filter(is_inputs, sections):
        for fence in fences(section.body, "inputs"):
            for line, text in enumerate(fence.text, section.body_line + fence.line + 1):
                if text.strip() and not text.lstrip().startswith("#"):
                    _read_input(text, line, inputs, problems)
    return inputs, problems


def input_fences(sections: Sequence[Section]) -> Iterator[tuple[int, int]]:
    """The first and the last line of each fence in the file."""
    for section in filter(is_inputs, sections):
        for fence in fences(section.body, "inputs"):
            yield fence_lines(fence, section.body_line)


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
