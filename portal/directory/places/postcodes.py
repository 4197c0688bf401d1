"""Postcodes: whether a text is one, and the postcodes in an address."""

import re

# Two halves, with or without a space between them: of the United Kingdom (BS1 4QA), Canada
# (M5V 2T6), the Netherlands (1012 AB) and Ireland (D02 X285).
HALVES = (
    ("[A-Z]{1,2}[0-9][0-9A-Z]?", "[0-9][A-Z]{2}"),
    ("[A-Z][0-9][A-Z]", "[0-9][A-Z][0-9]"),
    ("[0-9]{4}", "[A-Z]{2}"),
    ("[AC-FHKNPRTV-Y][0-9]{2}", "[0-9AC-FHKNPRTV-Y]{4}"),
)
IN_HALVES = re.compile("|".join(f"({first}) ?({second})" for first, second in HALVES))
# The first half alone.
DISTRICTS = "[A-Z]{1,2}[0-9][0-9A-Z]?|[A-Z][0-9][A-Z]"
# With a hyphen: the United States, Brazil, Portugal; Japan, Poland. With a space: Sweden, Greece.
DIGITS = r"[0-9]{5}-[0-9]{3,4}|[0-9]{4}-[0-9]{3}|[0-9]{3}-[0-9]{4}|[0-9]{2}-[0-9]{3}"
DIGITS += "|[0-9]{3} [0-9]{2}|[0-9]{4,6}"
POSTCODE = rf"(?:{'|'.join(f'{first} ?{second}' for first, second in HALVES)}|{DISTRICTS}|{DIGITS})"
ALONE = re.compile(POSTCODE)
IN_ADDRESS = re.compile(rf"(?<![0-9A-Z]){POSTCODE}(?![0-9A-Z])")
# Not of London's E1W, N1C and W1F.
CANADIAN = re.compile("(?![ENW])[A-Z][0-9][A-Z]")
BESIDE = re.compile(rf"({POSTCODE})[ ,]+([^0-9]+)|([^0-9]+)[ ,]+({POSTCODE})")


def postcode_in(text: str) -> str | None:
    """The text as a normalised postcode; None if it is none."""
    code = " ".join(text.upper().split())
    return _normal(code) if ALONE.fullmatch(code) else None


def postcode_and_place(text: str) -> tuple[str, str] | None:
    """“10115 Berlin” and “Bristol, BS1 4QA” as the normalised postcode and the place."""
    line = " ".join(text.split()).strip(" ,")
    upper = line.upper()
    found = BESIDE.fullmatch(upper) if len(upper) == len(line) else None
    if found is None:
        return None
    code, place = (1, 2) if found[1] else (4, 3)
    return _normal(found[code]), line[slice(*found.span(place))].strip(" ,")


def district_of(code: str) -> str:
    """The first part: BS1 of BS1 4QA, 10001 of 10001-1234. For Poland and Japan all of it."""
    first, _, _ = code.partition(" ")
    before, _, after = first.partition("-")
    return before if len(before) > 3 and after else first


def area_of(code: str) -> str:
    """BS of BS1 4QA, EC of EC2A; empty if a code is all digits. For Canada the district."""
    if CANADIAN.match(code):
        return district_of(code)
    letters = re.match("[A-Z]+", code)
    return letters[0] if letters else ""


def postcodes_of(address: str) -> set[str]:
    found = IN_ADDRESS.finditer(address.upper())
    return {_normal(" ".join(each[0].split())) for each in found}


def _normal(code: str) -> str:
    """With a space between two halves."""
    halves = IN_HALVES.fullmatch(code)
    return " ".join(filter(None, halves.groups())) if halves else code
