"""The key that signs cookies: configured, or generated once and stored with the data."""

import secrets

from portal.core.configuration.settings import Settings
from portal.core.errors import SettingError
from portal.core.files.private import write_once


def secret_key(settings: Settings) -> str:
    """SECRET_KEY, or for development and demo the one stored in PORTAL_DATA."""
    if settings.secret_key:
        return settings.secret_key
    file = settings.data / "secret-key"
    try:
        if not file.exists():
            write_once(file, secrets.token_urlsafe(48).encode())
        return file.read_text()
    except OSError as error:
        raise SettingError(
            f"The secret key can’t be kept in {file}: {error.strerror}. Give it in SECRET_KEY."
        ) from None
