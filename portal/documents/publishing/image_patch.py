"""A picture as a part of a patch: `git apply` makes the file of it."""

import zlib
from base64 import b85encode
from collections.abc import Iterator
from hashlib import sha1

#: Bytes on one line, as git has them.
_ON_A_LINE = 52


def picture_patch(path: str, content: bytes) -> bytes:
    """A new file of the repository; `path` from its top, in plain letters."""
    return b"".join(_lines(path.encode("ascii"), content))


def _lines(path: bytes, content: bytes) -> Iterator[bytes]:
    blob = sha1(b"blob %d\0%s" % (len(content), content), usedforsecurity=False).hexdigest()
    yield b"diff --git a/%s b/%s\nnew file mode 100644\n" % (path, path)
    yield b"index %s..%s\nGIT binary patch\n" % (b"0" * 40, blob.encode())
    yield from _literal(content)
    yield from _literal(b"")


def _literal(content: bytes) -> Iterator[bytes]:
    """Compressed, in letters; each line begins with one that says how many bytes it holds."""
    yield b"literal %d\n" % len(content)
    packed = zlib.compress(content)
    for at in range(0, len(packed), _ON_A_LINE):
        part = packed[at : at + _ON_A_LINE]
        yield _length(len(part)) + b85encode(part, pad=True) + b"\n"
    yield b"\n"


def _length(count: int) -> bytes:
    return bytes([ord("A") + count - 1 if count <= 26 else ord("a") + count - 27])
