"""Finds the blocks of a document line by line, with CommonMark's algorithm and GFM's tables.

For each line: which open containers does it continue, which blocks does it start, and to which open
block does the rest belong? Sections, steps and the rewriting for the renderer all use this scanner,
so that a heading inside a fence is a heading for none of them.
"""

import re
from functools import lru_cache

from portal.documents.markdown.blocks import syntax
from portal.documents.markdown.blocks.blocks import Block, split_lines
from portal.documents.markdown.blocks.cursor import Cursor

#: Maximum depth of containers; deeper markup stays text. Python's stack sets the limit.
DEEPEST = 60


@lru_cache(maxsize=4)
def scan(source: str) -> Block:
    """The document as a tree of blocks, cached for the next calls; callers must not change it."""
    scanner = _Scanner()
    for number, line in enumerate(split_lines(source)):
        scanner.feed(number, line)
    return scanner.stack[0]


class _Scanner:
    def __init__(self) -> None:
        self.stack = [Block("document", 0, 0)]
        self.leaf: Block | None = None
        self.cursor = Cursor("")
        self.number = 0

    def feed(self, number: int, line: str) -> None:
        self.number, self.cursor = number, Cursor(line)
        matched = self._matched()
        whole = matched == len(self.stack)
        if whole and self.leaf and self._continue_leaf(self.leaf):
            return
        if self.leaf and self.leaf.kind not in (
            ("paragraph", "table") if whole else ("paragraph",)
        ):
            self.leaf = None
        self._start_blocks(matched)

    def _matched(self) -> int:
        """The number of open containers that this line continues; moves past their prefixes."""
        for depth, container in enumerate(self.stack[1:], 1):
            if not self._continues(container):
                return depth
        return len(self.stack)

    def _continues(self, container: Block) -> bool:
        if container.kind == "quote":
            return self.cursor.take_quote_mark()
        if not self.cursor.rest:
            self.cursor.take(container.level)
            return bool(container.children) or container.kind == "footnote"
        if self.cursor.indent < container.level:
            return False
        self.cursor.take(container.level)
        return True

    def _continue_leaf(self, leaf: Block) -> bool:
        """Add the line to open code or HTML. False if it belongs to another block."""
        if leaf.ends:
            self._continue_html(leaf, leaf.ends)
        elif leaf.fenced:
            self._continue_fence(leaf)
        elif leaf.kind == "code" and (self.cursor.indent > 3 or not self.cursor.rest):
            leaf.text.append(self.cursor.remainder(4))
            if self.cursor.rest:
                self._touch(leaf)
        else:
            return False
        return True

    def _continue_html(self, leaf: Block, ends: re.Pattern[str]) -> None:
        text = self.cursor.text
        if ends.search(text) if not syntax.ends_on_blank(ends) else not text.strip():
            self.leaf = None
        if text.strip() or self.leaf:
            leaf.text.append(text)
            self._touch(leaf)

    def _continue_fence(self, leaf: Block) -> None:
        self._touch(leaf)
        closing = self.cursor.indent < 4 and set(self.cursor.rest) == {leaf.marker[0]}
        if closing and len(self.cursor.rest) >= len(leaf.marker):
            leaf.closed, self.leaf = True, None
        else:
            leaf.text.append(self.cursor.remainder(leaf.indent))

    def _start_blocks(self, matched: int) -> None:
        paragraph = self.leaf if self.leaf and self.leaf.kind == "paragraph" else None
        inside = paragraph if matched == len(self.stack) else None
        while self.cursor.rest:
            start = self._indented(paragraph) if self.cursor.indent > 3 else self._start(inside)
            if not start:
                break
            if start is inside:
                return
            self._close(matched)
            if start.kind not in ("quote", "item", "footnote"):
                self._add(start)
                return
            self._push(start)
            matched, inside, paragraph = len(self.stack), None, None
        self._add_text(matched, paragraph)

    def _indented(self, paragraph: Block | None) -> Block | None:
        """Four spaces start code, but never in the middle of a paragraph."""
        return None if paragraph else Block("code", 0, 0, text=[self.cursor.remainder(4)])

    def _start(self, inside: Block | None) -> Block | None:
        return self._container(inside) or self._simple(inside)

    def _container(self, inside: Block | None) -> Block | None:
        """The quote, item or footnote that starts here; moves past its marker."""
        if len(self.stack) > DEEPEST:
            return None
        if self.cursor.take_quote_mark():
            return Block("quote", 0, 0)
        if not syntax.RULE.match(self.cursor.rest):
            return self._item(inside) or self._footnote()
        return None

    def _item(self, inside: Block | None) -> Block | None:
        mark = syntax.BULLET.match(self.cursor.rest)
        if not mark or (inside and self._underline(self.cursor.rest)):
            return None
        after = self.cursor.text[self.cursor.indent + mark.end() :]
        if inside and (not after.strip() or (mark[2] and int(mark[2]) != 1)):
            return None
        spaces = len(after) - len(after.lstrip(" "))
        padding = spaces if after.strip() and spaces <= 4 else 1
        item = Block("item", 0, 0, level=self.cursor.indent + mark.end() + padding)
        item.marker, item.start = mark[1] or mark[3], int(mark[2] or 1)
        self.cursor.take(self.cursor.indent + mark.end() + min(padding, spaces))
        return item

    def _footnote(self) -> Block | None:
        mark = syntax.FOOTNOTE.match(self.cursor.rest)
        if not mark:
            return None
        self.cursor.take(self.cursor.indent + mark.end())
        return Block("footnote", 0, 0, level=4, info=mark[1])

    def _simple(self, inside: Block | None) -> Block | None:
        """The leaf block that starts here; `inside` itself if it becomes one."""
        rest = self.cursor.rest
        if heading := syntax.heading(rest):
            return Block("heading", 0, 0, level=heading[0], text=[heading[1]])
        if fence := syntax.FENCE.match(rest):
            info = (fence[2] or fence[4] or "").strip()
            marker, indent = fence[1] or fence[3], self.cursor.blanks
            return Block("code", 0, 0, marker=marker, info=info, indent=indent)
        if ends := syntax.html_end(rest, in_paragraph=inside is not None):
            done = not syntax.ends_on_blank(ends) and ends.search(rest)
            text = [self.cursor.text]
            return Block("html", 0, 0, text=text, ends=None if done else ends)
        if inside and self._underline(rest):
            return self._become_heading(inside, 1 if rest[0] == "=" else 2)
        if syntax.RULE.match(rest):
            return Block("rule", 0, 0)
        return self._become_table(inside) if inside else None

    @staticmethod
    def _underline(rest: str) -> bool:
        return bool(syntax.UNDERLINE.match(rest))

    def _become_heading(self, paragraph: Block, level: int) -> Block | None:
        """Turn an underlined paragraph into a heading, except for the definitions at its start."""
        words = syntax.without_definitions("\n".join(paragraph.text))
        if not words:
            return None
        text = words.split("\n")
        if above := len(paragraph.text) - len(text):
            paragraph.text, paragraph.end = paragraph.text[:above], paragraph.line + above - 1
            return Block("heading", paragraph.line + above, 0, text=text, level=level)
        paragraph.kind, paragraph.level = "heading", level
        self._touch(paragraph)
        self.leaf = None
        return paragraph

    def _become_table(self, paragraph: Block) -> Block | None:
        """Turn the line before a delimiter row into a table head, if it has as many cells."""
        head, columns = paragraph.text[-1], syntax.table_columns(self.cursor.rest)
        if not columns or len(syntax.split_row(head)) != columns:
            return None
        table = Block("table", self.number - 1, 0, text=[head, self.cursor.rest])
        if len(paragraph.text) > 1:
            paragraph.text.pop()
            paragraph.end -= 1
            return table
        paragraph.kind, paragraph.text = "table", table.text
        self._touch(paragraph)
        return paragraph

    def _add_text(self, matched: int, paragraph: Block | None) -> None:
        text = self.cursor.text.lstrip(" \t")
        if not self.cursor.rest:
            self._close(matched)
            self.leaf = None
            self._end_quotes()
        elif (leaf := paragraph or self.leaf) and not (leaf.kind == "table" and text == "|"):
            leaf.text.append(text)
            self._touch(leaf)
        else:
            self._close(matched)
            self._add(Block("paragraph", 0, 0, text=[text]))

    def _end_quotes(self) -> None:
        """End quotes at a blank line; after `>` a blank line belongs to the quote."""
        inside = [at for at, block in enumerate(self.stack) if block.kind == "quote"]
        if inside:
            for block in self.stack[: inside[-1] + 1]:
                block.end = self.number

    def _close(self, depth: int) -> None:
        if depth < len(self.stack):
            del self.stack[depth:]
            self.leaf = None

    def _push(self, container: Block) -> None:
        self.leaf = None
        if container.kind == "item":
            self._list_for(container).children.append(container)
        else:
            self.stack[-1].children.append(container)
        container.line = self.number
        self.stack.append(container)
        self._touch(container)

    def _list_for(self, item: Block) -> Block:
        siblings = self.stack[-1].children
        if not (siblings and siblings[-1].kind == "list" and siblings[-1].marker == item.marker):
            new = Block("list", self.number, self.number, marker=item.marker, start=item.start)
            siblings.append(new)
        return siblings[-1]

    def _add(self, leaf: Block) -> None:
        leaf.line = leaf.line or self.number
        self.stack[-1].children.append(leaf)
        stays = leaf.kind in ("paragraph", "table", "code") or leaf.ends
        self.leaf = leaf if stays else None
        self._touch(leaf)

    def _touch(self, leaf: Block) -> None:
        leaf.end = self.number
        for container in self.stack:
            container.end = self.number
            if container.children and container.children[-1].kind == "list":
                container.children[-1].end = self.number
