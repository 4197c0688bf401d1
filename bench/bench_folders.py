"""What list pages cost as the folders of documents grow: 10 of each kind, 1,000 and 5,000.

Prints for each page the processor's time of the first request, its median once warm with the
spread, the ratio to the page with 10 of the same round, and the median on the clock. The
processor's time hardly depends on what else the machine does. The rounds are interleaved.
Other sizes: `python bench/bench_folders.py 10 200`.
"""

import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from portal.app import create_app
from portal.control.setup import prepare_ops
from portal.core.settings import load_settings
from tests.support.cast import log_in, make_account

SIZES = (10, 1_000, 5_000)
ROUNDS = 7
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
    """The logged-in clients of a control room with so many documents of each kind."""
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
    app.testing = True  # a benchmark holds no lease
    with app.app_context():
        prepare_ops()
        return {name: logged_in(app, name) for name in ("ana", "cleo")}


def logged_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    log_in(client, make_account(name))
    return client


@dataclass(frozen=True)
class Taken:
    """Milliseconds of one request: on the clock, and of the processor for this thread alone."""

    clock: float
    processor: float
    size: int


def taken(client: FlaskClient, path: str) -> Taken:
    clock, processor = time.perf_counter(), time.thread_time()
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    spent = time.perf_counter() - clock, time.thread_time() - processor
    return Taken(spent[0] * 1000, spent[1] * 1000, len(answer.data))


def measure(rooms: dict[int, dict[str, FlaskClient]], path: str) -> None:
    first = {size: taken(rooms[size][PAGES[path]], path) for size in rooms}
    rounds = [
        {size: taken(rooms[size][PAGES[path]], path) for size in rooms} for _ in range(ROUNDS)
    ]
    fewest = min(rooms)
    for size in rooms:
        times = [each[size].processor for each in rounds]
        ratio = statistics.median(each[size].processor / each[fewest].processor for each in rounds)
        clock = statistics.median(each[size].clock for each in rounds)
        print(
            f"{path:<32}{size:>7,}{first[size].processor:>9.0f} ms"
            f"{statistics.median(times):>8.1f} ms{min(times):>8.1f}-{max(times):<8.1f}{ratio:>5.1f}"
            f"{clock:>8.1f} ms{first[size].size / 1000:>6.0f} kB",
            flush=True,
        )


def main() -> None:
    sizes = tuple(int(each) for each in sys.argv[1:]) or SIZES
    print(
        f"{'page':<32}{'files':>7}{'first':>12}{'warm':>11}{'spread':>17}{'ratio':>5}{'clock':>11}"
        f"{'size':>9}"
    )
    with tempfile.TemporaryDirectory() as folder:
        rooms = {size: room(Path(folder) / str(size), size) for size in sizes}
        time.sleep(2.5)  # a file that was just written is not kept
        for path in PAGES:
            measure(rooms, path)


if __name__ == "__main__":
    main()
