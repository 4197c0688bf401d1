"""Lists of the control room over large folders of documents, compared with bare Flask and the same
bytes.

    python -m bench.bench_folders [files of each kind]

By processor time of the request's thread, once the documents have been read, and without a server
on either side.
"""

import sys
import tempfile
import time
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from bench.bare_client import sides
from bench.ratios import header, line, machine, measure
from portal.app import create_app
from portal.control.setup import prepare_ops
from portal.core.configuration.settings import load_settings
from tests.support.cast import log_in, make_account

FILES = 1_000
PAGES = {
    "/ops": "ana",
    "/ops/runbooks": "ana",
    "/ops/runbooks?q=cable": "ana",
    "/ops/incidents": "ana",
    "/ops/incidents?q=cable": "ana",
    "/ops/incidents?status=resolved": "ana",
    "/ops/emails/templates": "ana",
    "/client": "cleo",
}
PARAGRAPH = (
    "The cable between the desk and the patch bay was replaced, and the line was tested. " * 4
)
RUNBOOK = """---
title: Replace part {n}
risk: low
---

## Steps

### Look

{text}

- [ ] The part is there

### Replace

{text}

```step
id: replace
evidence: text Serial number
```
"""
REPORT = """---
title: Part {n} failed
date: 2026-{month:02}-{day:02}
severity: minor
status: resolved
audience: clients
started: 2026-{month:02}-{day:02} 09:00 UTC
resolved: 2026-{month:02}-{day:02} 10:30 UTC
summary: Part {n} was replaced.
---

## What happened

{text}

## Timeline

| Time | Event |
| --- | --- |
| 09:00 | It stopped |
| 10:30 | It works again |

{text}
"""
TEMPLATE = """**Subject:** Part {n} of your studio

---

Dear [Client Name],

{text}

Your [Studio Part] is {n}.

---
"""


def write(root: Path, count: int) -> None:
    for kind, text in (
        ("runbooks", RUNBOOK),
        ("incidents", REPORT),
        ("incidents/emails", TEMPLATE),
    ):
        for n in range(count):
            folder = root / kind / (f"part-{n // 200}" if kind == "runbooks" else "")
            folder.mkdir(parents=True, exist_ok=True)
            words = text.format(n=n, month=1 + n % 12, day=1 + n % 28, text=PARAGRAPH * 4)
            (folder / f"{kind.rpartition('/')[2]}-{n:05}.md").write_text(words, encoding="utf-8")


def room(root: Path, count: int) -> dict[str, FlaskClient]:
    """Logged-in clients of a control room with this many documents of each kind."""
    write(root, count)
    app = create_app(
        load_settings(
            {
                "PORTAL_DATA": str(root / "data"),
                "SECRET_KEY": "bench",
                "INCIDENTS_DIR": str(root / "incidents"),
                "RUNBOOKS_DIR": str(root / "runbooks"),
            }
        )
    )
    app.testing = True  # a benchmark takes no lease
    with app.app_context():
        prepare_ops()
        return {name: logged_in(app, name) for name in ("ana", "cleo")}


def logged_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    log_in(client, make_account(name))
    return client


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    print(f"{machine()}; {files:,} runbooks, reports and templates\n{header()}")
    with tempfile.TemporaryDirectory() as folder:
        clients = room(Path(folder), files)
        time.sleep(2.5)  # recently written files are not cached
        for path, name in PAGES.items():
            found = measure(*sides(clients[name], path))
            print(line(path, found), flush=True)


if __name__ == "__main__":
    main()
