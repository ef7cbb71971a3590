"""Digests sent by SMTP, each with its outcome: one that is refused does not keep the others back."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from discovery.audit.reports.digest import Digest
from discovery.config import MailSettings

_FAILURES = (smtplib.SMTPException, OSError, UnicodeError, ValueError)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one mail; ``reason`` is ``None`` where the server took it."""

    to: str
    reason: str | None = None


def message_of(digest: Digest, sender: str) -> EmailMessage:
    """Return the mail: text, and the same as HTML.

    Raises:
        ValueError: an address that is none; nothing that a line break could hide reaches a header.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(addr_spec=digest.to)
    message["Subject"] = " ".join(digest.subject.split())
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(digest.text)
    message.add_alternative(digest.html, subtype="html")
    return message


def send(digests: Iterable[Digest], settings: MailSettings) -> tuple[Delivery, ...]:
    """Send every mail over one connection, and return what became of each.

    Where the server cannot be reached at all, every delivery says so; nothing is raised, for the findings
    stand, and the next digest tells what this one could not.
    """
    waiting = list(digests)
    if not waiting:
        return ()
    if not settings.host:
        return tuple(Delivery(digest.to, "mail.host is not set") for digest in waiting)
    try:
        server = _connect(settings)
    except _FAILURES as error:
        reason = f"{settings.host}:{settings.port} cannot be used: {_told(error)}"
        return tuple(Delivery(digest.to, reason) for digest in waiting)
    try:
        return tuple(_sent(server, digest, settings.sender) for digest in waiting)
    finally:
        with suppress(*_FAILURES):
            server.quit()


def _connect(settings: MailSettings) -> smtplib.SMTP:
    timeout = settings.timeout_seconds
    trusted = ssl.create_default_context(cafile=settings.ca_file or None)
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=timeout, context=trusted
        )
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=timeout)
    try:
        if settings.security == "starttls":
            server.starttls(context=trusted)
        if settings.user:
            server.login(settings.user, settings.password)
    except BaseException:
        server.close()
        raise
    return server


def _sent(server: smtplib.SMTP, digest: Digest, sender: str) -> Delivery:
    try:
        server.send_message(message_of(digest, sender))
    except _FAILURES as error:
        with suppress(*_FAILURES):
            server.rset()
        return Delivery(digest.to, _told(error))
    return Delivery(digest.to)


def _told(error: Exception) -> str:
    """Return the server's own words, in one line, without what was sent to it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()), (550, b""))
        return f"refused ({code}): {_words(words)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"refused ({error.smtp_code}): {_words(error.smtp_error)}"
    return " ".join(str(error).split())[:200] or type(error).__name__


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:200]
