"""create_app: the one place that knows every feature."""

from flask import Flask, Response, current_app, request
from flask_migrate import Migrate
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

import portal.accounts.cli
import portal.accounts.views
import portal.audit.cli
import portal.audit.tasks
import portal.audit.views
import portal.control.cli
import portal.control.views
import portal.databases.actions
import portal.databases.cli
import portal.databases.views
import portal.databases.views.feed
import portal.directory.views
import portal.documents.tasks
import portal.documents.views
import portal.emails.cli
import portal.emails.models
import portal.emails.tasks
import portal.emails.views
import portal.emails.views.mailbox
import portal.incidents.cli
import portal.incidents.models
import portal.incidents.tasks
import portal.incidents.views
import portal.jobs.cli
import portal.jobs.views
import portal.runbooks.cli
import portal.runbooks.views
from portal.accounts.enforcement import init_permissions
from portal.accounts.setup import init_accounts, settle_refusal
from portal.control.concerned import request_is_about_production
from portal.core.database import begin_request, db, end_request, init_database
from portal.core.errors import PortalError, Unavailable
from portal.core.logs import keep_keys_out_of_logs
from portal.core.page import begin_page, end_page
from portal.core.read_only import refuse_writes
from portal.core.secrets import secret_key
from portal.core.settings import Settings, load_settings
from portal.core.settings import settings as current_settings
from portal.core.sqlite import forbid_schema_changes, may_do
from portal.databases import fitness
from portal.databases.engines import name_sessions
from portal.databases.revisions import FOLDER
from portal.databases.strictness import guards_real_production, is_demo_room
from portal.directory.revisions import SERVES
from portal.directory.views import init_directory
from portal.documents.looking import begin_look, end_look
from portal.jobs.leases import take_lease
from portal.jobs.models import LeaseKind
from portal.web.errors import show_portal_error
from portal.web.hosts import init_hosts
from portal.web.numbers import init_numbers
from portal.web.setup import init_web

SHOWN = (
    portal.directory.views,
    portal.accounts.views,
    portal.audit.views,
    portal.jobs.views,
    portal.runbooks.views,
    portal.databases.views,
    portal.databases.views.feed,
    portal.documents.views,
    portal.incidents.views,
    portal.emails.views,
    portal.emails.views.mailbox,
    portal.control.views,
)
COMMANDS = (
    portal.accounts.cli,
    portal.audit.cli,
    portal.jobs.cli,
    portal.runbooks.cli,
    portal.databases.cli,
    portal.incidents.cli,
    portal.emails.cli,
    portal.control.cli,
)

#: Bytes. A picture and the text it goes into.
LARGEST_REQUEST = 12_000_000


def create_app(settings: Settings | None = None) -> Flask:
    """The application for one process. Raises SettingError when a setting is wrong."""
    keep_keys_out_of_logs()
    settings = settings or load_settings()
    app = Flask("portal", static_folder="web/static", template_folder="web/templates")
    app.extensions["portal.settings"] = settings
    app.config["SECRET_KEY"] = secret_key(settings)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    init_database(app, settings)
    with app.app_context():
        for engine in db.engines.values():
            name_sessions(engine)
        refuse_writes(
            db.engine, fitness.why_read_only, unknown=fitness.NOT_SAVED, authorizer=may_do
        )
    Migrate(app, db, directory=str(FOLDER))
    init_hosts(app, is_demo=is_demo_room)
    app.before_request(keep_lease)
    app.before_request(lambda: begin_request(request.method))
    app.teardown_request(lambda _error: end_request())
    init_looks(app)
    init_numbers(app)
    init_accounts(app, is_strict=guards_real_production)
    init_permissions(app, is_about_production=request_is_about_production)
    init_web(app)
    fitness.declare(SERVES)
    init_directory(app, check=fitness.require_fit)
    app.register_error_handler(PortalError, refuse)
    app.register_error_handler(OperationalError, explain)
    app.register_error_handler(ProgrammingError, explain)
    for feature in SHOWN:
        app.register_blueprint(feature.blueprint)
    for feature in COMMANDS:
        app.cli.add_command(feature.commands)
    return app


def refuse(error: PortalError) -> Response:
    """Undo, record, then send to the login where one is missing, or show the one sentence."""
    return settle_refusal(error) or show_portal_error(error)


def explain(error: DBAPIError) -> Response:
    """A table that goes missing under a page is maintenance, and so is a session that was ended
    while a database was swapped; anything else stays a fault."""
    db.session.rollback()
    if request.blueprint == portal.directory.views.blueprint.name:
        if error.connection_invalidated:
            return refuse(Unavailable(fitness.BACK_SOON))
        try:
            fitness.require_fit()
        except Unavailable as unavailable:
            return refuse(unavailable)
    raise error


def init_looks(app: Flask) -> None:
    """A page that only reads walks through each folder of documents once, and asks of each
    database once."""

    @app.after_request
    def end(response: Response) -> Response:
        end_look()
        end_page()
        return response

    app.before_request(lambda: begin_look(request.method))
    app.before_request(lambda: begin_page(request.method))
    app.teardown_request(lambda _error: end_look())
    app.teardown_request(lambda _error: end_page())


def keep_lease() -> None:
    """Let the release gate count this process; taken once, renewed by a thread of its own.

    From then on none of its connections to SQLite may change a schema.
    """
    if not current_app.testing:
        environment = current_settings().env
        serves, target = sorted(SERVES), environment.value
        take_lease(LeaseKind.WEB, environment=environment, serves=serves, target=target)
        if forbid_schema_changes():
            for engine in db.engines.values():
                engine.dispose()
