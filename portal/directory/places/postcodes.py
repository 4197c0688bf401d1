"""Postcodes: whether a text is one, and the postcodes in an address."""

import re

# United Kingdom: the district, and a door's half: BS1 4QA. Canada: M5V 2T6. Ireland: D02 X285.
WITH_LETTERS = r"[A-Z]{1,2}[0-9][0-9A-Z]?(?: ?[0-9][A-Z]{2})?|[A-Z][0-9][A-Z](?: ?[0-9][A-Z][0-9])?"
WITH_DIGITS = r"[0-9]{4,6}|[0-9]{5}-[0-9]{4}|[0-9]{4} ?[A-Z]{2}|[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3}"
POSTCODE = re.compile(f"(?:{WITH_LETTERS}|{WITH_DIGITS}|[A-Z][0-9]{{2}} ?[0-9A-Z]{{4}})")
IN_ADDRESS = re.compile(rf"(?<![0-9A-Z]){POSTCODE.pattern}(?![0-9A-Z])")


def postcode_in(text: str) -> str | None:
    """The text as a normalised postcode; None if it is none."""
    code = " ".join(text.upper().split())
    return code if POSTCODE.fullmatch(code) else None


def district_of(code: str) -> str:
    """The part before the space: BS1 of BS1 4QA. For Canada, the letters and digits together."""
    if " " in code:
        return code.partition(" ")[0]
    has_door = re.fullmatch(r"([A-Z]{1,2}[0-9][0-9A-Z]?)[0-9][A-Z]{2}", code)
    return has_door[1] if has_door else code


def area_of(code: str) -> str:
    """BS of BS1 4QA; empty if a code is all digits."""
    return district_of(code).rstrip("0123456789")


def postcodes_of(address: str) -> set[str]:
    return {" ".join(found[0].split()) for found in IN_ADDRESS.finditer(address.upper())}
