"""What other rooms say is recognised by the pages, whatever stands in it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
from flask import Flask

from discovery import errors
from discovery.audit.rules import RULES
from discovery.config import Settings
from discovery.web.app import create_app
from discovery.web.sayings import SAYINGS, recognised, said
from discovery.wiring import Service
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
    return saying % {name: name.upper() for name in _names(saying)} if "%" in saying else saying


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
        ("nobody ever said this", "nobody ever said this"),
    ],
)
@pytest.mark.usefixtures("german")
def test_a_saying_is_said_in_the_readers_language(text: str, expected: str) -> None:
    assert said(text) == expected


def test_in_english_all_stays_as_it_was_written() -> None:
    assert said("its licence ended on 2026-03-31") == "its licence ended on 2026-03-31"
