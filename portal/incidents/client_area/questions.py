"""Questions of clients about a report, and the answers. Both are plain text."""

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import joinedload

from portal.accounts.models import Account, Contact
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import db
from portal.incidents.models import Question
from portal.incidents.report import Report

#: Maximum length of a question or an answer, and of open questions per person.
LONGEST, MOST_OPEN = 4000, 10


def ask_question(report: Report, text: str, *, by: Account) -> Question:
    """The caller commits. Raises Invalid for an empty or too long text, Conflict for too many."""
    text = _checked(text, "A question")
    waiting = select(func.count()).where(
        Question.account_id == by.id, Question.answered_at.is_(None)
    )
    if (db.session.scalar(waiting) or 0) >= MOST_OPEN:
        raise Conflict(
            f"{MOST_OPEN} of your questions wait for an answer already.",
            remedy="Ask again when some of them are answered.",
        )
    question = Question(slug=report.slug, account=by, text=text)
    db.session.add(question)
    db.session.flush()
    record("question.asked", question, by=by, target=f"incidents/{report.slug}")
    return question


def answer_question(question: Question, text: str, *, by: Actor) -> None:
    """The caller commits. Raises Invalid for an empty or too long text, Conflict if answered
    already.
    """
    text = _checked(text, "An answer")
    if not question.is_open:
        raise Conflict(f"{question.answered_by} has answered this question already.")
    question.answer, question.answered_at, question.answered_by = text, now(), by.name
    record("question.answered", question, by=by, target=f"incidents/{question.slug}")


def question_on(slug: str, question_id: int) -> Question:
    """Raises NotFound if the report has no such question."""
    question = db.session.get(Question, question_id)
    if question is None or question.slug != slug:
        raise NotFound("There is no such question about this report.")
    return question


def questions_about(slug: str, *, asked_by: Account | None = None) -> list[Question]:
    """In the order they were asked, of everybody or of one person."""
    if asked_by:
        return list(db.session.scalars(_ASKED_BY, {"slug": slug, "account": asked_by.id}))
    return list(db.session.scalars(_ABOUT, {"slug": slug}))


_WHO = joinedload(Question.account).joinedload(Account.contact).joinedload(Contact.organisation)
_OLDEST_FIRST = select(Question).options(_WHO).order_by(Question.id)
_ABOUT = _OLDEST_FIRST.where(Question.slug == bindparam("slug"))
_ASKED_BY = (  # the author is known
    select(Question)
    .where(Question.slug == bindparam("slug"), Question.account_id == bindparam("account"))
    .order_by(Question.id)
)


def _checked(text: str, what: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Invalid(f"{what} needs words, so nothing was sent.")
    if len(text) > LONGEST:
        raise Invalid(f"{what} has {LONGEST:,} characters at most, so nothing was sent.")
    return text
