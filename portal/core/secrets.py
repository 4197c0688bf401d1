"""The key that signs cookies: configured, or generated once and stored with the data."""

import os
import secrets

from portal.core.configuration.settings import Settings


def secret_key(settings: Settings) -> str:
    """SECRET_KEY, or for development and demo the one stored in PORTAL_DATA (mode 0600)."""
    if settings.secret_key:
        return settings.secret_key
    file = settings.data / "secret-key"
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text()
    with os.fdopen(descriptor, "w") as handle:
        handle.write(key := secrets.token_urlsafe(48))
    return key
