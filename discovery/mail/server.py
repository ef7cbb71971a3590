"""Letters sent by SMTP, each with its outcome: one that is refused does not keep the others back."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from discovery.config import MailSettings
from discovery.mail.letter import Letter

_FAILURES = (smtplib.SMTPException, OSError, UnicodeError, ValueError)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one mail; ``reason`` is ``None`` where the server took it."""

    to: str
    reason: str | None = None
    subject: str = ""


def message_of(letter: Letter, sender: str, id: str | None = None) -> EmailMessage:
    """Return the mail: text, and the same as HTML. ``id`` is the left part of its Message-ID.

    Who receives a mail of the same Message-ID a second time can tell that it is the same.

    Raises:
        ValueError: an address that is none; nothing that a line break could hide reaches a header.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = formatdate(usegmt=True)
    domain = sender.rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{id}@{domain}>" if id else make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


class Post:
    """A mail server, or the reason why there is none. Every mail has its own outcome; nothing is raised."""

    def __init__(self, server: smtplib.SMTP | None, sender: str, broken: str | None = None) -> None:
        self._server = server
        self._sender = sender
        self.broken = broken

    def send(self, letter: Letter, id: str | None = None) -> Delivery:
        """Send one mail, and return what became of it."""
        if self._server is None:
            return Delivery(letter.to, self.broken, letter.subject)
        try:
            self._server.send_message(message_of(letter, self._sender, id))
        except _FAILURES as error:
            with suppress(*_FAILURES):
                self._server.rset()
            return Delivery(letter.to, _told(error), letter.subject)
        return Delivery(letter.to, None, letter.subject)


@contextmanager
def post(settings: MailSettings) -> Iterator[Post]:
    """Connect once for any number of mails; where that cannot be done, every delivery says so."""
    if not settings.host:
        yield Post(None, settings.sender, "mail.host is not set")
        return
    try:
        server = _connect(settings)
    except _FAILURES as error:
        reason = f"{settings.host}:{settings.port} cannot be used: {_told(error)}"
        yield Post(None, settings.sender, reason)
        return
    try:
        yield Post(server, settings.sender)
    finally:
        with suppress(*_FAILURES):
            server.quit()


def send(letters: Iterable[Letter], settings: MailSettings) -> tuple[Delivery, ...]:
    """Send every mail over one connection, and return what became of each; none, and nobody is asked."""
    waiting = list(letters)
    if not waiting:
        return ()
    with post(settings) as opened:
        return tuple(opened.send(letter) for letter in waiting)


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
