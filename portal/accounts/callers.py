"""Where an attempt at a password comes from, as this request says."""

from flask import Flask, current_app, request

from portal.accounts.cookies import known_device
from portal.accounts.login import Caller


def caller_as(email: str) -> Caller:
    """Somebody who says that they are this account."""
    return Caller(
        address=request.remote_addr,
        user_agent=request.user_agent.string,
        device=known_device(the_app(), email.strip()),
    )


def the_app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]
