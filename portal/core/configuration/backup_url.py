"""BACKUP_URL: where copies of backups are stored, outside of this machine.

`file:/mnt/elsewhere` is a folder; `s3://bucket/prefix?endpoint_url=https://…` an S3-compatible
store, whose credentials come from the standard variables (AWS_ACCESS_KEY_ID …).
"""

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from portal.core.errors import SettingError

FORM = "file:/folder or s3://bucket/prefix?endpoint_url=https://…"
S3_OPTIONS = {"endpoint_url", "region"}


@dataclass(frozen=True)
class StoreRoute:
    """The store as fsspec's arguments. `address` is for display and contains no secret."""

    address: str
    protocol: str
    root: str
    options: dict[str, str] = field(default_factory=dict)


def store_route(url: str, *, data: Path) -> StoreRoute | None:
    """Parse BACKUP_URL; None if it is empty. Raises SettingError, whose message contains
    no secret."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        has_secret = parts.username is not None or parts.password is not None
    except ValueError:
        raise SettingError(
            f"BACKUP_URL can't be read as an address; it looks like {FORM}."
        ) from None
    if parts.scheme == "file":
        return _folder(unquote(parts.path), data)
    if parts.scheme != "s3":
        raise SettingError(f"BACKUP_URL must look like {FORM}.")
    if has_secret:
        raise SettingError("BACKUP_URL must hold no password; give it in AWS_SECRET_ACCESS_KEY.")
    return _bucket(parts.netloc, parts.path.strip("/"), dict(parse_qsl(parts.query)))


def _folder(path: str, data: Path) -> StoreRoute:
    if not path.startswith("/"):
        raise SettingError("BACKUP_URL names no whole path; it looks like file:/mnt/elsewhere.")
    folder = Path(path).resolve()
    if folder.is_relative_to(data):
        raise SettingError("BACKUP_URL is inside PORTAL_DATA, and would be lost with it.")
    return StoreRoute(address=f"file:{folder}", protocol="file", root=str(folder))


def _bucket(bucket: str, prefix: str, options: dict[str, str]) -> StoreRoute:
    if not bucket:
        raise SettingError(f"BACKUP_URL names no bucket; it looks like {FORM}.")
    if unknown := sorted(options.keys() - S3_OPTIONS):
        raise SettingError(f"BACKUP_URL has an unknown option: {unknown[0]}.")
    if find_spec("s3fs") is None:
        raise SettingError("BACKUP_URL needs a package: pip install -r requirements-s3.txt")
    root = f"{bucket}/{prefix}".rstrip("/")
    return StoreRoute(address=f"s3://{root}", protocol="s3", root=root, options=options)
