"""Run by the interpreter of an installation with `locks/s3.txt`: what the store did, as JSON.

python -m tests.trials.s3_use ADDRESS ACTION [WORD]
"""

import json
import sys
from pathlib import Path

from pyrage import x25519

from portal.core.configuration.store_url import store_route
from portal.core.errors import PortalError
from portal.core.files.object_store import Store
from portal.databases.backups.key import BackupKey
from portal.databases.backups.offsite.ownership import Owner, require_own_store

LARGE = bytes(range(256)) * 60_000
"""15 MB, so that it is sent in parts."""


def main(address: str, action: str, word: str = "") -> object:
    route = store_route(address, data=Path("/nowhere"))
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


try:
    print(json.dumps({"done": main(*sys.argv[1:])}))  # noqa: T201
except (PortalError, FileExistsError) as fault:
    print(json.dumps({type(fault).__name__: str(fault)}))  # noqa: T201
