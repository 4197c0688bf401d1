"""A client's confirmation, questions and last visit of one report, in a single query."""

from dataclasses import dataclass

from sqlalchemy import bindparam, literal, select
from sqlalchemy.orm import aliased

from portal.accounts.models import Account
from portal.core.storage.database import db
from portal.incidents.client_area.readings import IS_NOTED, noted_with
from portal.incidents.client_area.visits import LAST_ID, Visit, visit_parameters
from portal.incidents.models import Question, ReadingConfirmation, ReportReading, Way
from portal.incidents.report import Report


@dataclass(frozen=True)
class OwnMatters:
    """`is_noted`: this person's opening of this text is recorded already, within the time that
    counts as one reading. `visit` is the one before this.
    """

    confirmation: ReadingConfirmation | None
    questions: list[Question]
    is_noted: bool
    visit: Visit | None


def own_matters(report: Report, account: Account) -> OwnMatters:
    """For the current text; questions in the order they were asked."""
    asked = noted_with(report, way=Way.PAGE, account=account)
    asked |= visit_parameters(report.slug, account)
    rows = db.session.execute(_ASKED, asked).all()
    questions = [question for question, *_ in rows if question is not None]
    _, confirmation, noted, at, sha256 = rows[0]
    visit = Visit(at, sha256) if at else None
    return OwnMatters(confirmation, questions, noted is not None, visit)


_before = aliased(ReportReading)
_one = select(literal(1).label("one")).subquery("one")
_ASKED = (
    select(
        Question,
        ReadingConfirmation,
        IS_NOTED.scalar_subquery(),
        _before.at,
        _before.sha256,
    )
    .select_from(_one)
    .outerjoin(
        Question,
        (Question.slug == bindparam("slug")) & (Question.account_id == bindparam("account")),
    )
    .outerjoin(
        ReadingConfirmation,
        (ReadingConfirmation.slug == bindparam("slug"))
        & (ReadingConfirmation.sha256 == bindparam("sha256"))
        & (ReadingConfirmation.account_id == bindparam("account")),
    )
    .outerjoin(_before, _before.id == LAST_ID.scalar_subquery())
    .order_by(Question.id)
)
