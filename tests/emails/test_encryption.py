"""Letters and passwords go to the server that was meant, encrypted, or not at all."""

from collections.abc import Iterator
from pathlib import Path
from ssl import SSLContext
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from flask import Flask

from portal.core.clock import now
from portal.core.configuration.mail_url import mail_route
from portal.core.storage.database import db
from portal.emails.delivery.sending import send_message
from portal.emails.delivery.smtp import SmtpTransport
from portal.emails.delivery.transport import Temporary
from portal.emails.models import MessageState
from tests.emails.test_transport import letter
from tests.support.certificates import Authority, authority
from tests.support.mail import MailServer, waiting_message

__all__ = ["authority"]
pytestmark = pytest.mark.filterwarnings(
    "ignore:Requiring AUTH"
)  # over smtps it goes without saying

USER, PASSWORD = "desk@studios.example", "hold me: tight/please"
ACCOUNT = "desk%40studios.example:hold%20me%3A%20tight%2Fplease"


@pytest.fixture(scope="module")
def context(authority: Authority) -> SSLContext:
    return authority.context_for("IP:127.0.0.1")


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator has named the authority, as docs/operator.md says."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))


def encrypted(scheme: str, context: SSLContext) -> dict[str, Any]:
    """How a server listens to whom `scheme` belongs, and lets in the one user it knows."""

    def check(_server: object, _session: object, _envelope: object, _how: str, who: object) -> Any:
        assert isinstance(who, LoginPassword)
        is_known = (who.login, who.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_known, handled=False)

    way = {"ssl_context": context} if scheme == "smtps" else {"tls_context": context}
    insists = {"require_starttls": scheme == "smtp", "auth_require_tls": scheme == "smtp"}
    return {**way, **insists, "authenticator": check, "auth_required": True}


@pytest.fixture(params=["smtp", "smtps"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(scheme: str, context: SSLContext) -> Iterator[MailServer]:
    with MailServer().running(**encrypted(scheme, context)) as server:
        yield server


def transport(scheme: str, server: MailServer, account: str = f"{ACCOUNT}@") -> SmtpTransport:
    url = f"{scheme}://{account}127.0.0.1:{server.port}?from=desk@studios.example"
    route = mail_route(url, data=Path("/nowhere"), site_name="Studio Directory")
    return SmtpTransport(route, patience=30, patience_at_the_end=30)


@pytest.mark.usefixtures("trusted")
def test_a_letter_goes_encrypted_to_a_server_that_knows_the_user(
    scheme: str, server: MailServer
) -> None:
    """This server takes nothing in plain text, and nothing from somebody it does not know."""
    assert transport(scheme, server).deliver(letter()) == "250 Taken as 4711"
    assert len(server.taken) == 1


@pytest.mark.usefixtures("trusted")
def test_a_message_waits_while_the_password_is_wrong(
    app: Flask, scheme: str, server: MailServer
) -> None:
    message = waiting_message()
    message_id = message.id
    db.session.rollback()
    send_message(message_id, transport(scheme, server, "desk%40studios.example:other@"))
    assert (message.state, server.taken) == (MessageState.WAITING, [])
    assert (message.answer or "").startswith(
        "The server does not accept the user and password in MAIL_URL. It said: 535 "
    )
    assert "other" not in (message.answer or "")
    message.next_attempt_at = now()
    db.session.commit()
    send_message(message_id, transport(scheme, server))
    assert message.state is MessageState.SENT
    assert len(server.taken) == 1


@pytest.mark.parametrize("account", [f"{ACCOUNT}@", ""], ids=["a user", "nobody"])
def test_a_server_with_an_untrusted_certificate_gets_neither_letter_nor_password(
    scheme: str, server: MailServer, account: str
) -> None:
    with pytest.raises(Temporary, match=r"certificate can't be trusted \(unable to get local"):
        transport(scheme, server, account).deliver(letter())
    assert server.taken == []


@pytest.mark.usefixtures("trusted")
def test_a_server_with_the_certificate_of_another_one_gets_nothing(
    scheme: str, authority: Authority
) -> None:
    elsewhere = encrypted(scheme, authority.context_for("DNS:mail.example"))
    with MailServer().running(**elsewhere) as server:
        with pytest.raises(Temporary, match=r"certificate can't be trusted \(IP address mismatch"):
            transport(scheme, server).deliver(letter())
        assert server.taken == []
