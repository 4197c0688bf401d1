"""An image as part of a patch, in git's binary format for `git apply`."""

import zlib
from base64 import b85encode
from collections.abc import Iterator
from hashlib import sha1

#: Bytes per line, as in git.
_ON_A_LINE = 52


def picture_patch(path: str, content: bytes) -> bytes:
    """Adds a new file to the repository; `path` is relative to its top, in ASCII."""
    return b"".join(_lines(path.encode("ascii"), content))


def _lines(path: bytes, content: bytes) -> Iterator[bytes]:
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
