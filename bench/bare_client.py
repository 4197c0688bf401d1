"""Bare Flask in this process, for pages that are measured without a server: returns the
same bytes."""

import time
from collections.abc import Callable

from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bench.ratios import Timed


def bare_client(answer: TestResponse) -> FlaskClient:
    """A client that gets this response at every address."""
    body, headers = answer.data, {"Content-Type": answer.headers["Content-Type"]}
    app = Flask(__name__, static_folder=None)

    @app.get("/")
    @app.get("/<path:path>")
    def page(path: str = "") -> Response:
        return Response(body, headers=headers)

    return app.test_client()


def sides(client: FlaskClient, path: str, *, times: int = 5) -> tuple[Timed, Timed]:
    """Processor seconds of this thread for a response of the product, and of bare Flask."""
    first = client.get(path)
    assert first.status_code == 200, (path, first.status_code)
    bare = bare_client(first)
    return (
        lambda: _seconds_each(lambda: _get(client, path), times),
        lambda: _seconds_each(lambda: _get(bare, path), times * 10),
    )


def _get(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    answer.close()


def _seconds_each(work: Callable[[], None], times: int) -> float:
    began = time.thread_time()
    for _ in range(times):
        work()
    return (time.thread_time() - began) / times
