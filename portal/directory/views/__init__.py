"""The pages of the site: the public directory, and (in `site`) those for accounts and owners.

They read forms and render pages; the services have the rules. The blueprint `directory` is the
public's, the blueprint `site` that of people with an account. Start with `site`.
"""

from collections.abc import Callable
from typing import Any, cast

from flask import (
    Blueprint,
    Flask,
    Response,
    after_this_request,
    current_app,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as WerkzeugResponse

from portal.core.configuration.settings import settings
from portal.core.errors import Gone, NotFound
from portal.core.storage.database import db
from portal.directory.formats import FILTERS
from portal.directory.imports.opening import LARGEST_REQUEST as LARGEST_IMPORT
from portal.directory.imports.opening import PAGE as IMPORTS
from portal.directory.kept.addresses import wish_in
from portal.directory.kept.memory import Version, memory, use
from portal.directory.owners.addresses import what_became_of
from portal.directory.pages.reading import overview, studio_page
from portal.directory.pictures import MEDIUM, SMALL
from portal.directory.places.file import failures
from portal.directory.search.find import find_studios
from portal.directory.search.links import Links
from portal.directory.search.search_query import AMOUNTS, UNITS, Sort, Wish, read_wish
from portal.directory.searches.counting import count_few_results
from portal.directory.searches.service import write_counts
from portal.directory.uploads.limits import LARGEST_REQUEST, PAGE
from portal.directory.uploads.store import find_picture
from portal.directory.visibility import IMAGE_NAME
from portal.serving.limits import LARGER_BODIES

blueprint = Blueprint("directory", "portal.directory", template_folder="templates")
PICTURES = {"directory.image", "directory.small_image", "directory.medium_image"}
FOR_GOOD = 31_536_000
SEARCH_ANOTHER = "Search for another one by its name or city."
SORTS, NAMED_UNITS = tuple(Sort), tuple(UNITS.items())
PLACES_SOURCE = "https://www.geonames.org/"


def init_directory(
    app: Flask,
    *,
    check: Callable[[], str | None] | None = None,
    version: Callable[[], tuple[Version, float] | None] = lambda: None,
) -> None:
    """`check` is called before each page; it raises Unavailable when the database does not match.

    The text it returns is shown as a notice: the directory is read-only. `version`: of the content,
    where this request has asked for it, and with it all that `check` looks for; the search then
    calls `check` only when it asks the database for more.
    """
    app.config[LARGER_BODIES] = {PAGE: LARGEST_REQUEST, IMPORTS: LARGEST_IMPORT}
    app.extensions["portal.directory.check"] = check
    app.extensions["portal.directory.version"] = version
    app.jinja_env.filters.update(FILTERS)


@blueprint.before_request
def ask_whether_the_database_fits() -> None:
    if request.endpoint in PICTURES:
        return
    ask = cast(
        Callable[[], tuple[Version, float] | None],
        current_app.extensions["portal.directory.version"],
    )
    version = ask()
    if version and request.endpoint == "directory.studios":
        use(memory.of(*version, settings().keep_bytes))
        g.notice = None
        return
    check = cast(
        Callable[[], str | None] | None, current_app.extensions.get("portal.directory.check")
    )
    g.notice = check() if check else None


@blueprint.get("/")
def home() -> str:
    return render_template("directory/home.html", overview=overview(), wish=Wish())


@blueprint.get("/studios")
def studios() -> str:
    asked, unread = request.query_string.decode("latin-1"), failures()
    results = find_studios(wish_in(asked) or read_wish(request.args.getlist))
    if not g.notice:
        later = None if current_app.testing else write_later()
        g.depends_on_time = count_few_results(results, later=later)
    if failures() != unread:
        after_this_request(not_stored)
    return render_template(
        "directory/studios.html",
        results=results,
        address=Links(url_for("directory.studios"), results.filters),
        sorts=SORTS,
        amounts=AMOUNTS,
        units=NAMED_UNITS,
        places_source=PLACES_SOURCE,
    )


def not_stored(response: Response) -> Response:
    """A page made while the list of places could not be read is wrong as soon as it can."""
    response.cache_control.no_store = True
    return response


def write_later() -> Callable[[], None]:
    """A function for a background thread, so that no page waits for the ops database."""
    app = cast(Any, current_app)._get_current_object()

    def why_read_only() -> str | None:
        check = app.extensions["portal.directory.check"]
        try:
            return check() if check else None
        finally:
            db.session.rollback()

    def write() -> None:
        with app.app_context():
            write_counts(why_read_only)

    return write


@blueprint.get("/studios/<slug>")
def studio(slug: str) -> str | WerkzeugResponse:
    found = studio_page(slug, page=page_of_reviews())
    if found is None:
        return _elsewhere(slug)
    return render_template("directory/studio.html", studio=found)


def page_of_reviews() -> int:
    """The page of a studio's reviews that is asked for; the first for what is no number."""
    asked = request.args.get("page", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1


def _elsewhere(slug: str) -> WerkzeugResponse:
    """To the present address of a studio that was renamed. Raises Gone for one that its owner or
    staff have taken out of sight, and NotFound."""
    became = what_became_of(slug)
    if became.slug:
        moved = redirect(url_for(".studio", slug=became.slug), 301)
        moved.headers["Cache-Control"] = "no-cache"  # its owner may go back to the old name
        return moved
    if became.is_hidden:
        raise Gone(
            "This studio is not shown at the moment: its owner has hidden it.",
            remedy=SEARCH_ANOTHER,
        )
    if became.is_off:
        raise Gone("This studio is not shown at the moment.", remedy=SEARCH_ANOTHER)
    if became.is_removed:
        raise Gone("This studio is not in the directory any more.", remedy=SEARCH_ANOTHER)
    raise NotFound(
        "There is no studio at this address.",
        remedy="It may have changed its name or closed. Search for it by its name or city.",
    )


@blueprint.get("/images/<name>")
def image(name: str) -> Response:
    """A picture by the hash of its content, which never changes, so it is cached forever."""
    return _picture(name)


@blueprint.get(f"/images/{SMALL}/<name>")
def small_image(name: str) -> Response:
    """The same picture in the width that lists show."""
    return _picture(name, SMALL)


@blueprint.get(f"/images/{MEDIUM}/<name>")
def medium_image(name: str) -> Response:
    """The same picture in the width between that and the whole."""
    return _picture(name, MEDIUM)


def _picture(name: str, width: int | None = None) -> Response:
    """Raises NotFound for a name that is not a picture of this site."""
    if not IMAGE_NAME.fullmatch(name):
        raise NotFound("There is no picture at this address.")
    response = send_file(find_picture(name, width), max_age=FOR_GOOD)
    response.cache_control.immutable = True
    return response
