"""Digests: who is told what on which day; and sent to a real mail server on loopback."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from discovery.audit.model import Finding
from discovery.audit.reports.digest import Digest, digests, is_due
from discovery.config import MailSettings
from discovery.mail.letter import Told, is_address
from discovery.mail.server import send
from tests.audit.making import NOW, WEEK, finding

TODAY = NOW.date()
LEADS = (30, 7, 1)
OWNER = "studio@vessbrook.example"
YESTERDAY = Told(TODAY - timedelta(days=1), NOW - timedelta(days=1))


def ending(days: int, **given: Any) -> Finding:
    end = datetime.combine(TODAY + timedelta(days=days), datetime.min.time(), UTC)
    known = {"owner": OWNER, "ends": end, "first_seen": NOW - 5 * WEEK, "severity": "warning"}
    return finding(f"ends-in-{days}.jpg", "asset-expiring", **{**known, **given})


def old(name: str = "a.jpg", **given: Any) -> Finding:
    return finding(name, **{"owner": OWNER, **given})


def made(
    *findings: Finding, told: Told | None = YESTERDAY, until: datetime = NOW, base: str = ""
) -> tuple[Digest, ...]:
    return digests(findings, TODAY, told=lambda _owner: told, until=until, lead_days=LEADS, base_url=base)


@pytest.mark.parametrize("days", range(41))
def test_each_lead_time_is_told_once(days: int) -> None:
    told = [
        day
        for day in range(days + 1)
        if is_due(ending(days), TODAY + timedelta(days=day), TODAY + timedelta(days=day - 1), LEADS)
    ]
    assert told == [days - lead for lead in LEADS if lead <= days]


def test_a_missed_day_is_not_lost() -> None:
    assert not is_due(ending(28), TODAY, TODAY - timedelta(days=1), LEADS)
    assert is_due(ending(28), TODAY, TODAY - timedelta(days=3), LEADS)
    assert is_due(ending(28), TODAY, None, LEADS)
    assert not is_due(ending(-1), TODAY, None, LEADS)


def test_an_owner_hears_of_ends_of_what_is_late_and_of_what_is_new() -> None:
    late = old("late.jpg", due=TODAY - timedelta(days=1))
    new = old("new.jpg", first_seen=NOW)
    (mail,) = made(ending(7), late, new, old("quiet.jpg"), base="https://dam.example")
    assert mail.to == OWNER
    assert mail.subject == "Catalogue audit: 1 licence ends, the first in 7 days; 1 overdue; 1 new"
    assert "its licence ends on 2026-06-22, in 7 days" in mail.text
    assert "quiet.jpg" not in mail.text
    assert "Open and yours: 4" in mail.text
    assert "https://dam.example/api/v1/audits/report.html" in mail.html


def test_nobody_is_written_to_without_a_reason_or_an_address() -> None:
    assert made(old()) == ()
    assert made(ending(7, owner="the studio")) == ()
    assert made(ending(7, owner=None)) == ()
    assert made(ending(7, state="waived", waived_until=TODAY)) == ()


def test_each_owner_hears_of_their_own_only() -> None:
    one, other = made(ending(7), ending(1, owner="rights@vessbrook.example"))
    assert (one.to, other.to) == ("rights@vessbrook.example", OWNER)
    assert "ends-in-7" not in one.text
    assert "tomorrow" in one.text


def test_a_long_list_is_cut() -> None:
    (mail,) = made(*(old(f"{number}.jpg", first_seen=NOW) for number in range(40)))
    assert "and 15 more" in mail.text


@pytest.mark.parametrize(
    "text", ["a@b.example\nBcc: c@d.example", "a b@c.example", "@", "a@", "a@b, c@d", '"a"@b', "<a@b>", ""]
)
def test_what_is_no_single_address_is_not_written_to(text: str) -> None:
    assert not is_address(text)


def test_no_value_becomes_markup() -> None:
    odd = old("<script>alert(1)</script>\nx", first_seen=NOW, reasons=("<b>",))
    (mail,) = made(odd)
    assert "<script>" not in mail.html
    assert "<b>" not in mail.html
    assert "</script> x: " in mail.text


class Box:
    """A mail server's inbox; addresses at ``refused.example`` are turned away."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802, ARG002
        if address.endswith("@refused.example"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@contextlib.contextmanager
def serving(box: Box, **given: Any) -> Iterator[MailSettings]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, **given)
    controller.start()
    try:
        yield MailSettings(host="127.0.0.1", port=port, security="none", sender="audit@vessbrook.example")
    finally:
        controller.stop()


def mail_to(to: str, subject: str = "Catalogue audit: 1 new") -> Digest:
    return Digest(to, subject, "plain wörds\n", "<p>plain wörds</p>", 1)


def test_a_mail_arrives_as_text_and_html() -> None:
    box = Box()
    with serving(box) as settings:
        (delivery,) = send([mail_to(OWNER)], settings)
    assert delivery.reason is None
    (mail,) = box.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == (OWNER, settings.sender, "Catalogue audit: 1 new")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().split() == ["plain", "wörds"]
    assert mail.get_body(("html",)).get_content().strip() == "<p>plain wörds</p>"


def test_one_that_is_refused_does_not_keep_the_others_back() -> None:
    box = Box()
    everybody = [mail_to("a@refused.example"), mail_to(OWNER), mail_to("no address")]
    with serving(box) as settings:
        refused, taken, unusable = send(everybody, settings)
    assert refused.reason == "refused (550): no such mailbox"
    assert taken.reason is None
    assert unusable.reason
    assert [mail["To"] for mail in box.mails] == [OWNER]


def test_no_line_break_reaches_a_header() -> None:
    box = Box()
    with serving(box) as settings:
        send([mail_to(OWNER, "x\r\nBcc: c@d.example")], settings)
    assert box.mails[0]["Bcc"] is None


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_password_is_given_where_one_is_asked_for_and_never_told() -> None:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:  # noqa: ARG001
        return AuthResult(
            success=isinstance(data, LoginPassword) and data.password == b"s3cret", handled=False
        )

    box = Box()
    with serving(box, authenticator=check, auth_required=True, auth_require_tls=False) as settings:
        right = MailSettings(settings.host, settings.port, "none", user="u", password="s3cret", sender=OWNER)
        wrong = MailSettings(settings.host, settings.port, "none", user="u", password="wr0ng", sender=OWNER)
        assert [delivery.reason for delivery in send([mail_to(OWNER)], right)] == [None]
        (delivery,) = send([mail_to(OWNER)], wrong)
    assert delivery.reason is not None
    assert "cannot be used" in delivery.reason
    assert "wr0ng" not in delivery.reason
    assert "wr0ng" not in repr(wrong)


def test_a_server_that_offers_no_protection_is_not_used_where_it_is_asked_for() -> None:
    box = Box()
    with serving(box) as settings:
        (delivery,) = send([mail_to(OWNER)], MailSettings(settings.host, settings.port, sender=OWNER))
    assert delivery.reason is not None
    assert "STARTTLS" in delivery.reason
    assert box.mails == []


def test_a_server_that_is_not_there_is_told_and_raises_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings = MailSettings("127.0.0.1", taken.getsockname()[1], "none", sender=OWNER, timeout_seconds=2)
        (delivery,) = send([mail_to(OWNER)], settings)
    assert delivery.reason is not None
    assert "cannot be used" in delivery.reason
    assert send([mail_to(OWNER)], MailSettings())[0].reason == "mail.host is not set"
    assert send([], MailSettings()) == ()
