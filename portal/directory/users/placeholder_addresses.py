"""Addresses that no one has: those of placeholders, to which imported studios belong.

The domain is reserved (RFC 2606): no mail can be delivered there, and no form takes it for an email
address. No one is found or written to by it either.
"""

from uuid import uuid4

from portal.accounts.checks import email_address
from portal.core.errors import Invalid

DOMAIN = "placeholder.invalid"


def new_placeholder_address() -> str:
    return f"imported-{uuid4()}@{DOMAIN}"


def is_placeholder_address(email: str | None) -> bool:
    return (email or "").strip().casefold().endswith(f"@{DOMAIN}")


def address_of_somebody(text: str) -> str:
    """The address, normalised and in lower case. Raises Invalid, also for a placeholder's."""
    email = email_address(text)
    if is_placeholder_address(email):
        raise Invalid(f"“{email}” is not an email address.", field="email")
    return email
