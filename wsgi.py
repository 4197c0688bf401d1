"""What gunicorn and the flask command load."""

from portal.core.errors import SettingError
from portal.core.gc_startup import without_gc_during_import

with without_gc_during_import():
    from portal.start import application

    try:
        app = application()
    except SettingError as error:
        raise SystemExit(f"Error: {error}") from None
