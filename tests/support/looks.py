"""Looks at a text that go wrong, each in its own way, in the process that makes previews."""

import os
import signal
import time
from typing import NoReturn

from portal.documents.document import Document
from portal.documents.writing import Preview, PreviewResult


def plain(document: Document, *_: object) -> PreviewResult:
    return PreviewResult(Preview(document.title, facts=[("Process", str(os.getpid()))]), [])


def environment(*_: object) -> PreviewResult:
    return PreviewResult(Preview("", facts=sorted(os.environ.items())), [])


def hungry(*_: object) -> NoReturn:
    kept = []
    while True:
        kept.append(bytearray(64_000_000))


def sleepy(*_: object) -> NoReturn:
    time.sleep(600)
    raise AssertionError


def ending(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def deep(*_: object) -> NoReturn:
    deep()


def stumbling(*_: object) -> NoReturn:
    raise KeyError("what somebody typed")
