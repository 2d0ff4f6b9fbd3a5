"""A real mail server on a free port of this machine, which keeps what it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from socket import socket
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import override_settings


class MailServer:
    """Takes every mail but those it is told to refuse; answers are whole lines of SMTP."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.connections = 0
        #: By address what is answered to "RCPT TO"; by default it is taken.
        self.refusals: dict[str, str] = {}
        self.to_data = "250 OK"
        #: Takes the mail, but dies before it says so.
        self.dies_after_data = False

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, lines: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return lines

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.to_data.startswith("2"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        if self.dies_after_data:
            assert server.transport is not None
            server.transport.abort()
        return self.to_data

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """The server, with the settings that lead to it; it is gone afterwards."""
    sink, port = MailServer(), free_port()
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        with override_settings(**smtp_settings(port)):
            yield sink
    finally:
        controller.stop()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def smtp_settings(port: int) -> dict[str, Any]:
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
        "EMAIL_TIMEOUT": 5,
        "DEFAULT_FROM_EMAIL": "KI-Hub <ki-hub@example.org>",
        "REMINDERS_REPLY_TO": "personal@example.org",
        "WAGTAILADMIN_BASE_URL": "https://lernen.example.org",
    }
