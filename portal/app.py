"""create_app: the whole application with all pages."""

import logging
from collections.abc import Hashable
from typing import cast

import email_validator  # noqa: F401 — a web process has loaded at its start what requests need
import huey  # noqa: F401
import psycopg  # noqa: F401
from flask import Flask, Response, current_app, request

import portal.accounts.views
import portal.audit.views
import portal.control.views
import portal.databases.views
import portal.databases.views.feed
import portal.directory.searches.views
import portal.directory.views
import portal.directory.views.site
import portal.directory.views.staff
import portal.documents.views
import portal.emails.views
import portal.emails.views.mailbox
import portal.help.views
import portal.incidents.views
import portal.incidents.views.status
import portal.jobs.views
import portal.monitoring.views
import portal.runbooks.views
from portal.accounts.login.cookies import realm_of
from portal.accounts.models import Realm
from portal.accounts.permissions.enforcement import init_permissions
from portal.accounts.setup import init_accounts, settle_refusal
from portal.control.concerned import request_is_about_production
from portal.core.configuration.settings import OPS, Settings, load_settings
from portal.core.configuration.settings import settings as current_settings
from portal.core.errors import PortalError, Unavailable
from portal.core.faults.alarm import alarm_about, note_failed_page, speak
from portal.core.faults.places import ops_place, served_place
from portal.core.page import begin_page, end_page
from portal.core.storage.between_pages import note_tables
from portal.core.storage.database import begin_request, db, end_request
from portal.core.storage.ops_version import OpsVersion
from portal.core.storage.sqlite import forbid_schema_changes
from portal.databases.migrations.ops_revision import require_ops_set_up
from portal.databases.public_version.freshness import LONGEST, VersionAsker
from portal.databases.sessions.limits import log_limits
from portal.databases.targets import readiness
from portal.databases.targets.registry import guards_real_production, is_demo_room
from portal.directory.kept.addresses import kept_address
from portal.directory.kept.memory import Version
from portal.directory.revisions import SERVES
from portal.directory.views import init_directory
from portal.documents.folders.page_snapshot import begin_look, end_look
from portal.features import know_features
from portal.groups import feature_commands
from portal.incidents.views.status import StatusVersion, init_status, status_address
from portal.incidents.views.status import version as status_version
from portal.jobs.leases.holder import take_lease
from portal.jobs.models import LeaseKind
from portal.jobs.processes import session_name
from portal.jobs.release import release_name, why_no_commit
from portal.odd_pages import made_again
from portal.start import bare_app
from portal.web.components import init_components
from portal.web.context import init_context
from portal.web.errors import init_errors, refuse_too_large, show_portal_error
from portal.web.formats import init_formats
from portal.web.headers import init_headers, is_below
from portal.web.hosts import HostCheck, init_hosts
from portal.web.kept import KeptPages, serve
from portal.web.kept.finishing import init_finishing
from portal.web.kept.pages import OFFER, Offer
from portal.web.kept.store import Store
from portal.web.numbers import init_numbers
from portal.web.refused import init_refused
from portal.web.request_log import init_request_log, note_refused
from portal.web.static_files import init_static
from portal.web.url_cache import init_addresses

log = logging.getLogger(__name__)

SHOWN = (
    portal.directory.views,
    portal.directory.views.site,
    portal.directory.views.staff,
    portal.accounts.views,
    portal.audit.views,
    portal.jobs.views,
    portal.runbooks.views,
    portal.databases.views,
    portal.databases.views.feed,
    portal.documents.views,
    portal.incidents.views,
    portal.incidents.views.status,
    portal.emails.views,
    portal.emails.views.mailbox,
    portal.directory.searches.views,
    portal.monitoring.views,
    portal.help.views,
    portal.control.views,
)

PUBLIC_BLUEPRINTS = frozenset({"directory", "site"})


def create_app(settings: Settings | None = None) -> Flask:
    """The application for one process. Raises SettingError for an invalid setting."""
    app = bare_app(settings or load_settings())
    for group in feature_commands(lambda _with_pages: None):
        app.cli.add_command(group)
    know_features(app)
    show_pages(app)
    return app


def show_pages(app: Flask) -> None:
    """Set up everything that only a process with pages needs."""
    app.before_request(speak)
    init_request_log(app, why_unfit=readiness.why_unfit)
    hosts = init_hosts(app, is_demo=is_demo_room)
    app.before_request(keep_lease)
    app.before_request(lambda: begin_request(request.method))
    app.teardown_request(lambda _error: end_request())
    app.before_request(refuse_too_large)
    app.before_request(require_ops)
    init_looks(app)
    init_numbers(app)
    init_accounts(app, is_strict=_is_strict)
    init_permissions(app, is_about_production=request_is_about_production)
    init_web(app)
    init_directory(app, check=readiness.require_fit, version=version_asked)
    init_status(app, version=lambda: asked[0].key if (asked := version_asked()) else None)
    app.register_error_handler(PortalError, refuse)
    app.register_error_handler(Exception, explain)
    for feature in SHOWN:
        app.register_blueprint(feature.blueprint)
    init_refused(app)
    keep_pages(app, hosts)


