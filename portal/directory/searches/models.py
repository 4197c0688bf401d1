"""The counts, in the ops database: site processes write there, with few rights on a directory."""

from datetime import date
from enum import StrEnum

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.storage.database import OpsModel, word

LONGEST = 60


class Kind(StrEnum):
    WORD = "word"
    PLACE = "place"


class FewResults(OpsModel):
    """How often a word was searched on a day with few results. `digest` is its keyed hash; `word`
    is empty until it was searched on five different days."""

    __tablename__ = "few_results"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[Kind] = mapped_column(word(Kind), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    word: Mapped[str | None] = mapped_column(String(LONGEST))
    searches: Mapped[int]
