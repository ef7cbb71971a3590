from __future__ import annotations

import itertools
import json
import tracemalloc
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from opensearchpy.exceptions import ConnectionError as Unreachable
from opensearchpy.exceptions import TransportError

from discovery.engine.client import Engine
from discovery.engine.indices import Indices
from discovery.engine.reader import Reader
from discovery.engine.writer import Delete, Operation, Outcome, Put, Update, Writer, pause_before
from discovery.errors import EngineUnavailable

STRICT = {
    "settings": {"number_of_replicas": 0},
    "mappings": {"dynamic": "strict", "properties": {"n": {"type": "long"}, "t": {"type": "keyword"}}},
}


@pytest.fixture
def index(engine: Engine, prefix: str) -> str:
    name = f"{prefix}-written"
    Indices(engine).create(name, STRICT)
    return name


def statuses(outcomes: Iterator[Outcome] | list[Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


def test_each_operation_has_its_own_outcome(engine: Engine, index: str) -> None:
    writer = Writer(engine)
    assert statuses(writer.write([Put(index, "a", {"n": 1}, version=10), Put(index, "b", {"n": 1})])) == [
        "written",
        "written",
    ]
    outcomes = list(
        writer.write(
            [
                Put(index, "a", {"n": 2}, version=9),
                Put(index, "a", {"n": 3}, version=11),
                Put(index, "c", {"n": "many"}),
                Put(index, "d", {"unheard": 1}),
                Put(index, "e", {"n": float("nan")}),
                Update(index, "b", {"t": "x"}),
                Update(index, "b", {"t": "x"}),
                Update(index, "none", {"t": "x"}),
                Update(index, "made", {"t": "x"}, upsert=True),
                Delete(index, "a", version=5),
                Delete(index, "a", version=12),
                Delete(index, "none"),
            ]
        )
    )
    assert statuses(outcomes) == [
        *("newer", "written", "failed", "failed", "failed", "written", "unchanged", "gone", "written"),
        *("newer", "gone", "gone"),
    ]
    reasons = {outcome.id: outcome.reason or "" for outcome in outcomes if outcome.status == "failed"}
    assert "'many'" in reasons["c"]
    assert "[unheard]" in reasons["d"]
    assert "JSON" in reasons["e"]
    reader = Reader(engine)
    assert reader.get(index, "a") is None
    assert reader.get(index, "b") == {"n": 1, "t": "x"}


def test_a_partial_update_does_not_stand_in_the_way_of_the_next_version(engine: Engine, index: str) -> None:
    writer = Writer(engine)
    operations: list[Operation] = [
        Put(index, "a", {"n": 1}, version=1_700_000_000_000),
        Update(index, "a", {"t": "decided"}),
        Put(index, "a", {"n": 2}, version=1_700_000_000_000),
        Put(index, "a", {"n": 3}, version=1_700_000_100_000),
    ]
    assert statuses(writer.write(operations)) == ["written", "written", "newer", "written"]


@pytest.mark.parametrize("threads", [1, 3])
def test_outcomes_come_in_order_whatever_the_chunks_and_threads(
    engine: Engine, index: str, threads: int
) -> None:
    writer = Writer(engine, chunk_documents=37, chunk_bytes=2000, threads=threads)
    outcomes = list(writer.write(Put(index, str(number), {"n": number}) for number in range(1000)))
    assert [outcome.id for outcome in outcomes] == [str(number) for number in range(1000)]
    assert set(statuses(outcomes)) == {"written"}
    writer.refresh(index)
    assert Reader(engine).count(index) == 1000


def test_nothing_is_read_ahead_of_what_is_under_way(engine: Engine, index: str) -> None:
    taken = itertools.count()

    def operations() -> Iterator[Operation]:
        while True:
            yield Put(index, "same", {"n": next(taken)})

    writing = Writer(engine, chunk_documents=10, threads=2).write(operations())
    for _ in range(30):
        assert next(writing).status == "written"
    assert next(taken) <= 30 + 10 * 4
    writing.close()  # type: ignore[attr-defined]


class Turnstile:
    """A client that turns some requests and items away before it lets them through, and counts."""

    def __init__(self, *replies: Any, remember: bool = True) -> None:
        self.replies = list(replies)
        self.remember = remember
        self.sent: list[list[str]] = []

    def bulk(self, body: bytes, params: dict[str, str]) -> dict[str, Any]:
        assert "items" in params["filter_path"]
        ids = [json.loads(line)["index"]["_id"] for line in body.splitlines()[::2]]
        if self.remember:
            self.sent.append(ids)
        reply = self.replies.pop(0) if self.replies else {}
        if isinstance(reply, Exception):
            raise reply
        return {"items": [{"index": reply.get(one, {"status": 201, "result": "created"})} for one in ids]}


def writer_through(turnstile: Turnstile, **options: Any) -> tuple[Writer, list[float]]:
    pauses: list[float] = []
    engine: Any = SimpleNamespace(client=turnstile)
    return Writer(engine, pause=pauses.append, **options), pauses


BUSY = {"status": 429, "error": {"type": "rejected_execution_exception", "reason": "queue full"}}
ABSENT = {"status": 503, "error": {"type": "unavailable_shards_exception", "reason": "primary not active"}}


def test_only_what_was_turned_away_is_sent_again() -> None:
    turnstile = Turnstile({"b": BUSY, "c": ABSENT}, {"c": BUSY})
    writer, pauses = writer_through(turnstile)
    outcomes = list(writer.write(Put("i", one, {}) for one in "abcd"))
    assert statuses(outcomes) == ["written"] * 4
    assert turnstile.sent == [["a", "b", "c", "d"], ["b", "c"], ["c"]]
    assert len(pauses) == 2
    assert pauses[0] < pauses[1] * 2.01


def test_what_is_turned_away_to_the_end_fails_with_the_reason() -> None:
    turnstile = Turnstile(*[{"b": BUSY}] * 3)
    writer, _ = writer_through(turnstile, retries=2)
    outcomes = list(writer.write(Put("i", one, {}) for one in "ab"))
    assert statuses(outcomes) == ["written", "failed"]
    assert "queue full" in (outcomes[1].reason or "")
    assert len(turnstile.sent) == 3


def test_a_whole_request_turned_away_is_sent_again_then_raised() -> None:
    gone = Unreachable("N/A", "refused", OSError("refused"))
    writer, _ = writer_through(Turnstile(TransportError(429, "busy", {}), gone))
    assert statuses(writer.write([Put("i", "a", {})])) == ["written"]
    writer, pauses = writer_through(Turnstile(*[gone] * 9), retries=3)
    with pytest.raises(EngineUnavailable):
        list(writer.write([Put("i", "a", {})]))
    assert len(pauses) == 3


def test_a_request_that_is_too_large_is_halved_and_a_document_that_is_fails_alone() -> None:
    large = TransportError(413, "too large", {})
    turnstile = Turnstile(large, {}, large, large)
    writer, _ = writer_through(turnstile)
    outcomes = list(writer.write(Put("i", one, {}) for one in "abcd"))
    assert turnstile.sent == [["a", "b", "c", "d"], ["a", "b"], ["c", "d"], ["c"], ["d"]]
    assert statuses(outcomes) == ["written", "written", "failed", "written"]
    assert "too large" in (outcomes[2].reason or "")


def test_pauses_double_up_to_a_limit_and_are_never_the_same_for_all() -> None:
    assert [pause_before(attempt, 1.0) for attempt in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert pause_before(50, 1.0) == 15.0
    assert pause_before(3, 0.0) == 1.0


def test_memory_does_not_grow_with_the_stream() -> None:
    def peak(count: int) -> int:
        turnstile = Turnstile(remember=False)
        writer, _ = writer_through(turnstile, chunk_documents=100)
        source = {"text": "x" * 200}
        tracemalloc.start()
        for outcome in writer.write(Put("i", str(number), source) for number in range(count)):
            assert outcome.status == "written"
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(5000) < 1.3 * peak(500)