def version_asked() -> tuple[Version, float] | None:
    """The version of the content, and when it was asked for, where the page may be kept. For the
    directory lease, identity, revision and maintenance were asked with it."""
    offer: Offer | None = request.environ.get(OFFER)
    return (offer.version, offer.asked_at) if offer else None


def _is_strict() -> bool:
    """A client page needs nothing else from the registry, hence `alone`."""
    return guards_real_production(alone=is_below("/client", request.path))


def keep_pages(app: Flask, hosts: HostCheck) -> None:
    """Wrap the application in the response cache, outside of everything else, ProxyFix too."""
    settings = cast(Settings, app.extensions["portal.settings"])
    if app.debug or not settings.keep_bytes:
        serve()
        return
    status = KeptPages(
        app.wsgi_app,
        store=Store(min(settings.keep_bytes, status_version.MOST_BYTES), status_version.LONGEST),
        address=status_address,
        ask=StatusVersion(settings).ask,
        is_known_host=hosts.is_known,
        trusted_proxies=settings.trusted_proxies,
        same_for_everybody=True,
    )
    pages = KeptPages(
        status,
        store=Store(settings.keep_bytes, LONGEST),
        address=kept_address,
        ask=VersionAsker(settings).ask,
        is_known_host=hosts.is_known,
        trusted_proxies=settings.trusted_proxies,
    )
    app.wsgi_app = pages  # type: ignore[assignment,method-assign]  # as Flask documents it
    serve(pages, status)


def require_ops() -> None:
    """Raises Unavailable on pages behind a login before `flask portal setup` of a new release.

    Clients read that it is temporary; the log says why."""
    if realm_of(request.path) is not Realm.STAFF:
        return
    try:
        require_ops_set_up()
    except Unavailable as error:
        if not is_below("/client", request.path):
            raise
        raise Unavailable(
            "The summaries can’t be shown at the moment. Nothing was lost.",
            remedy="Try again in a few minutes.",
        ) from error


def refuse(error: PortalError) -> Response:
    """Roll back, record, then redirect to the login if it is missing, or show the error's
    sentence."""
    note_refused(error)
    return settle_refusal(error) or show_portal_error(error)


def explain(error: Exception) -> Response:
    """Show the sentence for an error of a database or a disk; re-raise any other error.

    Visitors see maintenance, also for a session that was closed while a database was replaced.
    """
    db.session.rollback()
    is_public = request.blueprint in PUBLIC_BLUEPRINTS
    config = current_settings()
    fault = alarm_about(
        error, config, about=served_place(config) if is_public else ops_place(config)
    )
    if fault is None:
        try:
            page = made_again(error, is_public=is_public)
        except PortalError as without:
            return refuse(without)
        if page is None:
            raise error
        return page
    begin_request("GET")  # the error page writes nothing
    if is_public:
        note_failed_page(fault)
        return refuse(Unavailable(readiness.BACK_SOON))
    return refuse(fault)


def init_looks(app: Flask) -> None:
    """On a read-only page, read each folder of documents once, and query each database once."""

    @app.after_request
    def end(response: Response) -> Response:
        end_look()
        end_page()
        return response

    app.before_request(lambda: begin_look(request.method))
    version = OpsVersion(
        cast(Settings, app.extensions["portal.settings"]).ops_url, name=session_name
    )
    with app.app_context():
        note_tables(db.engines["ops"])
    app.before_request(lambda: begin_page(request.method, lambda: _version_of_ops(version)))
    app.teardown_request(lambda _error: end_look())
    app.teardown_request(lambda _error: end_page())


def _version_of_ops(version: OpsVersion) -> Hashable:
    """For pages behind a login. None if a transaction is open already, since its snapshot may be
    older."""
    if realm_of(request.path) is not Realm.STAFF:
        return None
    if db.session.registry.has() and db.session().in_transaction():
        return None
    return version.ask()


def keep_lease() -> None:
    """Register this process with the release gate; taken once, then renewed by a thread.

    From then on none of its SQLite connections can change a schema."""
    if not current_app.testing:
        environment = current_settings().env
        serves, target = sorted(SERVES), environment.value
        take_lease(LeaseKind.WEB, environment=environment, serves=serves, target=target)
        if forbid_schema_changes():
            for engine in db.engines.values():
                engine.dispose()


def log_start() -> None:
    """What this process serves, and why not if it can't."""
    served = f"serves {current_settings().env.value}, release {release_name()}"
    if why := readiness.why_unfit():
        log.warning("Started: %s, but not yet: %s", served, why)
    else:
        log.info("Started: %s.", served)
    if unnamed := why_no_commit():
        log.warning("%s", unnamed)
    log_limits({OPS: db.engines["ops"], current_settings().env.value: db.engine})


def init_web(app: Flask) -> None:
    """Register static files, components, filters, headers and error pages."""
    init_static(app)
    init_finishing(app)
    init_addresses(app)
    init_components(app)
    init_formats(app)
    init_context(app)
    init_headers(app)
    init_errors(app)
