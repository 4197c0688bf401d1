"""What of a page decides whether it is well-formed and named, without its texts and values.

Parsing a page strictly takes longer than making it. A page that differs from one that was found
sound in nothing but the words between its tags, the values of its fields and the addresses of its
links is as sound as that one, and need not be parsed. Title and headings count with their words.
"""

import re

# Printable, no white space, none of the characters that begin something, none that is an error.
LETTERS = "!-%'-;=?-~\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff"
LETTERS += "\u3001-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd"
ENTITY = "&(?:amp|lt|gt|quot|#39|#34);"
IN_QUOTES = LETTERS.replace("!-%", "!#-%")
WELL_CUT = re.compile(r"""(?:[^<>]++|<[!/a-zA-Z](?:[^"'<>]++|"[^"<>]*+"|'[^'<>]*+')*+>)*+""")
SCRIPTED = re.compile(r"<(?:!--|style|template|script(?![^<>]* src=))", re.IGNORECASE)
TAG_OR_WORDS = re.compile(rf"(<[^<>]*+>)|(?:[{LETTERS}]|{ENTITY})(?:[ \n{LETTERS}]|{ENTITY})*+")
VALUE = re.compile(rf' (value|href|action|datetime|content)="(?:[ {IN_QUOTES}]|{ENTITY})*+"')
TITLES = re.compile(r"<title>.*?</title>|<h1.*?</h1>", re.DOTALL)


def likeness(text: str) -> int | None:
    """The same for pages of which one is sound if the other is; None where that can't be said."""
    if SCRIPTED.search(text) or not WELL_CUT.fullmatch(text):
        return None
    titles = tuple(TITLES.findall(text))
    return hash((TAG_OR_WORDS.sub(r"\1x", VALUE.sub(r' \1=""', text)), titles))
