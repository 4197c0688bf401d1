"""The structure of HTML as a list of words, to compare two renderings of one document.

Blocks and inline elements open and close (`<li`, `li>`), text stands between them with its blanks
collapsed (inside `pre` as it is). What the product adds on purpose is left out: ids, classes, the
wrapper and the spans of coloured code, and the shape of the footnotes' section.
"""

from urllib.parse import unquote

from bs4 import BeautifulSoup, NavigableString, Tag
from cmarkgfm import github_flavored_markdown_to_html
from cmarkgfm.cmark import Options

from portal.documents.markdown.anchors import PREFIX
from portal.documents.markdown.safety import clean

TRANSPARENT = {"span", "div", "section", "html", "body", "[document]"}
INLINE = {"a", "img", "code", "em", "strong", "del", "sup", "sub", "kbd", "input", "br"}
KEPT = {"a": ("href", "title"), "img": ("src", "alt", "title"), "ol": ("start",), "td": ("align",)}


def reference_html(source: str) -> str:
    """What cmark-gfm makes of it, with the same tags and attributes taken out as everywhere."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    return clean(github_flavored_markdown_to_html(source, options))


def structure(html: str, *, inline: bool = True) -> list[str]:
    """With `inline=False` only the blocks and their text."""
    words: list[str] = []
    body = BeautifulSoup(html, "html5lib").body
    _put_boxes_into_paragraphs(body)
    _collect(body, words, inline, pre=False)
    return _tidied(words)


def _put_boxes_into_paragraphs(body: Tag) -> None:
    """cmark-gfm puts a task's box before its item's paragraph; GitHub's pages have it inside."""
    for item in body.find_all("li"):
        tags = [child for child in item.children if isinstance(child, Tag)]
        if len(tags) > 1 and tags[0].name == "input" and tags[1].name == "p":
            tags[1].insert(0, " ")
            tags[1].insert(0, tags[0].extract())


def _collect(element: Tag, words: list[str], inline: bool, *, pre: bool) -> None:
    for child in element.children:
        if isinstance(child, Tag):
            _collect_tag(child, words, inline, pre=pre)
        elif type(child) is NavigableString:
            words.append(("=" if pre else "~") + str(child))


def _collect_tag(tag: Tag, words: list[str], inline: bool, *, pre: bool) -> None:
    if _is_footnote_furniture(tag):
        return
    shown = tag.name not in TRANSPARENT and (inline or tag.name not in INLINE)
    if tag.name == "br" and not inline:
        words.append("~ ")
    if shown:
        words.append(f"<{tag.name}{_kept(tag)}")
    _collect(tag, words, inline, pre=pre or tag.name == "pre")
    if shown:
        words.append(f"{tag.name}>")


def _is_footnote_furniture(tag: Tag) -> bool:
    href = _address(str(tag.get("href", "")))
    in_notes = tag.parent is not None and "footnote" in tag.parent.get("class", [])
    return href.startswith("#fnref") or (tag.name == "hr" and in_notes)


def _kept(tag: Tag) -> str:
    kept = [(name, str(tag[name])) for name in KEPT.get(tag.name, ()) if tag.get(name)]
    values = [(n, _address(v) if n in ("href", "src") else v) for n, v in kept]
    return "".join(f" {name}={value}" for name, value in values)


def _address(address: str) -> str:
    """Without the prefix of ids in a text, which the reference leaves to the host."""
    return unquote(address).replace(f"#{PREFIX}", "#").replace("#fn:", "#fn-")


def _tidied(words: list[str]) -> list[str]:
    """Text joined, its blanks collapsed, and none left beside the edge of a block."""
    tidy: list[str] = []
    for word in words:
        if tidy and word[0] in "~=" and tidy[-1][0] == word[0]:
            tidy[-1] += word[1:]
        else:
            tidy.append(word)
    for at, word in enumerate(tidy):
        if word[0] == "=":
            tidy[at] = "=" + word[1:].rstrip()
        elif word[0] == "~":
            tidy[at] = "~" + _collapsed(word[1:], tidy[at - 1] if at else "", tidy[at + 1 : at + 2])
    return [word for word in tidy if word not in ("~", "=")]


def _collapsed(text: str, before: str, after: list[str]) -> str:
    text = " ".join(f"|{text}|".split())[1:-1]
    if not _is_inline(before):
        text = text.lstrip()
    return text if after and _is_inline(after[0]) else text.rstrip()


def _is_inline(word: str) -> bool:
    name = word.strip("<>").split(" ")[0]
    return name in INLINE and name not in ("br",)
