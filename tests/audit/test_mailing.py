"""Digests that remember: told once, made up for where a day was missed or a server refused. Real SMTP."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from discovery.audit.codec import finding_source, run_source
from discovery.audit.model import AuditRun, Finding, Outcome
from discovery.audit.service import AuditService
from discovery.cli.main import main
from discovery.config import MailSettings, Settings
from discovery.engine.client import Engine
from discovery.engine.records import Records
from discovery.engine.writer import Put, Writer
from discovery.jobs import mailed
from discovery.mail.mailing import ELSEWHERE, SENDING, Mailing
from discovery.vision.fake import FakeEmbedder
from indexers.lifecycle import Lifecycle
from mappings.registry import FINDINGS, RUNS
from tests.audit.conftest import Clock
from tests.audit.making import finding
from tests.audit.test_mail import Box, serving

STUDIO, RIGHTS, REFUSED = "studio@vessbrook.example", "rights@vessbrook.example", "nobody@refused.example"
MORNING = datetime(2026, 6, 15, 6, tzinfo=UTC)


class Desk:
    """Findings in a real index, a mail server's inbox, and the audit that mails."""

    def __init__(self, engine: Engine, settings: Settings, mail: MailSettings, box: Box) -> None:
        self.clock = Clock()
        self.clock.now = MORNING
        self.box = box
        self.settings = dataclasses.replace(settings, mail=mail)
        self._writer = Writer(engine)
        self._engine = engine
        self._findings = FINDINGS.write_alias(settings.engine.prefix)
        self._runs = RUNS.write_alias(settings.engine.prefix)
        self.records = Records(engine)

    def service(self, **mail: Any) -> AuditService:
        changed = dataclasses.replace(self.settings.mail, **mail)
        settings = dataclasses.replace(self.settings, mail=changed)
        return AuditService(self._engine, settings, clock=self.clock)

    def found(self, *findings: Finding) -> None:
        """Keep findings and the run that found them, which has just finished."""
        now = self.clock.now
        kept = AuditRun(f"run-{now:%Y%m%d%H%M%S}", now, now, now, Outcome.FINISHED)
        list(self._writer.write([Put(self._findings, one.id, finding_source(one)) for one in findings]))
        list(self._writer.write([Put(self._runs, kept.id, run_source(kept))]))
        self._writer.refresh(self._findings)
        self._writer.refresh(self._runs)

    def new(self, name: str, owner: str = STUDIO, **given: Any) -> Finding:
        return finding(name, **{"owner": owner, "first_seen": self.clock.now, **given})

    def ending(self, name: str, days: int, owner: str = STUDIO) -> Finding:
        midnight = self.clock.now.replace(hour=0)
        ends = midnight + timedelta(days=days)
        given = {"owner": owner, "first_seen": self.clock.now, "ends": ends, "severity": "warning"}
        return finding(name, "asset-expiring", **given)

    def day(self, **mail: Any) -> dict[str, str | None]:
        """Mail as the job does today, and return what became of each mail; the next day begins."""
        sent = self.turn(**mail)
        self.clock.forward(days=1)
        return sent

    def turn(self, due: datetime | None = None, token: int = 1, **mail: Any) -> dict[str, str | None]:
        due = due or self.clock.now
        return {one.to: one.reason for one in self.service(**mail).mail(due, token)}

    def subjects(self) -> list[str]:
        return [f"{mail['To']}: {mail['Subject']}" for mail in self.box.mails]

    def mailing(self) -> Mailing:
        return Mailing(self.records, self._runs, timedelta(minutes=2))


@pytest.fixture
def desk(engine: Engine, settings: Settings) -> Iterator[Desk]:
    Lifecycle(engine, settings).ensure(FakeEmbedder().recipe)
    box = Box()
    with serving(box) as mail:
        yield Desk(engine, settings, mail, box)


def test_what_is_new_is_told_once(desk: Desk) -> None:
    desk.found(desk.new("a.jpg"), desk.new("b.jpg", RIGHTS))
    assert desk.day() == {STUDIO: None, RIGHTS: None}
    assert desk.day() == {}
    assert len(desk.box.mails) == 2


def test_each_lead_time_is_told_once_and_a_missed_day_is_made_up_for(desk: Desk) -> None:
    desk.found(desk.ending("soon.jpg", 31))
    told = {}
    for day in range(33):
        missed = day in (1, 2)  # on the first of which 30 days were left
        if missed:
            desk.clock.forward(days=1)
        else:
            told[day] = desk.day()
    assert [day for day, sent in told.items() if sent] == [0, 3, 24, 30]
    assert "in 28 days" in desk.subjects()[1]
    assert "in 7 days" in desk.subjects()[2]
    assert "in 1 days" not in desk.subjects()[3]


def test_what_is_found_after_the_mail_of_a_day_is_told_with_the_next(desk: Desk) -> None:
    desk.found(desk.new("a.jpg"))
    assert desk.turn() == {STUDIO: None}
    desk.clock.forward(hours=4)
    desk.found(desk.new("b.jpg"))
    desk.clock.forward(hours=20)
    assert desk.turn() == {STUDIO: None}
    assert "b.jpg" in desk.box.mails[1].get_body(("plain",)).get_content()
    assert "a.jpg" not in desk.box.mails[1].get_body(("plain",)).get_content()


def test_what_a_run_under_way_has_found_waits_for_its_end(desk: Desk) -> None:
    desk.found(desk.new("a.jpg"))
    desk.clock.forward(hours=1)
    early = desk.new("b.jpg")
    desk._writer.refresh(desk._findings)
    list(desk._writer.write([Put(desk._findings, early.id, finding_source(early))]))
    desk._writer.refresh(desk._findings)
    desk.turn()
    assert "b.jpg" not in desk.box.mails[0].get_body(("plain",)).get_content()
    desk.found()
    desk.clock.forward(hours=1)
    desk.turn()
    assert "b.jpg" in desk.box.mails[1].get_body(("plain",)).get_content()


