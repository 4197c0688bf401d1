"""Problems in a report's text: its blocks, and internal words outside of them. Statements about
readers that were not understood are among the problems of the facts.
"""

from collections.abc import Collection, Iterator

from portal.documents.audiences.audience import Audience
from portal.documents.audiences.blocks import AudienceBlock, blocks_in
from portal.documents.markdown.blocks.blocks import split_lines
from portal.incidents.lint.facts import unknown_client
from portal.incidents.lint.internal_words import internal_words_in
from portal.incidents.report import Report


def in_text(report: Report, clients: Collection[str] | None) -> Iterator[tuple[int, str]]:
    """Line of the file and sentence."""
    first, body = report.document.body_line, report.document.body
    blocks = blocks_in(body)
    for line, message in _blocks(blocks, clients):
        yield first + line, message
    for line, message in _lines(report, body, blocks):
        yield first + line, message


def _blocks(
    blocks: list[AudienceBlock], clients: Collection[str] | None
) -> Iterator[tuple[int, str]]:
    for block in blocks:
        if block.problem:
            yield block.line, block.problem
        elif block.client and (sentence := unknown_client(block.client, clients)):
            yield block.line, sentence
        if block.end is None:
            yield block.line, f"The block “{block.mark.strip()}” is not closed: it hides the rest."


def _lines(report: Report, body: str, blocks: list[AudienceBlock]) -> Iterator[tuple[int, str]]:
    """Lines that may be read by more people than their author expects."""
    staffs = _lines_for_staff(report, body, blocks)
    for at, line in enumerate(split_lines(body)):
        if at not in staffs:
            for word in internal_words_in(line, report.facts.internal_words):
                yield (
                    at,
                    f"“{word}” is a word for staff and is not in an internal block.",
                )


def _lines_for_staff(report: Report, body: str, blocks: list[AudienceBlock]) -> set[int]:
    count = len(split_lines(body))
    if report.audience is Audience.INTERNAL:
        return set(range(count))
    found: set[int] = {block.line for block in blocks}
    covered = 0
    for block in blocks:
        if not (block.is_for_clients or block.client):
            end = count if block.end is None else block.end
            found.update(range(max(block.line, covered), end))
            covered = max(covered, end)
    return found
