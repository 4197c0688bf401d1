"""Registers the base of every page."""

from flask import Flask

from portal.web.addresses import init_addresses
from portal.web.components import init_components
from portal.web.context import init_context
from portal.web.errors import init_errors
from portal.web.formats import init_formats
from portal.web.headers import init_headers
from portal.web.kept.finishing import init_finishing
from portal.web.static_files import init_static


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
