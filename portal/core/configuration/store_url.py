"""BACKUP_URL and STORAGE_URL: where copies of backups are stored, and studios' pictures.

`file:/mnt/elsewhere` is a folder; `s3://bucket/prefix?endpoint_url=https://…` an S3-compatible
store. The credentials of the store of backups come from the standard variables
(AWS_ACCESS_KEY_ID …), those of the store of pictures from STORAGE_ACCESS_KEY_ID and
STORAGE_SECRET_ACCESS_KEY.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from portal.core.errors import SettingError

BACKUPS, PICTURES = "BACKUP_URL", "STORAGE_URL"
SECRETS = {BACKUPS: "AWS_SECRET_ACCESS_KEY", PICTURES: "STORAGE_SECRET_ACCESS_KEY"}
FORM = "file:/folder or s3://bucket/prefix?endpoint_url=https://…"
S3_OPTIONS = {"endpoint_url", "region"}


@dataclass(frozen=True)
class StoreRoute:
    """The store as fsspec's arguments. `address` is for display and contains no secret."""

    address: str
    protocol: str
    root: str
    options: dict[str, str] = field(default_factory=dict)
    credentials: tuple[str, str] | None = field(default=None, repr=False)
    """An access key and its secret, where they are not those of the standard variables."""

    @property
    def folder(self) -> Path | None:
        """None for a store that is no folder of this machine."""
        return Path(self.root) if self.protocol == "file" else None

    def overlaps(self, other: "StoreRoute") -> bool:
        """Whether one is the other, or a part of it."""
        return self.protocol == other.protocol and _overlap(Path(self.root), Path(other.root))


def store_route(url: str, *, data: Path) -> StoreRoute | None:
    """Parse BACKUP_URL; None if it is empty. Raises SettingError, whose message contains
    no secret."""
    route = _route(BACKUPS, url) if url else None
    if route and route.folder and route.folder.is_relative_to(data):
        raise SettingError(f"{BACKUPS} is inside PORTAL_DATA, and would be lost with it.")
    return route


def picture_route(environ: Mapping[str, str], *, data: Path) -> StoreRoute:
    """Parse STORAGE_URL; if empty, the folder `images` in `data`. Raises SettingError, likewise.

    Its credentials have variables of their own: sites need them, and must not have those of the
    store of backups.
    """
    own = data / "images"
    route = _route(PICTURES, environ.get(PICTURES, "") or own.as_uri())
    folder = route.folder
    if folder and folder != own.resolve() and _overlap(folder, data):
        raise SettingError(
            f"{PICTURES} leads into PORTAL_DATA, where only {own.name} is a place for pictures."
        )
    key = environ.get("STORAGE_ACCESS_KEY_ID", "")
    secret = environ.get("STORAGE_SECRET_ACCESS_KEY", "")
    if bool(key) != bool(secret):
        raise SettingError(
            "STORAGE_ACCESS_KEY_ID and STORAGE_SECRET_ACCESS_KEY are given together or not at all."
        )
    return replace(route, credentials=(key, secret) if key else None)


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _route(variable: str, url: str) -> StoreRoute:
    try:
        parts = urlsplit(url)
        has_secret = parts.username is not None or parts.password is not None
    except ValueError:
        raise SettingError(
            f"{variable} can't be read as an address; it looks like {FORM}."
        ) from None
    if parts.scheme == "file":
        return _folder(variable, unquote(parts.path))
    if parts.scheme != "s3":
        raise SettingError(f"{variable} must look like {FORM}.")
    if has_secret:
        raise SettingError(f"{variable} must hold no password; give it in {SECRETS[variable]}.")
    return _bucket(variable, parts.netloc, parts.path.strip("/"), dict(parse_qsl(parts.query)))


def _folder(variable: str, path: str) -> StoreRoute:
    if not path.startswith("/"):
        raise SettingError(f"{variable} names no whole path; it looks like file:/mnt/elsewhere.")
    folder = Path(path).resolve()
    return StoreRoute(address=f"file:{folder}", protocol="file", root=str(folder))


def _bucket(variable: str, bucket: str, prefix: str, options: dict[str, str]) -> StoreRoute:
    if not bucket:
        raise SettingError(f"{variable} names no bucket; it looks like {FORM}.")
    if unknown := sorted(options.keys() - S3_OPTIONS):
        raise SettingError(f"{variable} has an unknown option: {unknown[0]}.")
    if find_spec("s3fs") is None:
        raise SettingError(f"{variable} needs a package: pip install -r requirements-s3.txt")
    root = f"{bucket}/{prefix}".rstrip("/")
    return StoreRoute(address=f"s3://{root}", protocol="s3", root=root, options=options)
