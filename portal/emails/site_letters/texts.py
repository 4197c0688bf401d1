"""The text of one email: the words of its kind with what its row says."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from portal.core.errors import Invalid
from portal.directory.unattended.letters import StoredLetter
from portal.directory.users.letters import LetterKind
from portal.directory.users.links import link_code
from portal.emails.site_letters.parts import (
    LetterText,
    Link,
    Part,
    Quote,
    Site,
    moment,
    name_shown,
)
from portal.emails.site_letters.words import ANSWER_BY_FORM, ANSWER_DIRECTLY, END, WORDS

UNSUBSCRIBE = "unsubscribe"
"""The kind of the codes that end them; the id in one is the number of the user."""
USUAL_GRACE = timedelta(days=30)

SLUG = re.compile(r"[a-z0-9-]{1,80}")
NO_REASON = "(none)"

Values = dict[str, Part]

LINKS = {
    LetterKind.CONFIRM_SIGNUP: ("/signup/confirm/", "signup"),
    LetterKind.RESET_PASSWORD: ("/login/reset/", "reset"),
    LetterKind.CONFIRM_OLD_ADDRESS: ("/me/address/", "address"),
    LetterKind.CONFIRM_NEW_ADDRESS: ("/me/address/", "address"),
    LetterKind.CONFIRM_CLAIM: ("/claim/", "claim"),
}
"""Where the code of a link leads, and its kind."""


def text_of_letter(letter: StoredLetter, site: Site) -> LetterText:
    """Raises Invalid where what it needs is missing, and for a kind of another release."""
    try:
        kind = LetterKind(letter.kind)
    except ValueError:
        raise Invalid(f"This release sends no emails of the kind “{letter.kind}”.") from None
    values = _values(kind, letter, site)
    words, unsubscribe = WORDS[kind], values.get(UNSUBSCRIBE)
    reply_to = letter.details.get("reply_to") if kind is LetterKind.REPLY else None
    return LetterText(
        _filled(words.subject, values),
        ("Hello,", *_parts(words.body, values), *_parts(END, values)),
        unsubscribe=unsubscribe.address if isinstance(unsubscribe, Link) else None,
        reply_to=str(reply_to) if reply_to else None,
    )


def _values(kind: LetterKind, letter: StoredLetter, site: Site) -> Values:
    values: Values = {
        "site": " ".join(site.name.split()),
        "home": Link(site.at("/")),
        "login": Link(site.at("/login")),
        "forgotten": Link(site.at("/login/forgotten")),
        "deletion": Link(site.at("/me/deletion")),
        "at": moment(letter.created_at),
        "until": moment(letter.expires_at),
        "due": moment(_due(letter)),
    }
    if kind in LINKS:
        path, of = LINKS[kind]
        values["link"] = Link(site.at(f"{path}{link_code(of, _about(letter))}"))
    more = OWN.get(kind)
    return {**values, **more(letter, site)} if more else values


def _of_message(letter: StoredLetter, site: Site) -> Values:
    return {
        "studio": name_shown(letter.details.get("studio"), "your studio"),
        "sender": name_shown(letter.details.get("from"), "A visitor"),
        "message": Link(site.at(f"/me/messages/{_about(letter)}")),
        UNSUBSCRIBE: _end_of_emails(letter, site),
    }


def _end_of_emails(letter: StoredLetter, site: Site) -> Link:
    if letter.user_id is None:
        raise Invalid("It does not say whose emails end by its link.")
    whose = str(UUID(int=letter.user_id))
    return Link(site.at(f"/unsubscribe/{link_code(UNSUBSCRIBE, whose)}"))


def _of_review(letter: StoredLetter, site: Site) -> Values:
    return {
        "studio": name_shown(letter.details.get("studio"), "a studio"),
        "because": Quote(str(letter.details.get("because") or "")),
        "own_reviews": Link(site.at("/me/reviews")),
        "studio_reviews": Link(site.at("/me/studio/reviews")),
        UNSUBSCRIBE: _end_of_emails(letter, site),
    }


def _of_reply(letter: StoredLetter, _site: Site) -> Values:
    return {
        "studio": name_shown(letter.details.get("studio"), "a studio"),
        "answer": Quote(str(letter.details.get("body") or ""), is_private=True),
        "next": ANSWER_DIRECTLY if letter.details.get("reply_to") else ANSWER_BY_FORM,
    }


def _of_claim(letter: StoredLetter, site: Site) -> Values:
    slug = str(letter.details.get("slug") or "")
    return {
        "studio": name_shown(letter.details.get("studio"), "a studio"),
        "sender": name_shown(letter.details.get("from"), "Somebody"),
        "reason": Quote(str(letter.details.get("reason") or "None was given.")),
        "own": Link(site.at("/me/studio")),
        "report": Link(site.at(f"/studios/{slug}/report" if SLUG.fullmatch(slug) else "/")),
    }


CLAIMS = ("CONFIRM_CLAIM", "STUDIO_CLAIMED", "CLAIM_GRANTED", "CLAIM_REFUSED", "CLAIM_UNDONE")


def _of_ended_studio(letter: StoredLetter, site: Site) -> Values:
    because = str(letter.details.get("because") or "").strip()
    return {
        "studio": name_shown(letter.details.get("studio"), "your studio"),
        "because": Quote(because or NO_REASON),
        "own_studio": Link(site.at("/me/studio")),
    }


def _of_staff_act(letter: StoredLetter, site: Site) -> Values:
    reason = str(letter.details.get("reason") or "").strip()
    return {
        "studio": name_shown(letter.details.get("studio"), "your studio"),
        "reason": Quote(reason or NO_REASON),
        "pictures": Link(site.at("/me/images")),
    }


OWN: dict[LetterKind, Callable[[StoredLetter, Site], Values]] = {
    **{LetterKind[each]: _of_claim for each in CLAIMS},
    LetterKind.MESSAGE: _of_message,
    LetterKind.REPLY: _of_reply,
    LetterKind.STUDIO_HIDDEN: _of_ended_studio,
    LetterKind.STUDIO_DELETED: _of_ended_studio,
    LetterKind.STUDIO_RETURNED: _of_ended_studio,
    LetterKind.PICTURE_REMOVED: _of_staff_act,
    LetterKind.ACCOUNT_DISABLED: _of_staff_act,
    LetterKind.REVIEW_SHOWN: _of_review,
    LetterKind.REVIEW_ANSWERED: _of_review,
    LetterKind.REVIEW_REFUSED: _of_review,
}
"""What only some kinds say."""


def _parts(body: str, values: Values) -> Iterator[Part]:
    """The values are filled in last: none of them can begin a paragraph."""
    for paragraph in body.strip().split("\n\n"):
        line = " ".join(paragraph.split())
        alone = values.get(line[1:-1]) if line.startswith("{") and line.endswith("}") else None
        yield _filled(line, values) if alone is None else alone


def _filled(line: str, values: Values) -> str:
    return line.format_map({key: each for key, each in values.items() if isinstance(each, str)})


def _about(letter: StoredLetter) -> str:
    if not letter.about:
        raise Invalid("It does not say what it is about.")
    return letter.about


def _due(letter: StoredLetter) -> datetime:
    """`due` of its details, an ISO time; else by the usual grace."""
    try:
        due = datetime.fromisoformat(str(letter.details.get("due")))
    except ValueError:
        return letter.created_at + USUAL_GRACE
    return due if due.tzinfo else letter.created_at + USUAL_GRACE
