"""Fields and actions of the history in words, and values as they are shown."""

from collections.abc import Mapping
from typing import Any

from portal.directory.folding import one_line

LONGEST = 160
FIELDS = {
    "about": "About the owner",
    "abbreviated_address": "Short address",
    "because": "Reason for its owner",
    "city": "City",
    "connections": "Connections",
    "content": "Text",
    "coordinates": "Coordinates",
    "custom_connection_methods": "Other ways to connect",
    "deleted_at": "Deleted by staff",
    "description": "About the studio",
    "email": "Known address",
    "key": "Own key",
    "equipment_list": "Equipment",
    "full_address": "Address",
    "hidden_by_owner_at": "Hidden by its owner",
    "hidden_by_staff_at": "Hidden by staff",
    "home_studio_description": "About the room",
    "hours_note": "Note on the hours",
    "is_anonymous": "Anonymous",
    "is_crb_checked": "CRB checked",
    "is_featured": "Featured",
    "is_premium": "Premium",
    "is_profile_visible": "Shown to visitors",
    "is_spotlight": "Spotlight",
    "is_verified": "Verified",
    "name": "Name",
    "owner": "Owner (number)",
    "phone": "Phone",
    "pictures": "Order of the pictures",
    "published_at": "Published for the first time",
    "rate_tier_1": "£ for 15 minutes",
    "rate_tier_2": "£ for 30 minutes",
    "rate_tier_3": "£ for 1 hour",
    "services_offered": "Services",
    "short_about": "In one sentence",
    "show_directions": "Link to directions",
    "show_email": "Email address shown",
    "show_phone": "Phone shown",
    "show_rates": "Rates shown",
    "shown": "What visitors see of the place",
    "status": "State",
    "takes_messages": "Visitors can write",
    "text": "Words about the picture",
    "types": "Types",
    "verification_level": "Verification",
    "website_url": "Website",
    "zone": "Time zone",
}
UNSHOWN = frozenset({"draft"})
"""What a person had begun and no one else has seen: kept for the way back alone."""
ACTIONS = {
    "claim.asked": "claimed",
    "claim.confirmed": "claim confirmed from its address",
    "studio.changed": "changed",
    "studio.published": "published",
    "studio.hidden": "hidden",
    "studio.shown": "shown again",
    "studio.featured": "featured",
    "studio.unfeatured": "no longer featured",
    "studio.verified": "verified",
    "studio.unverified": "verification withdrawn",
    "studio.deleted": "deleted",
    "studio.returned": "brought back",
    "studio.imported": "imported",
    "studio.handed-over": "handed over",
    "picture.added": "picture added",
    "picture.removed": "picture removed",
    "picture.described": "picture described",
    "pictures.ordered": "pictures put in another order",
}


def field_word(name: str) -> str:
    if name in FIELDS:
        return FIELDS[name]
    plain = name.removeprefix("is_").removesuffix("_url").replace("_", " ")
    return plain[:1].upper() + plain[1:]


def action_words(action: str) -> str:
    """Such as “hidden”, or “review approved”."""
    subject, _, done = action.partition(".")
    return ACTIONS.get(action) or f"{subject} {done.replace('-', ' ')}".strip()


def said(value: Any) -> str:
    """On one line, whole."""
    if value is None or value in ("", []):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(said, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {said(each)}" for name, each in value.items())
    return one_line(str(value)) or "nothing"


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def changed_fields(values: Mapping[str, Any] | None) -> str:
    """“State: active; Verified: yes”."""
    known = values if isinstance(values, Mapping) else {}
    some = [(name, each) for name, each in known.items() if name not in UNSHOWN]
    return "; ".join(f"{field_word(name)}: {shortened(said(value))}" for name, value in some)
