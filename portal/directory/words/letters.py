"""Letters for comparison: without case, accents, and letters that a keyboard may lack."""

from portal.directory.folding import fold

# Letters that Unicode does not decompose into a plain one and an accent.
PLAIN = str.maketrans(
    dict(
        zip(
            "øłđðħŧıĸŋƒəß",
            ["o", "l", "d", "d", "h", "t", "i", "k", "n", "f", "e", "ss"],
            strict=True,
        )
    )
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)
# Transliterations of German and Nordic names: Mueller, Soerensen, Aarhus.
IN_TWO = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
COMPOSED = {f"{letter}{accent}": whole for letter, accent, whole in (
    ("a", "\u0308", "ä"), ("o", "\u0308", "ö"), ("u", "\u0308", "ü"), ("a", "\u030a", "å"),
)}  # fmt: skip


def plain(text: str) -> str:
    """`fold`, which also replaces ø, ł, æ and similar letters. Idempotent."""
    folded = fold(text)
    return folded if folded.isascii() else fold(folded.translate(PLAIN))


def in_two(text: str) -> str | None:
    """The text with ä as ae and so on; None if that changes nothing."""
    lower = text.casefold()
    for taken_apart, whole in COMPOSED.items():
        lower = lower.replace(taken_apart, whole)
    spelled = lower.translate(IN_TWO)
    return None if spelled == lower else spelled
