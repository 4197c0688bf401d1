"""Messages to clients: mailings, the message to each contact, and delivery attempts."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import JSON, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Contact
from portal.core.clock import now
from portal.core.storage.database import JsonDict, OpsModel, UtcDateTime, word
from portal.incidents.client_area.link_addresses import STAND_IN
from portal.incidents.models import PrivateLink


class MessageState(StrEnum):
    """The state of a message. `unknown`: it may have been sent."""

    DRAFT = "draft"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


class AttemptOutcome(StrEnum):
    """The outcome of one attempt. `refused` is final, `postponed` is retried."""

    SENT = "sent"
    POSTPONED = "postponed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Mailing(OpsModel):
    """One update of an incident for several clients, from one template.

    `update_key` distinguishes the updates of one incident; the hashes are of the texts used. With
    `live_update_id` it carries an update of a live incident, and has no template.
    """

    __tablename__ = "mailings"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident: Mapped[str] = mapped_column(index=True)
    report_sha256: Mapped[str]
    template: Mapped[str]
    template_sha256: Mapped[str]
    update_key: Mapped[str]
    fields: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("mailings.id"), index=True)
    live_update_id: Mapped[int | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by_id: Mapped[int | None]
    created_by: Mapped[str]

    messages: Mapped[list["Message"]] = relationship(
        back_populates="mailing", order_by="Message.to_name"
    )
    corrects: Mapped["Mailing | None"] = relationship(remote_side="Mailing.id")


class Message(OpsModel):
    """A message to one contact.

    `attachments` lists `{name, type, sha256, …}`. `seen_hash` is the hash of what was approved,
    `once_key` the unique key that prevents a second sending: both are set on approval. `copy` is
    the bytes handed to the server, with a stand-in in place of a private link's key; `confirmed`
    lists the confirmed findings, as `{key, by, by_id, at}`.
    """

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    to_name: Mapped[str]
    to_address: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    fields: Mapped[JsonDict] = mapped_column(JSON, default=dict)
    attachments: Mapped[list[JsonDict]] = mapped_column(JSON, default=list)
    confirmed: Mapped[list[JsonDict] | None] = mapped_column(JSON(none_as_null=True))
    state: Mapped[MessageState] = mapped_column(
        word(MessageState), default=MessageState.DRAFT, index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    seen_hash: Mapped[str | None]
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None]
    approved_by: Mapped[str | None]
    once_key: Mapped[str | None] = mapped_column(unique=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(Text)
    message_id: Mapped[str | None]
    copy: Mapped[bytes | None] = mapped_column(LargeBinary)

    mailing: Mapped[Mailing] = relationship(back_populates="messages")
    contact: Mapped[Contact] = relationship()
    tries: Mapped[list["Attempt"]] = relationship(
        back_populates="message", order_by="Attempt.number"
    )

    @property
    def is_draft(self) -> bool:
        return self.state is MessageState.DRAFT

    @property
    def is_in_doubt(self) -> bool:
        return self.state is MessageState.UNKNOWN

    @property
    def confirmed_keys(self) -> list[str]:
        return sorted(each["key"] for each in self.confirmed or [])

    @property
    def attachment_names(self) -> list[str]:
        """The names that the client gets, or for a missing report the template's text."""
        return [each["name"] if each["report"] else each["wish"] for each in self.attachments]

    @property
    def approved_copy(self) -> bytes | None:
        """The approved letter; None while there is no approval."""
        return self.copy if self.seen_hash else None

    @property
    def asks_for_link(self) -> bool:
        """Whether a private link is created when it is sent."""
        return STAND_IN in self.body

    @property
    def may_have_left(self) -> bool:
        """Whether any attempt has handed it over, or may have."""
        clear = (AttemptOutcome.POSTPONED, AttemptOutcome.REFUSED)
        return any(attempt.outcome not in clear for attempt in self.tries)


class Attempt(OpsModel):
    """One attempt to hand a message to the server, recorded before the server is contacted.

    `host`, `process` and `lease` show later whether the process that made it is still alive.
    """

    __tablename__ = "message_attempts"
    __table_args__ = (UniqueConstraint("message_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    number: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    host: Mapped[str]
    process: Mapped[str | None]
    lease: Mapped[str | None]
    outcome: Mapped[AttemptOutcome | None] = mapped_column(word(AttemptOutcome))
    answer: Mapped[str | None] = mapped_column(Text)

    message: Mapped[Message] = relationship(back_populates="tries")


class MessageLink(OpsModel):
    """A private link created for a message when it was sent; the latest one is valid.

    The link's key is derived from `seed` and SECRET_KEY, for another attempt to deliver the same
    letter. The seed is erased after the server's final response, or when a person decides instead.
    """

    __tablename__ = "message_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("private_links.id"), unique=True)
    seed: Mapped[bytes | None] = mapped_column(LargeBinary)

    link: Mapped[PrivateLink] = relationship()


class UnsavedWords(OpsModel):
    """One person's unsaved edits of a message; no other account can read them.

    `key` distinguishes the edits of several pages, `page` saved them last, `seen_hash` is the hash
    of the message that they are based on.
    """

    __tablename__ = "message_words"
    __table_args__ = (UniqueConstraint("message_id", "account_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    key: Mapped[str]
    page: Mapped[str]
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    seen_hash: Mapped[str]
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    @property
    def sha256(self) -> str:
        return sha256(f"{self.subject}\n{self.body}".encode()).hexdigest()
