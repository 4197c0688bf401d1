"""Which words the code knows in which column: a row with another one can't be read."""

from sqlalchemy import Enum, MetaData

from portal.core.storage.database import DirectoryModel, OpsModel
from portal.databases.preflight.findings import Subject


def metadata_of(subject: Subject) -> MetaData | None:
    """The tables of our own code; another application's are known to that one alone."""
    if subject.is_ops:
        return OpsModel.metadata
    return DirectoryModel.metadata if subject.target.is_directory else None


def words_of(subject: Subject, table: str) -> dict[str, list[str]]:
    """The words of each column that holds one of a list, by the models of this release."""
    metadata = metadata_of(subject)
    found = metadata.tables.get(table) if metadata is not None else None
    if found is None:
        return {}
    return {
        column.name: [str(word) for word in column.type.enums]
        for column in found.columns
        if isinstance(column.type, Enum)
    }
