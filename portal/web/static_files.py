"""Which files form which bundle, and how bundles are served: cached forever, by content hash.

A page has one sheet and one script: those of the public directory, or those of the control room and
the client area. htmx is added where a page requests fragments from the server.
"""

from pathlib import Path

from flask import Flask, Response, current_app, request

from portal.core.errors import NotFound
from portal.web.assets import AT_ONCE, Asset, Assets

COMPONENTS = (
    "tokens",
    "layout",
    "button",
    "band",
    "navigation",
    "card",
    "table",
    "tabs",
    "badge",
    "step",
    "timeline",
    "code",
    "field",
    "empty-state",
    "toast",
    "pagination",
    "progress",
    "run",
    "caption",
    "database",
    "operation",
    "document",
    "help",
    "incident",
    "letter",
    "login",
    "log",
    "home",
    "measures",
    "message",
    "monitoring",
    "live",
    "editor",
    "queue",
    "studios",
    "imports",
    "print",
)
SHEETS = ("vendor/pico/pico.min.css", *(f"css/{name}.css" for name in COMPONENTS))
#: The status page has no script, and few parts.
STATUS_SHEETS = (
    "vendor/pico/pico.min.css",
    *(f"css/{name}.css" for name in ("tokens", "layout", "status")),
)
SCRIPTS = (AT_ONCE, "js/copy.js", "js/zone.js")
#: In the control room and the client area; each does nothing on pages without its attributes.
ROOM_PARTS = (
    *("menu", "fragments", "poll", "typed", "controls", "keep", "unsaved", "pictures", "insert"),
    *("live", "run", "anchors", "ages", "refresh", "select", "keys"),
)
ROOM_SCRIPTS = tuple(f"js/{name}.js" for name in ROOM_PARTS)
DIRECTORY_SHEETS = (*SHEETS, "css/directory.css", "css/profile.css")
DIRECTORY_SCRIPTS = (*SCRIPTS, "js/hours.js", "js/gallery.js")
BUNDLES = {
    "directory.css": DIRECTORY_SHEETS,
    "directory.js": DIRECTORY_SCRIPTS,
    "site.css": (
        *DIRECTORY_SHEETS,
        *(f"css/{name}.css" for name in ("site", "owner", "inbox", "pictures")),
    ),
    "site.js": (
        *DIRECTORY_SCRIPTS,
        *(f"js/{name}.js" for name in ("section", "studio", "uploads", "own-pictures")),
    ),
    "room.css": SHEETS,
    "status.css": STATUS_SHEETS,
    "room.js": (*SCRIPTS, *ROOM_SCRIPTS),
    "htmx.js": ("vendor/htmx/htmx.min.js",),
    "icons.svg": ("icons.svg",),
    "favicon.svg": ("favicon.svg",),
}
FOR_GOOD = "public, max-age=31536000, immutable"


def init_static(app: Flask) -> None:
    assets = Assets(Path(app.static_folder or ""), BUNDLES, may_change=app.debug)
    app.extensions["portal.assets"] = assets
    app.jinja_env.globals["asset"] = lambda name: f"/assets/{assets.named(name).file_name}"
    app.add_url_rule("/assets/<name>", "asset", show_asset)


def show_asset(name: str) -> Response:
    """Cached forever under the hash of its content.

    Another hash belongs to another release, whose pages may still be open: it gets this release's
    content, which must not be cached under that name.
    """
    try:
        asset, is_current = _assets().of_file_name(name)
    except KeyError:
        raise NotFound("There is no file at this address.") from None
    response = _encoded(asset)
    response.headers["Cache-Control"] = FOR_GOOD if is_current else "no-store"
    response.make_conditional(request)
    return response


def _encoded(asset: Asset) -> Response:
    accepted = request.accept_encodings
    encoding = next((each for each in ("br", "gzip") if accepted[each] > 0), "")
    response = Response(asset.encoded(encoding), content_type=asset.content_type)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.headers["Vary"] = "Accept-Encoding"
    response.set_etag(f"{asset.hash}-{encoding or 'plain'}")
    return response


def _assets() -> Assets:
    assets: Assets = current_app.extensions["portal.assets"]
    return assets
