"""Bare Flask as the reference: returns fixed responses.

`BENCH_ANSWERS` names a JSON file: for each path with its query, the body's file and the headers.
"""

import json
import os
from pathlib import Path

from flask import Flask, Response, request

KEPT = {
    path: (Path(file).read_bytes(), headers)
    for path, (file, headers) in json.loads(Path(os.environ["BENCH_ANSWERS"]).read_text()).items()
}

app = Flask(__name__, static_folder=None)


@app.get("/")
@app.get("/<path:path>")
def page(path: str = "") -> Response:
    body, headers = KEPT[request.full_path.rstrip("?")]
    response = Response(body, headers=headers)
    return response.make_conditional(request) if "If-None-Match" in request.headers else response
