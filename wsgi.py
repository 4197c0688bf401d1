"""What gunicorn and the flask command load."""

from portal.core.errors import SettingError
from portal.core.loading import loading

with loading():
    from portal.app import create_app

    try:
        app = create_app()
    except SettingError as error:
        raise SystemExit(f"Error: {error}") from None
