"""Published texts that are not in the repository yet, as a patch for `git apply`."""

import re
import zlib
from base64 import b85encode
from collections.abc import Iterable, Iterator
from hashlib import sha1

from portal.core.configuration.settings import ROOT
from portal.core.errors import Invalid
from portal.documents.document import Document
from portal.documents.images.store import image_file
from portal.documents.images.usage import unshipped_pictures
from portal.documents.models import DocumentKind
from portal.documents.publishing.comparison import Block, blocks_of
from portal.documents.publishing.overlay import folder, shipped_root
from portal.documents.publishing.sources import Source, published_source, shipped_source

#: Bytes per line, as in git.
_ON_A_LINE = 52

CONTEXT = 3
_ODD = re.compile(rb"[\x00-\x1f\x7f\"\\]")
_LETTERS = {7: b"a", 8: b"b", 9: b"t", 10: b"n", 11: b"v", 12: b"f", 13: b"r"}


def patch_of(kind: DocumentKind, slug: str) -> bytes:
    """The text and its images. Empty if the repository has the same, or nothing was published.

    In the repository images are in `images/` beside the reports, and are found there.
    """
    return _patch(kind, [slug])


def patch_of_all(kind: DocumentKind) -> bytes:
    return _patch(kind, unshipped(kind))


def unshipped(kind: DocumentKind) -> list[str]:
    """Slugs of published documents that differ from the shipped ones, or whose images do."""
    both = folder(kind)
    shipped, published = both.shipped.contents().by_slug, both.published.contents().by_slug
    return [
        slug
        for slug, each in published.items()
        if _is_unshipped(kind, slug, each, shipped.get(slug))
    ]


def _is_unshipped(
    kind: DocumentKind, slug: str, published: Document | Invalid, shipped: Document | Invalid | None
) -> bool:
    """Decided by cached hashes; a file that could not be read is read again."""
    if isinstance(published, Invalid) or isinstance(shipped, Invalid):
        return _differs(kind, slug) or bool(_pictures(kind, slug))
    if shipped is None or shipped.sha256 != published.sha256:
        return True
    return bool(unshipped_pictures(f"{published.head}\n{published.body}"))


def _patch(kind: DocumentKind, slugs: Iterable[str]) -> bytes:
    """Each image once, however many of the texts use it."""
    slugs = list(slugs)
    texts = [_text(kind, slug) for slug in slugs if _differs(kind, slug)]
    names = dict.fromkeys(name for slug in slugs for name in _pictures(kind, slug))
    root = _root(DocumentKind.REPORT)
    pictures = [
        picture_patch(f"{root}/images/{name}.webp", image_file(name).read_bytes()) for name in names
    ]
    return b"".join([*texts, *pictures])


def _differs(kind: DocumentKind, slug: str) -> bool:
    published = published_source(kind, slug)
    return published is not None and published != shipped_source(kind, slug)


def _pictures(kind: DocumentKind, slug: str) -> list[str]:
    published = published_source(kind, slug)
    return unshipped_pictures(published.raw.decode("utf-8", "replace")) if published else []


def _text(kind: DocumentKind, slug: str) -> bytes:
    published, shipped = published_source(kind, slug), shipped_source(kind, slug)
    path = f"{_root(kind)}/{slug}.md"
    return b"".join(_file(path, shipped, published)) if published else b""


def _root(kind: DocumentKind) -> str:
    """The folder's path from the top of the repository; any other folder maps to `incidents/`."""
    root = shipped_root(kind)
    if root.is_relative_to(ROOT):
        return root.relative_to(ROOT).as_posix()
    return "incidents/emails" if kind is DocumentKind.TEMPLATE else "incidents"


def _file(path: str, shipped: Source | None, published: Source) -> Iterator[bytes]:
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    yield b"diff --git %s %s\n" % (old, new)
    if shipped is None:
        yield b"new file mode 100644\n"
    if not (shipped and shipped.raw) and not published.raw:
        return
    yield b"--- %s\n" % (_ended(old) if shipped else b"/dev/null")
    yield b"+++ %s\n" % _ended(new)
    yield from _hunks(_lines(shipped.raw if shipped else b""), _lines(published.raw))


