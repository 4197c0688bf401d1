"""What staff ask for: upload a file, say what its columns are, the dry run, the import.

All but the first change what is known of a file, within `files.changing`.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.audit.actor import SYSTEM, Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import changing_directory, db
from portal.databases.targets.config import Target, targets
from portal.directory.folding import one_line
from portal.directory.history.models import Batch, Subject
from portal.directory.history.recording import By, note_staff_event
from portal.directory.imports.carrying_out import new_batch
from portal.directory.imports.files import (
    Options,
    Upload,
    content_of,
    discard_files,
    keep,
    keep_content,
    new_upload,
    verdicts_of,
)
from portal.directory.imports.opening import look_again, look_into
from portal.directory.imports.verdicts.judging import SKIP, Standing, Verdict, what_becomes
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import request_operation

CHECK, IMPORT = "directory.check-import", "directory.import-studios"
OPEN = (OperationState.WAITING, OperationState.RUNNING)
LONGEST_NAME = 120
NOTHING = "No row is left to import. Nothing was done."
UNDER_WAY = "This file is being imported, so it stays as it is."
IMPORTED = "This file was imported. Upload it again to import what was left out."


def upload_file(name: str, content: bytes, *, by: Actor) -> Upload:
    """Raises Invalid for what is no CSV file, or too large. The caller commits."""
    shown = one_line(name.replace("\\", "/").rpartition("/")[2])[:LONGEST_NAME] or "studios.csv"
    upload = new_upload(shown, len(content), by_name=by.name)
    look_into(upload, content)
    keep_content(upload, content)
    keep(upload)
    record("import.uploaded", by=by, target=upload.id, details={"rows": upload.rows})
    return upload


def read_anew(upload: Upload, *, encoding: str, delimiter: str, has_headings: bool) -> bool:
    """Where the file is to be read in another way, propose its columns again. Raises Invalid."""
    wanted = (encoding, delimiter, has_headings)
    if wanted == (upload.encoding, upload.delimiter, upload.has_headings):
        return False
    upload.encoding, upload.delimiter, upload.has_headings = wanted
    upload.why, upload.is_mapped = "You chose so.", False
    look_again(upload, content_of(upload))
    return True


def map_columns(upload: Upload, columns: Mapping[int, str], options: Options) -> None:
    """Raises Invalid for a field that two columns give, and without a name."""
    names = list(columns.values())
    if "name" not in names:
        raise Invalid("Say which column has the studios’ names.", field="columns")
    if double := next((each for each in names if names.count(each) > 1), None):
        places = [place for place, name in columns.items() if name == double]
        two = " and ".join(f"“{upload.headings[each]}”" for each in places[:2])
        raise Invalid(f"{two} can’t both be the same. Choose “not used” for one.", field="columns")
    upload.mapping = {str(place): name for place, name in columns.items()}
    upload.options, upload.is_mapped = asdict(options), True
    upload.checked_at, upload.counts, upload.choices = None, {}, {}


def is_open(upload: Upload) -> bool:
    """Whether it can still be changed."""
    return upload.state in {"uploaded", "checked"}


def require_open(upload: Upload) -> None:
    """Raises Conflict for one that is or was imported, or was discarded."""
    if upload.state == "importing":
        raise Conflict(UNDER_WAY)
    if upload.state == "imported":
        raise Conflict(IMPORTED)
    if upload.state == "discarded":
        raise Conflict("This file was discarded.", remedy="Upload it again.")


def request_check(upload: Upload, *, by: Actor) -> Operation:
    """The dry run, by the worker. The caller commits. Raises Conflict."""
    require_open(upload)
    record("import.mapped", by=by, target=upload.id, details={"columns": len(upload.mapping)})
    return open_operation(upload, CHECK) or request_operation(
        CHECK,
        by=by,
        target=own_target().name,
        arguments={"file": upload.id, "as": upload.marked},
        subject=subject_of(upload),
    )


def choose(upload: Upload, choices: Mapping[int, str], *, by: Actor) -> None:
    """What becomes of doubtful rows; those that are not named keep what was chosen. The caller
    commits. Raises Conflict, and Invalid for what can't be chosen."""
    require_open(upload)
    may = {each.line: each.may for each in verdicts(upload) if each.standing is Standing.DOUBTFUL}
    if wrong := next((line for line, each in choices.items() if each not in may.get(line, ())), 0):
        raise Invalid(f"Line {wrong} can’t be treated so. Nothing was changed.")
    kept = upload.choices | {str(line): each for line, each in choices.items()}
    upload.choices = {line: each for line, each in kept.items() if each != SKIP}
    record("import.chosen", by=by, target=upload.id, details={"rows": len(upload.choices)})


def choose_for_all(upload: Upload, act: str, *, by: Actor) -> None:
    """The caller commits. Rows for which that can't be chosen are skipped. Raises Conflict."""
    doubtful = [each for each in verdicts(upload) if each.standing is Standing.DOUBTFUL]
    choose(upload, {each.line: act if act in each.may else SKIP for each in doubtful}, by=by)


def request_import(upload: Upload, *, by: By, without_bad: bool) -> None:
    """A row in the directory; the worker's operation follows. Raises Conflict, Invalid, and
    Unavailable while nothing can be written."""
    require_open(upload)
    if upload.state != "checked":
        raise Conflict("The dry run comes first.", remedy="Run it, then import.")
    if upload.counts.get(Standing.BAD) and not without_bad:
        raise Invalid(
            "Tick this to leave the bad rows out, or correct them and upload the file again.",
            field="without_bad",
        )
    count = sum(what_becomes(each, upload.choices) != SKIP for each in verdicts(upload))
    if not count:
        raise Conflict(NOTHING)
    with suppress(IntegrityError), changing_directory():  # asked for before, by a process that died
        db.session.add(new_batch(upload, count, by=by))
        note_staff_event("batch.requested", Subject.STUDIO, upload.id, by=by)
    upload.asked_at = now().isoformat()


def begin_import(upload: Upload, target: str) -> None:
    """Its operation. Commits."""
    arguments = {"file": upload.id}
    request_operation(
        IMPORT, by=SYSTEM, target=target, arguments=arguments, subject=subject_of(upload)
    )
    db.session.commit()


def discard(upload: Upload, *, by: Actor) -> None:
    """The caller commits. Raises Conflict while it is being imported."""
    if upload.state == "importing":
        raise Conflict(UNDER_WAY)
    if upload.state == "discarded":
        return
    record("import.discarded", by=by, target=upload.id)
    discard_files(upload)
    upload.discarded_at = now().isoformat()


def verdicts(upload: Upload) -> list[Verdict]:
    """Raises NotFound where there was no dry run."""
    return [Verdict.read(each) for each in verdicts_of(upload)]


def batch_of(upload: Upload) -> Batch | None:
    return db.session.get(Batch, upload.id)


def subject_of(upload: Upload) -> str:
    return f"import:{upload.id}"


def operations_of(upload: Upload, kind: str) -> list[Operation]:
    """Newest first."""
    query = select(Operation).where(Operation.subject == subject_of(upload), Operation.kind == kind)
    return list(db.session.scalars(query.order_by(Operation.id.desc())))


def open_operation(upload: Upload, kind: str) -> Operation | None:
    return next((each for each in operations_of(upload, kind) if each.state in OPEN), None)


def own_target() -> Target:
    """Of the directory that this process serves."""
    mine = settings().env
    return next(each for each in targets() if each.is_directory and each.environment is mine)
