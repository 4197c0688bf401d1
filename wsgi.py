"""What gunicorn and the flask command load."""

from portal.app import create_app
from portal.core.errors import SettingError

try:
    app = create_app()
except SettingError as error:
    raise SystemExit(f"Error: {error}") from None
