"""Run by the interpreter of an installation with `locks/s3.txt`: what the store did, as JSON.

python -m tests.trials.s3_use ADDRESS ACTION [WORD]
"""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

from pyrage import x25519

from portal.core.clock import now
from portal.core.configuration.store_url import picture_route, store_route
from portal.core.errors import PortalError
from portal.core.files.object_store import Store
from portal.databases.backups.key import BackupKey
from portal.databases.backups.offsite.ownership import Owner, require_own_store
from portal.directory.uploads.cache import Cache
from portal.directory.uploads.store import RemoteStore, keep

LARGE = bytes(range(256)) * 60_000
"""15 MB, so that it is sent in parts."""


def main(address: str, action: str, word: str = "") -> object:
    data = Path("/nowhere")
    if action == "pictures":
        told = os.environ | {"STORAGE_URL": address}
        return pictures(Store(picture_route(told, data=data), seconds=10), Path(word))
    route = store_route(address, data=data)
    assert route is not None
    store = Store(route)
    if action == "own":
        key = x25519.Identity.generate()
        require_own_store(store, Owner(word, BackupKey(str(key.to_public()), str(key))))
        return word
    if action == "create":
        store.create("marker", word.encode())
        return word
    with store.writing("large") as to:
        to.write(LARGE)
    with store.reading("large") as source:
        assert source.read() == LARGE
    assert store.sizes()["large"] == len(LARGE)
    store.remove("large")
    return store.names()


def pictures(store: Store, folder: Path) -> list[str]:
    """As sites and the worker use a store of pictures; the second find is of the copy here."""
    kept = RemoteStore(store, Cache(folder))
    name = f"{'ab' * 32}.webp"
    keep(kept, name, {0: b"whole", 480: b"small"})
    for place in (folder, folder / "another machine"):
        here = RemoteStore(store, Cache(place))
        for width, content in ((480, b"small"), (960, b"whole"), (None, b"whole")):
            found = here.find(name, width)
            assert found is not None
            assert found.read_bytes() == content
    assert kept.find(f"{'cd' * 32}.webp", 480) is None
    assert kept.all_keys() == [f"480/{name}", name]
    written = kept.written_at(name)
    assert written is not None
    assert abs(now() - written) < timedelta(minutes=5)
    assert kept.written_at("nothing") is None
    for key in kept.all_keys():
        kept.remove(key)
    return kept.all_keys()


try:
    print(json.dumps({"done": main(*sys.argv[1:])}))  # noqa: T201
except (PortalError, FileExistsError) as fault:
    print(json.dumps({type(fault).__name__: str(fault)}))  # noqa: T201
