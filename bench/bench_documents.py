"""A report of 300 lines: rendered for the first time, and shown again.

“New” is an uncached text, rendered as every page renders it: parsed, rendered in the child process,
sanitised. The reference is the `markdown` package with extensions for the same features, in this
process, without a sanitiser. “Again” is the same text requested once more in a minimal Flask view,
compared with a view that has the same HTML ready. The report's whole page, with login, permissions
and the control room's layout, is listed as well; it has no goal here.
"""

import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from markdown import Markdown

from bench.ratios import Timed, header, line, machine, measure
from portal.app import create_app
from portal.control.setup import prepare_ops
from portal.core.configuration.settings import load_settings
from portal.documents.rendering.render import render
from tests.support.cast import log_in, make_account

ROUNDS, TEXTS, TIMES, LINES = 9, 10, 100, 300
FEATURES = [
    "tables",
    "footnotes",
    "sane_lists",
    "md_in_html",
    "toc",
    "pymdownx.superfences",
    "pymdownx.highlight",
    "pymdownx.tasklist",
    "pymdownx.tilde",
    "pymdownx.magiclink",
    "pymdownx.saneheaders",
]
HEAD = """---
title: Search was slow
date: 2025-12-16
severity: minor
status: resolved
audience: clients
started: 2025-12-16 09:00 UTC
resolved: 2025-12-16 10:30 UTC
summary: Search answered slowly for 90 minutes.
---

# Search was slow

"""
SECTION = """## What happened in part {n}

The cable between the desk and the **patch bay** was replaced, and the *line* was tested; see
[the runbook](https://example.com/runbooks/{n}) and https://example.com/status for more.

- [x] The part is there
- [ ] It was ~~fixed~~ replaced
  - by `studio-{n}`
  - and looked at again[^{n}]

1. First look at the `queue`
2. Then at the index

| Time | Event |
| --- | --- |
| 09:00 | It stopped |
| 09:20 | Somebody noticed **that** it did |
| 10:30 | It works again |

```python
def fixed(part: int = {n}) -> bool:
    return part > 3  # looked at by hand
```

> The index was rebuilt by hand, which took
> longer than anybody had thought.

[^{n}]: On the day after.

"""


def report(number: int) -> str:
    """This many lines, all different."""
    sections = "".join(SECTION.format(n=f"{number}-{part}") for part in range(LINES))
    return "\n".join(f"{HEAD}{sections}".split("\n")[:LINES]) + "\n"


def body_of(text: str) -> str:
    return text.removeprefix(HEAD)


_numbers = count()


def over_texts(work: Callable[[str], object]) -> Timed:
    """Seconds to render one of several uncached texts."""

    def once() -> float:
        texts = [body_of(report(next(_numbers))) for _ in range(TEXTS)]
        started = time.perf_counter()
        for text in texts:
            work(text)
        return (time.perf_counter() - started) / TEXTS

    return once


def new() -> tuple[Timed, Timed]:
    package = Markdown(extensions=FEATURES)
    return over_texts(render), over_texts(lambda text: package.reset().convert(text))


def again() -> tuple[Timed, Timed]:
    """Both are views of the same bare application."""
    app, text = Flask(__name__), body_of(report(next(_numbers)))
    ready = str(render(text).html)
    app.add_url_rule("/ours", "ours", lambda: str(render(text).html))
    app.add_url_rule("/bare", "bare", lambda: ready)
    client = app.test_client()
    return over_requests(client, "/ours"), over_requests(client, "/bare")


def over_requests(client: FlaskClient, path: str) -> Timed:
    def once() -> float:
        started = time.perf_counter()
        for _ in range(TIMES):
            assert client.get(path).status_code == 200
        return (time.perf_counter() - started) / TIMES

    return once


def whole_page(folder: Path, name: str, path: str) -> tuple[Timed, Timed]:
    """The complete page, compared with bare Flask and the same bytes."""
    (folder / "incidents").mkdir(parents=True)
    text = report(next(_numbers))
    (folder / "incidents" / "slow.md").write_text(text, encoding="utf-8")
    variables = {"PORTAL_DATA": str(folder / "data"), "SECRET_KEY": "bench"}
    app = create_app(load_settings({**variables, "INCIDENTS_DIR": str(folder / "incidents")}))
    app.testing = True  # a benchmark takes no lease
    with app.app_context():
        prepare_ops()
        client = app.test_client()
        log_in(client, make_account(name))
    body = client.get(path).text
    bare = Flask(__name__)
    bare.add_url_rule("/", "page", lambda: body)
    return over_requests(client, path), over_requests(bare.test_client(), "/")


def main() -> None:
    print(machine())
    print(header())
    print(line("new, beside markdown", measure(*new(), rounds=ROUNDS), goal=2, at_most=True))
    print(line("again, beside bare Flask", measure(*again(), rounds=ROUNDS), goal=0.3))
    with tempfile.TemporaryDirectory() as folder:
        for name, path in (("cleo", "/client/incidents/slow"), ("ana", "/ops/incidents/slow")):
            sides = whole_page(Path(folder) / name, name, path)
            print(line(f"the whole page {path}", measure(*sides, rounds=ROUNDS)))


if __name__ == "__main__":
    main()
