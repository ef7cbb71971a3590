"""What other rooms say is recognised by the pages, whatever stands in it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from discovery import errors
from discovery.audit import brakes
from discovery.audit.model import RuleCounts
from discovery.audit.rules import RULES
from discovery.config import AuditSettings, Settings
from discovery.search_log.gaps import Today, gap
from discovery.search_log.model import Row
from discovery.web.app import create_app
from discovery.web.sayings import COUNT, LONGEST, SAYINGS, recognised, said
from discovery.wiring import Service
from indexers.fitting import fit_reason
from tests.api.standin import MemorySearch, services_over


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(services_over(MemorySearch((), ())), Settings())


@pytest.fixture
def german(app: Flask) -> Iterator[None]:
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        app.preprocess_request()
        yield


def filled(saying: str) -> str:
    values = {name: "1,200" if name == COUNT else name.upper() for name in _names(saying)}
    return saying % values if "%" in saying else saying


def _names(saying: str) -> list[str]:
    return [part.split(")s")[0] for part in saying.split("%(")[1:]]


@pytest.mark.parametrize("saying", SAYINGS)
def test_each_saying_is_recognised_as_itself(saying: str) -> None:
    found = recognised(filled(saying))
    assert found is not None
    assert found[0] == saying
    assert set(found[1]) == set(_names(saying))


@pytest.mark.parametrize("name", RULES)
def test_what_to_do_about_each_finding_is_a_saying(name: str) -> None:
    assert recognised(RULES[name].remedy) is not None


def test_every_job_is_a_saying() -> None:
    texts = [text for job in Service(Settings()).jobs() for text in (job.title, job.why)]
    assert [text for text in texts if recognised(text) is None] == []


def test_every_kind_of_error_is_a_saying() -> None:
    kinds = [one.kind for _, one in inspect.getmembers(errors, inspect.isclass) if hasattr(one, "kind")]
    assert len(kinds) > 20
    assert [kind.title for kind in kinds if recognised(kind.title) is None] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("its licence ended on 2026-03-31", "die Lizenz lief am 31.03.2026 ab"),
        ("the file name carries the SKU MG-1", "der Dateiname trägt die SKU MG-1"),
        ("front.jpg: its status is draft", "front.jpg: ihr Status ist draft"),
        ("picture set 40 % complete", "Bildersatz zu 40 % vollständig"),
        ("a crop of mugs/1.jpg", "eine Fassung (Ausschnitt) von mugs/1.jpg"),
        (
            'Asked for in vain 1,200 times ("x", +2), and its main picture cannot be shown: too small.',
            '1.200-mal vergeblich gefragt ("x", +2), und sein Hauptbild kann nicht gezeigt werden: zu klein.',
        ),
        ("nobody ever said this", "nobody ever said this"),
    ],
)
@pytest.mark.usefixtures("german")
def test_a_saying_is_said_in_the_readers_language(text: str, expected: str) -> None:
    assert said(text) == expected


def untranslated(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if said(text) == text]


@pytest.mark.usefixtures("german")
def test_why_an_audit_stopped_is_said() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    settings = AuditSettings()
    reasons = [
        *brakes.wrong_clock(now, now + timedelta(days=9), None, settings),
        *brakes.wrong_clock(now, now - timedelta(days=900), None, settings),
        *brakes.broken_inputs([brakes.SourceRun("assets", "studio", "failed", now)]),
        *brakes.shrunken_inputs({"assets/studio": 1}, {"assets/studio": 5000}, settings),
        *brakes.mass_flags(
            {"asset-expired": RuleCounts(subjects=400, new=390)}, frozenset({"asset-expired"}), None, settings
        ),
    ]
    assert len(reasons) >= 5
    assert untranslated(reasons) == []


@pytest.mark.usefixtures("german")
def test_what_a_fit_was_worth_is_said() -> None:
    lost = "words of other worlds would be lost: nDCG@10 0.100 of 0.200"
    reasons = [
        fit_reason(words, looks) for words in (None, lost) for looks in (None, "nothing tells looks apart")
    ]
    assert untranslated(reasons) == []
    assert said(reasons[2]).endswith("; Wörter anderer Welten gingen verloren: nDCG@10 0.100 von 0.200")


ENGLISH = re.compile(r"\b(?:the|these|found|nothing|only|times|once|twice|lacks?|meant)\b", re.IGNORECASE)


@pytest.mark.parametrize("empty", [0, 1, 2, 1200])
@pytest.mark.parametrize("by_look", [0, 1])
@pytest.mark.parametrize("pictures", [0, 1, 4])
@pytest.mark.parametrize(("products", "lacking"), [(0, 0), (1, 0), (1, 1), (4, 0), (4, 1), (4, 2), (4, 4)])
@pytest.mark.parametrize("better", [None, "sofa"])
@pytest.mark.usefixtures("german")
def test_what_is_asked_for_in_vain_is_said(
    empty: int, by_look: int, pictures: int, products: int, lacking: int, better: str | None
) -> None:
    row = Row(
        "couch", "couch", empty + by_look + 5, 0, empty, by_look, 0, 0, datetime(2026, 3, 1, tzinfo=UTC)
    )
    found = gap(row, Today(pictures, products, lacking, did_you_mean=better), clicks=True)
    if found is not None:
        assert ENGLISH.findall(said(found.reason)) == []


@pytest.mark.parametrize("mark", ["; ", ": ", " carries ", "a"])
@pytest.mark.usefixtures("german")
def test_a_text_of_any_length_is_looked_at_in_no_time(mark: str) -> None:
    for length in (LONGEST, 1_000_000):
        text = (mark * length)[:length]
        assert said(text) == text


def test_in_english_all_stays_as_it_was_written() -> None:
    assert said("its licence ended on 2026-03-31") == "its licence ended on 2026-03-31"
