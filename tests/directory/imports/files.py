"""What the tests of imports have in common: a person at the pages, and the worker after them."""

import csv
import io
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.core.storage.database import db
from portal.directory.imports.files import Upload, upload_with
from portal.directory.imports.requests import CHECK, IMPORT, verdicts
from portal.directory.imports.verdicts.judging import Standing, Verdict
from portal.directory.models import StudioProfile
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import perform

PAGE = "/ops/directory/imports"
HEAD = ("id", "name", "city", "short text", "type")


def csv_of(*rows: tuple[object, ...], head: tuple[str, ...] = HEAD, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows([head, *rows])
    return text.getvalue().encode()


def good(number: int, name: str = "", city: str = "London") -> tuple[object, ...]:
    return (
        f"A-{number}",
        name or f"{WORDS[number % 26]} {number} Rooms",
        city,
        "Quiet.",
        "podcast",
    )


WORDS = (
    *("Amber", "Birch", "Cobalt", "Dune", "Ember", "Fjord", "Granite", "Harbour", "Indigo"),
    *("Juniper", "Kestrel", "Lantern", "Meadow", "Nimbus", "Orchard", "Pebble", "Quartz"),
    *("Raven", "Saffron", "Thistle", "Umber", "Velvet", "Willow", "Xylo", "Yarrow", "Zephyr"),
)


class Room:
    """The pages, as an admin uses them."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def upload(self, content: bytes, name: str = "studios.csv") -> TestResponse:
        """As a browser sends it; what a large form of the test client is made in stays open."""
        head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + b"\r\n--x--\r\n"
        return self.client.post(PAGE, data=body, content_type="multipart/form-data; boundary=x")

    def uploaded(self, content: bytes) -> Upload:
        answer = self.upload(content)
        assert answer.status_code == 303
        return upload_with(answer.location.rpartition("/")[2])

    def map(
        self, upload: Upload, columns: dict[int, str] | None = None, **more: Any
    ) -> TestResponse:
        """With the columns that were proposed, unless others are given."""
        chosen = upload.columns if columns is None else columns
        data = {
            "encoding": upload.encoding,
            "delimiter": {"\t": "tab"}.get(upload.delimiter, upload.delimiter),
            "status": "draft",
            **({"has_headings": "y"} if upload.has_headings else {}),
            "updates": "y",
            **{f"column_{at}": chosen.get(at, "") for at, _ in enumerate(upload.headings)},
            **more,
        }
        return self.client.post(f"{PAGE}/{upload.id}", data=data)

    def checked(self, content: bytes, **more: Any) -> tuple[Upload, list[Verdict]]:
        """After the dry run."""
        upload = self.uploaded(content)
        answer = self.map(upload, **more)
        assert answer.status_code == 303
        assert work(CHECK).is_done
        upload = upload_with(upload.id)
        return upload, verdicts(upload)

    def ask_import(self, upload: Upload, **more: str) -> TestResponse:
        return self.client.post(f"{PAGE}/{upload.id}/import", data=more)

    def imported(self, content: bytes, **more: Any) -> tuple[Upload, list[Verdict]]:
        upload, found = self.checked(content, **more)
        answer = self.ask_import(upload, without_bad="y")
        assert answer.status_code == 303
        work(IMPORT)
        return upload_with(upload.id), found

    def page(self, upload: Upload) -> str:
        return self.client.get(f"{PAGE}/{upload.id}").get_data(as_text=True)


def work(kind: str) -> Operation:
    """The worker carries out what waits."""
    db.session.rollback()
    query = select(Operation).where(
        Operation.kind == kind, Operation.state == OperationState.WAITING
    )
    done = [perform(each) for each in db.session.scalars(query).all()]
    return done[-1]


def standings(found: list[Verdict]) -> list[str]:
    return [each.standing.value for each in found]


def counts(found: list[Verdict]) -> dict[str, int]:
    return {each: number for each in Standing if (number := standings(found).count(each))}


def studios() -> list[StudioProfile]:
    db.session.rollback()
    return list(db.session.scalars(select(StudioProfile).order_by(StudioProfile.id)))
