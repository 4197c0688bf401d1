"""Several files of one request: each is added or refused for itself, with a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Protocol

from portal.core.errors import PortalError, Unavailable
from portal.directory.folding import one_line
from portal.directory.uploads.limits import LARGEST
from portal.directory.uploads.service import add_picture

ADDED = "Added."
LONGEST_NAME = 60


class SentFile(Protocol):
    """`filename` is as the browser says; it is shown, and used for nothing else."""

    filename: str | None
    stream: IO[bytes]


@dataclass(frozen=True)
class Result:
    """What became of one file. `status` is that of the answer if it was the only one."""

    file: str
    sentence: str
    status: int = 200

    @property
    def is_added(self) -> bool:
        return self.status == 200


def add_pictures(user_id: int, files: Iterable[SentFile]) -> list[Result]:
    """In the order of the files. After one that could not be stored now, none is tried."""
    results: list[Result] = []
    for each in files:
        name = shown_name(each.filename)
        if results and results[-1].status == Unavailable.status:
            results.append(Result(name, results[-1].sentence, Unavailable.status))
        else:
            results.append(_add(user_id, each, name))
    return results


def _add(user_id: int, file: SentFile, name: str) -> Result:
    try:
        add_picture(user_id, file.stream.read(LARGEST + 1))
    except PortalError as error:
        return Result(name, str(error), error.form_status)
    return Result(name, ADDED)


def shown_name(given: str | None) -> str:
    """The last part of the name, printable and short."""
    name = one_line(given).replace("\\", "/").rpartition("/")[2].strip()
    if len(name) > LONGEST_NAME:
        name = f"{name[: LONGEST_NAME - 13]}…{name[-12:]}"
    return name or "A file without a name"
