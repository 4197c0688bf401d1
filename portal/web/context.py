"""Variables of every template: the site's name, its environment, the public navigation."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, request

from portal.core.configuration.settings import Environment, settings
from portal.web.navigation.places import HOME, menu_of, where


@dataclass(frozen=True)
class MenuEntry:
    """One entry of a navigation."""

    label: str
    href: str

    @property
    def is_current(self) -> bool:
        """Also true for pages below it."""
        path = request.path.rstrip("/")
        return path == self.href or path.startswith(f"{self.href}/")


PUBLIC_PLACES = (MenuEntry("Studios", "/studios"), MenuEntry("Your studio", "/me"))


def init_context(app: Flask) -> None:
    app.context_processor(page_context)
    app.jinja_env.globals.update(current_of=current_of, menu_of=menu_of, where=where)


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
        "control_home": HOME,
    }


def public_band() -> dict[str, Any] | None:
    """The band on public pages of instances that are not the real site; None on the real one."""
    if settings().env is Environment.PRODUCTION:
        return None
    return {"environment": settings().env.value, "details": ["not the public site"]}
