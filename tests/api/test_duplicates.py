from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from discovery.config import Settings
from discovery.curation.duplicate_words import Choice, DuplicateWord
from discovery.duplicates.lookup import Alike
from discovery.web import examples
from discovery.web.app import create_app
from tests.api.catalogue import MUG_FRONT
from tests.api.standin import PIXEL, MemoryDuplicates, MemorySearch, services_over

ADDRESS = "/api/v1/duplicates"
GROUP = examples.DUPLICATE_GROUP.group
KEPT, COPY = (one.id for one in GROUP.members)
MERGE = {"assets": [COPY], "into": KEPT, "decision": "merge"}


@pytest.fixture
def duplicates() -> MemoryDuplicates:
    return MemoryDuplicates()


@pytest.fixture
def desk(search: MemorySearch, duplicates: MemoryDuplicates, settings: Settings) -> FlaskClient:
    return create_app(services_over(search, duplicates=duplicates), settings).test_client()


def test_a_group_tells_what_to_keep_and_why(desk: FlaskClient) -> None:
    told = desk.get(f"{ADDRESS}?kind=same_picture&state=open").json
    assert told is not None
    [group] = told["groups"]
    assert (group["keeper"], group["reason"]) == (KEPT, "a catalogue names it")
    assert group["pairs"][0]["how"] == "resized or recompressed from"
    assert [one["self"] is None for one in group["members"]] == [False, True]
    assert desk.get(f"{ADDRESS}/{GROUP.id}").json == group
    assert desk.get(f"{ADDRESS}/none").status_code == 404


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ("state=closed", "state"),
        ("kind=same", "kind"),
        ("size=0", "size"),
        ("after=%21", "after"),
        ("after=WyJhIiwiYiJd", "after"),
        ("luck=1", "luck"),
    ],
)
def test_a_wrong_filter_of_the_list_is_named(desk: FlaskClient, parameters: str, field: str) -> None:
    reply = desk.get(f"{ADDRESS}?{parameters}")
    assert reply.status_code == 422
    assert reply.json is not None
    assert [error["field"] for error in reply.json["errors"]] == [field]


def test_one_decision_stands_by_itself(desk: FlaskClient, duplicates: MemoryDuplicates) -> None:
    reply = desk.post(f"{ADDRESS}/decisions", json={**MERGE, "why": "smaller", "by": " a.moreau "})
    assert reply.status_code == 200
    assert duplicates.decided == [(DuplicateWord(Choice.MERGE, None, (COPY,), KEPT, "smaller"), "a.moreau")]
    assert reply.json is not None
    assert reply.json["effects"][0]["keywords"] == ["press"]


def test_a_preview_of_several_decides_nothing(desk: FlaskClient, duplicates: MemoryDuplicates) -> None:
    both = {"assets": [KEPT, COPY], "decision": "keep_both"}
    reply = desk.post(f"{ADDRESS}/decisions", json={"decisions": [both], "preview": True})
    assert reply.json is not None
    assert reply.json["preview"] is True
    assert duplicates.decided == []


BAD: list[tuple[str, Any, str]] = [
    ("nothing", {}, "decision"),
    ("an unknown word", {**MERGE, "decision": "delete"}, "decision"),
    ("an unknown field", {**MERGE, "keep": True}, "keep"),
    ("a number for an asset", {**MERGE, "assets": [1]}, "assets.0"),
    ("no list", {**MERGE, "assets": "all"}, "assets"),
    ("too many", {**MERGE, "assets": ["a"] * 51}, "assets"),
    ("an asset that is none", {**MERGE, "assets": ["none"]}, "assets"),
    ("a very long why", {**MERGE, "why": "x" * 3000}, "why"),
    ("no flag", {**MERGE, "preview": "maybe"}, "preview"),
    ("an empty list", {"decisions": []}, "decisions"),
    (
        "one wrong among right ones",
        {"decisions": [MERGE, {"decision": "merge", "into": 1}]},
        "decisions.1.into",
    ),
]


@pytest.mark.parametrize(("body", "field"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_wrong_decision_is_named_and_nothing_is_kept(
    desk: FlaskClient, duplicates: MemoryDuplicates, body: Any, field: str
) -> None:
    reply = desk.post(f"{ADDRESS}/decisions", json=body)
    assert (reply.status_code, reply.mimetype) == (422, "application/problem+json")
    assert reply.json is not None
    assert field in [error["field"] for error in reply.json["errors"]]
    assert duplicates.decided == []


def test_an_uploaded_picture_is_told_that_it_is_there_already(
    desk: FlaskClient, duplicates: MemoryDuplicates
) -> None:
    duplicates.here = [Alike(GROUP.members[0], examples.DUPLICATE_LIKENESS)]
    form = {"image": (io.BytesIO(PIXEL), "a.webp")}
    told = desk.post("/api/v1/similar", data=form, content_type="multipart/form-data").json
    assert told is not None
    assert [(one["id"], one["how"]) for one in told["already_here"]] == [
        (KEPT, "resized or recompressed from")
    ]
    asked = desk.post("/api/v1/similar", json={"asset": MUG_FRONT.id}).json
    assert asked is not None
    assert asked["already_here"] == []