def _lines(raw: bytes) -> list[str]:
    """Lines with their ends; each byte is preserved."""
    return [line for line in re.split(r"(?<=\n)", raw.decode("latin-1")) if line]


def _hunks(before: list[str], after: list[str]) -> Iterator[bytes]:
    for group in _groups(blocks_of(before, after)):
        first, last = group[0], group[-1]
        old, new = _range(first[1], last[2]), _range(first[3], last[4])
        yield f"@@ -{old} +{new} @@\n".encode()
        for tag, i, i_end, j, j_end in group:
            if tag == "equal":
                yield from _marked(" ", before[i:i_end])
            else:
                yield from _marked("-", before[i:i_end])
                yield from _marked("+", after[j:j_end])


def _groups(blocks: list[Block]) -> Iterator[list[Block]]:
    """The changes with CONTEXT lines around them; nearby ones form one hunk."""
    group: list[Block] = []
    for at, (tag, i, i_end, j, j_end) in enumerate(blocks):
        length = i_end - i
        if tag != "equal":
            group.append((tag, i, i_end, j, j_end))
        elif at == 0:
            cut = max(length - CONTEXT, 0)
            group.append((tag, i + cut, i_end, j + cut, j_end))
        elif length > 2 * CONTEXT or at == len(blocks) - 1:
            kept = min(CONTEXT, length)
            yield [*group, (tag, i, i + kept, j, j + kept)]
            group = [(tag, i_end - kept, i_end, j_end - kept, j_end)]
        else:
            group.append((tag, i, i_end, j, j_end))
    if any(tag != "equal" for tag, *_ in group):
        yield group


def _range(start: int, end: int) -> str:
    """A range in unified diff notation: an empty range names the line before it."""
    length = end - start
    return f"{start + 1 if length else start},{length}"


def _marked(mark: str, lines: list[str]) -> Iterator[bytes]:
    for line in lines:
        yield (mark + line).encode("latin-1")
        if not line.endswith("\n"):
            yield b"\n\\ No newline at end of file\n"


def _quoted(name: str) -> bytes:
    """File names as git writes them: special characters escaped, and then in quotation marks."""
    raw = name.encode("utf-8", "surrogateescape")
    escaped = _ODD.sub(lambda found: b"\\" + _escape(found[0][0]), raw)
    return b'"%s"' % escaped if escaped != raw else raw


def _escape(byte: int) -> bytes:
    if byte in b'"\\':
        return bytes([byte])
    return _LETTERS.get(byte) or b"%03o" % byte


def _ended(name: bytes) -> bytes:
    """A name with a blank is followed by a tab, or a parser would end it at the blank."""
    return name + b"\t" if b" " in name and not name.startswith(b'"') else name


def picture_patch(path: str, content: bytes) -> bytes:
    """Adds a new file to the repository; `path` is relative to its top, in ASCII."""
    return b"".join(_binary_lines(path.encode("ascii"), content))


def _binary_lines(path: bytes, content: bytes) -> Iterator[bytes]:
    blob = sha1(b"blob %d\0%s" % (len(content), content), usedforsecurity=False).hexdigest()
    yield b"diff --git a/%s b/%s\nnew file mode 100644\n" % (path, path)
    yield b"index %s..%s\nGIT binary patch\n" % (b"0" * 40, blob.encode())
    yield from _literal(content)
    yield from _literal(b"")


def _literal(content: bytes) -> Iterator[bytes]:
    """Compressed base-85 lines; the first character of each gives its number of bytes."""
    yield b"literal %d\n" % len(content)
    packed = zlib.compress(content)
    for at in range(0, len(packed), _ON_A_LINE):
        part = packed[at : at + _ON_A_LINE]
        yield _length(len(part)) + b85encode(part, pad=True) + b"\n"
    yield b"\n"


def _length(count: int) -> bytes:
    return bytes([ord("A") + count - 1 if count <= 26 else ord("a") + count - 27])
