"""The process that makes one PDF: reads JSON, writes the PDF, exits.

It fetches nothing: only files that the parent names are available to the page. Its exit code says
what went wrong. Started by `portal.documents.pdf.convert` with its limit in CPU seconds.
"""

import json
import logging
import os
import resource
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

from portal.core.gc_startup import without_gc_during_import

#: Limit of the address space in bytes: a long report takes a tenth of it.
MEMORY = 1024 * 1024 * 1024
NO_LIBRARY, TOO_DEEP, TOO_LARGE, FAILED = 3, 4, 5, 6


def main(seconds: int) -> int:
    outgoing = os.dup(1)
    os.dup2(2, 1)  # output of libraries must not end up in the PDF
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = json.load(sys.stdin.buffer)
    try:
        weasyprint = _library()
    except OSError:
        return NO_LIBRARY
    try:
        pdf = _pdf(weasyprint, **asked)
    except RecursionError:
        return TOO_DEEP
    except MemoryError:
        return TOO_LARGE
    except Exception:  # any error a text causes in a library; the parent reports it
        logging.exception("The PDF could not be made.")
        return FAILED
    with os.fdopen(outgoing, "wb") as handle:
        handle.write(pdf)
    return 0


def _library() -> Any:
    """Raises OSError if a system library is missing."""
    warnings.simplefilter("ignore")
    with without_gc_during_import():
        weasyprint = import_module("weasyprint")
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    return weasyprint


def _pdf(weasyprint: Any, html: str, css: str, base_url: str, files: dict[str, str]) -> bytes:
    fetcher = _fetcher(import_module("weasyprint.urls"), files)
    sheet = weasyprint.CSS(string=css, url_fetcher=fetcher)
    page = weasyprint.HTML(string=html, base_url=base_url, url_fetcher=fetcher)
    made: bytes = page.write_pdf(stylesheets=[sheet], pdf_tags=True, presentational_hints=True)
    return made


def _fetcher(urls: Any, files: dict[str, str]) -> Any:
    class Fetcher(urls.URLFetcher):  # type: ignore[misc]  # the package ships no types
        def fetch(self, url: str, headers: object = None) -> Any:
            if url not in files:
                raise ValueError("Nothing is fetched for a PDF.")
            return urls.URLFetcherResponse(url, Path(files[url]).read_bytes())

    return Fetcher()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
