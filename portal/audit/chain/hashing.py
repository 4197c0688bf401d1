"""How entries are tied together: the hash of one, and the hash that holds all before it.

The prefixes keep a leaf, an inner node of the tree (0x01, RFC 6962) and a link apart, so that
none can pass for another. Source: the design's page on the audit log, point 5.
"""

from hashlib import sha256

GENESIS = "0" * 64


def leaf_of(canonical: str) -> str:
    return sha256(b"\x00" + canonical.encode()).hexdigest()


def link(previous: str, leaf: str) -> str:
    """The chain's value after this leaf; both are hexadecimal."""
    return sha256(b"\x02" + bytes.fromhex(previous) + bytes.fromhex(leaf)).hexdigest()


def commitment(salt: bytes, value: str) -> str:
    """Binds an entry to a personal value that it does not show.

    When value and salt are erased, nobody can guess the value from it.
    """
    return sha256(salt + value.encode()).hexdigest()
