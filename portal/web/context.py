"""Variables of every template: the site's name, its environment, the entries of the navigation."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, request

from portal.core.configuration.settings import Environment, settings


@dataclass(frozen=True)
class MenuEntry:
    """One entry of a navigation."""

    label: str
    href: str
    admin_only: bool = False
    also: str | None = None

    @property
    def is_current(self) -> bool:
        """Also true for pages below it and below `also`, except for `/` and `/ops`."""
        path = request.path.rstrip("/") or "/"
        if self.href in {"/", "/ops"}:
            return path == self.href
        roots = [self.href, self.also] if self.also else [self.href]
        return any(path == root or path.startswith(f"{root}/") for root in roots)


PUBLIC_PLACES = (MenuEntry("Studios", "/studios"),)
CONTROL_PLACES = (
    MenuEntry("Home", "/ops"),
    MenuEntry("Incidents", "/ops/incidents"),
    MenuEntry("Runbooks", "/ops/runbooks", also="/ops/runs"),
    MenuEntry("Migrations", "/ops/migrations"),
    MenuEntry("Databases", "/ops/databases", also="/ops/windows"),
    MenuEntry("Backups", "/ops/backups"),
    MenuEntry("Emails", "/ops/emails", also="/ops/mailbox"),
    MenuEntry("Audit", "/ops/audit"),
    MenuEntry("Accounts", "/ops/accounts", admin_only=True),
)


def init_context(app: Flask) -> None:
    app.context_processor(page_context)
    app.jinja_env.globals["current_of"] = current_of


def current_of(places: tuple[MenuEntry, ...]) -> tuple[str, ...]:
    """The labels of the entries that contain this page."""
    return tuple(place.label for place in places if place.is_current)


def page_context() -> dict[str, Any]:
    current = settings()
    return {
        "site_name": current.site_name,
        "instance_environment": current.env.value,
        "page_band": public_band(),
        "public_places": PUBLIC_PLACES,
        "control_places": CONTROL_PLACES,
    }


def public_band() -> dict[str, Any] | None:
    """The band on public pages of instances that are not the real site; None on the real one."""
    if settings().env is Environment.PRODUCTION:
        return None
    return {"environment": settings().env.value, "details": ["not the public site"]}
