"""Finds parts of a message or template that may be unintended, before it is sent.

They are placeholders of other systems, and words that would be missing from the page. Each one
blocks until somebody fixes or confirms it.
"""

from collections.abc import Collection, Iterator, Sequence

from portal.documents.audiences.audience import Reader, for_reader
from portal.documents.audiences.blocks import blocks_in
from portal.documents.markdown.blocks.blocks import split_lines
from portal.documents.rendering.render import Rendered, render
from portal.emails.drafting.placeholder_values import fills_itself
from portal.emails.drafting.placeholders import DEFINITIONS, key_of, without_code
from portal.emails.html import rendered_for
from portal.emails.plain import text_of
from portal.emails.review.finding import Doubt
from portal.emails.review.foreign_placeholders import as_typed, foreign_in, foreign_in_markdown
from portal.emails.review.vanishing import addresses_in, lost_in

FOREIGN = "looks like a placeholder of another system, and nothing fills it in"
UNSEEN = "looks like a placeholder of another system, and would not be visible"
UNFINISHED = "marks a text that is not finished"
NOT_FILLED = "is read as the definition of a link, so the placeholder is not filled in"


def doubts_of_message(
    subject: str,
    body: str,
    reader: Reader,
    *,
    names: Sequence[str] = (),
    fields: Collection[str] = (),
) -> list[Doubt]:
    """`names` are those of attachments, `fields` the keys of filled fields."""
    found = list(_in_plain("Subject", subject))
    for name in names:
        found += _in_plain("Attachment", name)
    text = for_reader(body, reader)
    lines = _places(split_lines(text), split_lines(body))
    return [*found, *_by_line(_in_body(text, rendered_for(body, reader), lines, fields))]


def doubts_of_template(
    subject: str, body: str, *, first_line: int, names: Sequence[str], fields: Collection[str]
) -> list[Doubt]:
    """The doubts in the text outside of block markers; lines are those of the file."""
    text, found = _without_marks(body), list(_in_plain("Subject", subject))
    for name in names:
        found += _in_plain("Attachment", name)
    lines = list(range(first_line, first_line + len(split_lines(text))))
    return [*found, *_by_line(_in_body(text, render(text), lines, fields))]


def _by_line(doubts: Iterator[Doubt]) -> list[Doubt]:
    return sorted(doubts, key=lambda doubt: doubt.line)


def _in_plain(place: str, text: str) -> Iterator[Doubt]:
    for _, words in foreign_in(text):
        yield Doubt(place, words, _why(words), text)


def _in_body(
    text: str, rendered: Rendered, lines: Sequence[int], fields: Collection[str]
) -> Iterator[Doubt]:
    """`lines` maps the text's lines to line numbers in the editor."""
    if rendered.failed:
        return
    html, source = str(rendered.html), split_lines(text)
    foreign, lost = foreign_in_markdown(text), lost_in(text, html)
    unseen = {(each.line, each.text) for each in lost}
    hidden = {(at, words) for at, words in foreign if any(w in words for _, w in _at(at, unseen))}
    for at, words in foreign:
        why = UNSEEN if (at, words) in hidden else _why(words)
        yield _doubt(words, why, at, source, lines)
    known = {" ".join(words.split()) for _, words in foreign}
    for words in _shown(html, known):
        yield Doubt("The text", words, _why(words), " ".join(text_of(html).split()))
    for each in lost:
        if not any(at == each.line and as_typed(each.text) in words for at, words in foreign):
            doubt = _doubt(each.text, each.why, each.line, source, lines)
            yield doubt if not each.is_harmless else _warning(doubt)
    yield from _definitions(text, source, lines, fields, unseen)


def _shown(html: str, known: set[str]) -> list[str]:
    """Placeholders found only in the page: assembled from parts, or in an address."""
    texts = [text_of(html), *addresses_in(html)]
    found = [" ".join(words.split()) for text in texts for _, words in foreign_in(text)]
    return [words for words in dict.fromkeys(found) if words not in known]


def _definitions(
    text: str,
    source: Sequence[str],
    lines: Sequence[int],
    fields: Collection[str],
    unseen: Collection[tuple[int, str]],
) -> Iterator[Doubt]:
    masked = without_code(text)
    for found in DEFINITIONS.finditer(masked):
        at, key = masked.count("\n", 0, found.start()) + 1, key_of(found["label"])
        if (key in fields or fills_itself(key)) and (at, found[0].strip()) not in unseen:
            yield _doubt(found[0].strip(), NOT_FILLED, at, source, lines)


def _doubt(words: str, why: str, at: int, source: Sequence[str], lines: Sequence[int]) -> Doubt:
    context = "\n".join(source[at - 1 : at + words.count("\n")])
    number = lines[at - 1] if at <= len(lines) else at
    return Doubt(f"Line {number}", words, why, context, line=number)


def _warning(doubt: Doubt) -> Doubt:
    return Doubt(doubt.place, doubt.text, doubt.why, doubt.context, doubt.line, is_warning=True)


def _why(words: str) -> str:
    return FOREIGN if not words.strip("_")[:1].isalpha() and words.strip("_") else UNFINISHED


def _at(line: int, unseen: Collection[tuple[int, str]]) -> list[tuple[int, str]]:
    return [each for each in unseen if each[0] == line]


def _places(kept: Sequence[str], whole: Sequence[str]) -> list[int]:
    """The line number in the whole text, from 1, of each line that a reader sees. A blank line may
    replace a removed block.
    """
    found, at = [], 0
    for line in kept:
        if line.strip():
            at = next((n + 1 for n in range(at, len(whole)) if whole[n] == line), at)
        found.append(max(at, 1))
    return found


def _without_marks(body: str) -> str:
    lines = split_lines(body)
    for block in blocks_in(body):
        for at in (block.line, block.end):
            if at is not None:
                lines[at] = ""
    return "\n".join(lines)
