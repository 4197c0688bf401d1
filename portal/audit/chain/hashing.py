"""The hashes of entries: an entry's own, and the chain's value over all entries so far.

Different prefixes for a leaf, an inner node of the tree (0x01, RFC 6962) and a link prevent one
from being used as another.
"""

from hashlib import sha256

GENESIS = "0" * 64


def leaf_of(canonical: str) -> str:
    return sha256(b"\x00" + canonical.encode()).hexdigest()


def link(previous: str, leaf: str) -> str:
    """The chain's value after this leaf; both are hexadecimal."""
    return sha256(b"\x02" + bytes.fromhex(previous) + bytes.fromhex(leaf)).hexdigest()


def commitment(salt: bytes, value: str) -> str:
    """Commits an entry to a personal value that it does not contain.

    Once value and salt are erased, the value can't be guessed from it.
    """
    return sha256(salt + value.encode()).hexdigest()
