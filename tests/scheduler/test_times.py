"""Due times: what is one, in which order they come, what becomes of those missed, where clocks are set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.config import load
from discovery.errors import ConfigurationInvalid
from discovery.scheduler.times import Trigger

PARIS = "Europe/Paris"
EARLIEST, LATEST = datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2036-01-01")

moments = st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC))
texts = st.sampled_from(
    [
        "every 1 second",
        "every 7 minutes",
        "every 1 hour",
        "every 5 hours",
        "every 3 days",
        "* * * * *",
        "*/20 * * * *",
        "30 2 * * *",
        "0 3 * * mon-fri",
        "5,35 1-4 * * *",
        "0 0 1 */3 *",
        "0 12 29 2 *",
    ]
)
zones = st.sampled_from(["UTC", PARIS, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(trigger: Trigger, after: str, count: int, zone: str = PARIS) -> list[str]:
    found, due = [], at(after)
    for _ in range(count):
        following = trigger.next_due(due)
        assert following is not None
        due = following
        found.append(f"{due.astimezone(ZoneInfo(zone)):%d %H:%M%z}")
    return found


def all_between(trigger: Trigger, served: datetime, now: datetime) -> list[datetime]:
    found, due = [], trigger.next_due(served)
    while due is not None and due <= now:
        found.append(due)
        due = trigger.next_due(due)
    return found


@given(texts, zones, moments)
def test_the_next_due_time_is_later_and_comes_again_from_anywhere_before_it(
    text: str, zone: str, moment: datetime
) -> None:
    trigger = Trigger(text, zone)
    due = trigger.next_due(moment)
    assert due is not None
    assert due > moment
    assert due.tzinfo is UTC
    assert trigger.next_due(due - timedelta(milliseconds=5)) == due
    following = trigger.next_due(due)
    assert following is not None
    assert following > due


@given(texts, zones, moments, st.timedeltas(timedelta(0), timedelta(days=2)))
def test_what_was_missed_is_folded_into_the_last_of_it(
    text: str, zone: str, served: datetime, gap: timedelta
) -> None:
    gap = min(gap, timedelta(minutes=10)) if "second" in text else gap
    trigger, now = Trigger(text, zone), served + gap
    missed = all_between(trigger, served, now)
    due = trigger.last_due(served, now)
    assert due == (missed[-1] if missed else None)
    assert trigger.last_due(due or served, now) is None


@given(texts, moments, st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_nothing_is_due_by_a_clock_that_went_back(text: str, served: datetime, back: timedelta) -> None:
    assert Trigger(text).last_due(served, served - back) is None


def test_ten_missed_years_are_seen_at_once() -> None:
    served, now = at("2016-01-01T00:00:00.5"), at("2026-01-01")
    assert Trigger("every 1 second").last_due(served, now) == now
    assert Trigger("0 12 29 2 *").last_due(served, now) == at("2024-02-29T12:00")


def test_an_interval_falls_on_the_same_times_on_every_machine() -> None:
    trigger = Trigger("every 15 minutes", PARIS)
    assert local(trigger, "2026-05-01T00:01:23.4", 2, "UTC") == ["01 00:15+0000", "01 00:30+0000"]


def test_where_clocks_are_put_back_a_given_hour_comes_once() -> None:
    assert local(Trigger("30 2 * * *", PARIS), "2026-10-24T12:00", 2) == ["25 02:30+0200", "26 02:30+0100"]


def test_where_clocks_are_put_back_what_comes_every_hour_goes_on() -> None:
    assert local(Trigger("0 * * * *", PARIS), "2026-10-24T23:30", 4) == [
        "25 02:00+0200",
        "25 02:00+0100",
        "25 03:00+0100",
        "25 04:00+0100",
    ]


def test_where_clocks_are_put_forward_a_time_that_is_not_there_is_made_up_for() -> None:
    assert local(Trigger("30 2 * * *", PARIS), "2026-03-28T12:00", 2) == ["29 03:30+0200", "30 02:30+0200"]


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "every 0 minutes",
        "every 5 fortnights",
        "every 9999999 days",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "0 0 0 * *",
        "0 0 31 2 *",
        "0 0 30-31 2 *",
        "5-1 * * * *",
        "*/70 * * * *",
        "0 0 * * 1",
        "0 0 * * fri-mon",
        "0 0 * * monday",
        "١ * * * *",  # noqa: RUF001 - a digit that is none here
        "@daily",
    ],
)
def test_a_schedule_that_is_no_time_is_refused_and_named(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[schedule]\naudit = "{text}"\n', encoding="utf-8")
    with pytest.raises(ConfigurationInvalid) as caught:
        load(file, {})
    (problem,) = caught.value.problems
    assert problem.field == f"{file}: schedule.audit"
    assert "crontab" in problem.message


@pytest.mark.parametrize("text", ["soon", "0 0 31 2 *", "* * *", "every 3 weeks"])
def test_a_trigger_refuses_by_itself_what_is_no_time(text: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="is no time to run at"):
        Trigger(text)


def numbers(least: int, most: int) -> st.SearchStrategy[str]:
    single = st.integers(least, most).map(str)
    span = st.tuples(st.integers(least, most), st.integers(least, most)).map(lambda p: f"{min(p)}-{max(p)}")
    step = st.integers(1, most + 9).map(lambda n: f"*/{n}")
    spaced = st.tuples(span, st.integers(1, 20)).map(lambda p: f"{p[0]}/{p[1]}")
    part = st.one_of(st.just("*"), single, span, step, spaced)
    return st.lists(part, min_size=1, max_size=2).map(",".join)


days = st.sampled_from(["*", "mon", "mon-fri", "sat,sun", "tue-tue"])
lines = st.tuples(numbers(0, 59), numbers(0, 23), numbers(1, 31), numbers(1, 12), days).map(" ".join)


@given(lines)
def test_what_the_configuration_takes_is_a_time_to_run_at(line: str) -> None:
    try:
        settings = load(None, {"DISCOVERY_SCHEDULE__AUDIT": line, "DISCOVERY_CONFIG": "/dev/null"})
    except ConfigurationInvalid:
        return
    due = Trigger(settings.schedule.audit).next_due(at("2026-01-01"))
    assert due is not None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("audit_minutes", "0"),
        ("index_minutes", "1e9"),
        ("report_minutes", '"long"'),
        ("at_once", "0"),
        ("lease_seconds", "0.5"),
        ("lease_seconds", "nan"),
        ("tick_seconds", "7.0"),
        ("keep_days", "0"),
        ("zone", '"Mars/Olympus"'),
        ("zone", '"../UTC"'),
        ("never", "1"),
    ],
)
def test_a_limit_out_of_range_is_refused_and_named(key: str, value: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[schedule]\n{key} = {value}\n", encoding="utf-8")
    with pytest.raises(ConfigurationInvalid) as caught:
        load(file, {})
    assert {problem.field for problem in caught.value.problems} == {f"{file}: schedule.{key}"}


def test_every_default_is_a_time_to_run_at() -> None:
    schedule = load(None, {"DISCOVERY_CONFIG": "/dev/null"}).schedule
    for name in ("index", "link", "audit", "reconcile", "report", "usage", "clean_up"):
        assert Trigger(getattr(schedule, name), schedule.zone).next_due(at("2026-01-01"))