def test_what_is_overdue_is_told_once_a_day(desk: Desk) -> None:
    desk.found(desk.new("a.jpg", due=(MORNING - timedelta(days=1)).date()))
    assert desk.turn() == {STUDIO: None}
    desk.clock.forward(hours=2)
    assert desk.turn() == {}
    desk.clock.forward(hours=22)
    assert desk.turn() == {STUDIO: None}


def test_who_was_refused_is_tried_again_and_nobody_else(desk: Desk) -> None:
    desk.found(desk.new("a.jpg"), desk.new("b.jpg", REFUSED))
    first = desk.service().mail(MORNING, 1)
    outcome = mailed(first)
    assert outcome.outcome == "problems"
    assert outcome.figures == {"sent": 1, "refused": 1}
    assert outcome.reason == f"{REFUSED}: refused (550): no such mailbox"
    desk.clock.forward(days=1)
    assert desk.day() == {REFUSED: "refused (550): no such mailbox"}
    assert len(desk.box.mails) == 1


def test_a_server_that_is_away_is_told_and_asked_again(desk: Desk) -> None:
    desk.found(desk.ending("soon.jpg", 30), desk.new("b.jpg", RIGHTS))
    away = desk.service(port=1).mail(MORNING, 1)
    assert mailed(away).outcome == "failed"
    assert all(one.reason and "cannot be used" in one.reason for one in away)
    desk.clock.forward(days=1)
    assert desk.day() == {STUDIO: None, RIGHTS: None}
    assert "in 29 days" in "".join(desk.subjects())


def test_without_a_server_it_says_so(desk: Desk) -> None:
    desk.found(desk.new("a.jpg"))
    assert desk.day(host="") == {STUDIO: "mail.host is not set"}


def test_a_turn_that_is_taken_over_tells_only_whom_the_first_did_not(desk: Desk) -> None:
    desk.found(desk.new("a.jpg", RIGHTS), desk.new("b.jpg"))
    due = MORNING
    taken: list[str] = []
    put = Records.put

    # The first turn dies when it has told one owner and is about to tell the other.
    def dying(self: Records, index: str, id: str, source: Any, *rest: Any, **more: Any) -> Any:
        if taken and source["outcome"] == SENDING:
            raise KeyboardInterrupt
        taken.append(id)
        return put(self, index, id, source, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Records, "put", dying)
        with pytest.raises(KeyboardInterrupt):
            desk.turn(due, 1)
    assert [mail["To"] for mail in desk.box.mails] == [RIGHTS]
    assert desk.turn(due, 2) == {STUDIO: None}
    assert [mail["To"] for mail in desk.box.mails] == [RIGHTS, STUDIO]


def test_a_mail_that_may_have_left_is_sent_again_under_the_same_id(desk: Desk) -> None:
    desk.found(desk.new("a.jpg"))
    put = Records.put

    def dying(self: Records, index: str, id: str, source: Any, *rest: Any, **more: Any) -> Any:
        if source["outcome"] != SENDING:
            raise KeyboardInterrupt
        return put(self, index, id, source, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Records, "put", dying)
        with pytest.raises(KeyboardInterrupt):
            desk.turn(MORNING, 1)
    assert desk.turn(MORNING, 2) == {STUDIO: None}
    first, second = desk.box.mails
    assert first["Message-ID"] == second["Message-ID"]
    desk.clock.forward(days=1)
    desk.found(desk.new("c.jpg"))
    desk.turn()
    assert desk.box.mails[2]["Message-ID"] != first["Message-ID"]


def test_a_turn_that_lost_its_lease_and_one_by_hand_leave_a_mail_that_is_being_sent(desk: Desk) -> None:
    desk.found(desk.new("a.jpg"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Mailing, "_settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            desk.turn(MORNING, 5)
    assert desk.turn(MORNING, 4) == {STUDIO: ELSEWHERE}
    assert [one.reason for one in desk.service().mail()] == [ELSEWHERE]
    desk.clock.forward(hours=1)
    assert [one.reason for one in desk.service().mail()] == [None]


def test_the_command_says_who_was_told_what(desk: Desk, engine: Engine, tmp_path: Path) -> None:
    desk.clock.now = datetime.now(UTC) - timedelta(minutes=1)
    desk.found(desk.new("a.jpg"), desk.new("b.jpg", REFUSED))
    mail = desk.settings.mail
    environment = {
        "DISCOVERY_ENGINE__URL": engine.url,
        "DISCOVERY_ENGINE__PREFIX": desk.settings.engine.prefix,
        "DISCOVERY_HOME": str(tmp_path),
        "DISCOVERY_MAIL__HOST": mail.host,
        "DISCOVERY_MAIL__PORT": str(mail.port),
        "DISCOVERY_MAIL__SECURITY": "none",
        "DISCOVERY_MAIL__SENDER": mail.sender,
    }

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["audit", "mail", *arguments], env=environment)
        return done.exit_code, done.stdout

    code, told = run("--dry-run")
    assert (code, desk.box.mails) == (0, [])
    assert f"{STUDIO}: Catalogue audit: 1 new" in told
    code, told = run()
    assert code == 1
    assert f"{STUDIO}: sent: Catalogue audit: 1 new" in told
    assert f"{REFUSED}: not sent: refused (550): no such mailbox" in told
    assert "mail: 1 sent, 1 refused" in told
    code, told = run("--json")
    assert code == 1
    assert STUDIO not in told
