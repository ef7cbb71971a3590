from __future__ import annotations

import math
from typing import Any

import pytest

from discovery.engine.client import Engine
from discovery.engine.indices import Indices
from discovery.engine.reader import Reader
from discovery.engine.writer import Delete, Operation, Put, Writer

ANGLES = [0, 10, 20, 60, 85, 120, 170]
"""Degrees between the query's vector and that of picture 0, 1, 2 …"""

PICTURES = {
    "settings": {"number_of_shards": 1, "number_of_replicas": 0, "index.knn": True},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            "title": {"type": "text"},
            "colour": {"type": "keyword"},
            "vector": {
                "type": "knn_vector",
                "dimension": 2,
                "method": {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"},
            },
        },
    },
}


def fill(engine: Engine, name: str, count: int, shards: int = 1) -> None:
    body = {"settings": {"number_of_shards": shards, "number_of_replicas": 0}}
    indices = Indices(engine)
    indices.create(name, body)
    with indices.bulk_loading(name):
        for outcome in Writer(engine).write(
            Put(name, f"{i:06}", {"n": i, "even": i % 2 == 0}) for i in range(count)
        ):
            assert outcome.status == "written"


def hybrid(floor: float, words: str, colour: str | None = None) -> dict[str, Any]:
    """The one-request hybrid: both signals scaled to 0…1, the visual one cut at 1,000 and a floor."""
    chosen = [{"term": {"colour": colour}}] if colour else []
    knn: dict[str, Any] = {"vector": [1.0, 0.0], "k": 1000}
    if chosen:
        knn["filter"] = {"bool": {"filter": chosen}}
    share = (1 + floor) / 2
    text = {
        "script_score": {
            "_name": "text",
            "query": {"match": {"title": words}},
            "script": {"source": "params.w * _score / (_score + params.k)", "params": {"w": 0.5, "k": 1.0}},
        }
    }
    visual = {
        "script_score": {
            "_name": "visual",
            "query": {"knn": {"vector": knn}},
            "script": {
                "source": "Math.max(0, params.w * (_score - params.f) / (1 - params.f))",
                "params": {"w": 0.5, "f": share},
            },
            "min_score": 1e-9,
        }
    }
    return {
        "query": {"bool": {"filter": chosen, "should": [text, visual], "minimum_should_match": 1}},
        "track_total_hits": True,
        "aggs": {"colour": {"terms": {"field": "colour"}}},
        "_source": {"excludes": ["vector"]},
        "sort": [{"_score": "desc"}, {"_id": "asc"}],
    }


@pytest.fixture
def pictures(engine: Engine, prefix: str) -> str:
    name = f"{prefix}-pictures"
    Indices(engine).create(name, PICTURES)
    documents = [
        Put(
            name,
            str(number),
            {
                "title": "red jacket" if number % 2 else "blue vase",
                "colour": "red" if number % 2 else "blue",
                "vector": [math.cos(math.radians(angle)), math.sin(math.radians(angle))],
            },
        )
        for number, angle in enumerate(ANGLES)
    ]
    writer = Writer(engine)
    assert {outcome.status for outcome in writer.write(documents)} == {"written"}
    writer.refresh(name)
    return name


def ids(reply: dict[str, Any]) -> set[str]:
    return {hit["_id"] for hit in reply["hits"]["hits"]}


def facet(reply: dict[str, Any]) -> dict[str, int]:
    return {bucket["key"]: bucket["doc_count"] for bucket in reply["aggregations"]["colour"]["buckets"]}


def test_the_hybrid_counts_exactly_the_set_it_lists_and_says_each_signals_share(
    engine: Engine, pictures: str
) -> None:
    reader = Reader(engine)
    named = {"include_named_queries_score": "true"}
    reply = reader.search(pictures, hybrid(0.4, "jacket"), params=named)
    near, red = {"0", "1", "2", "3"}, {"1", "3", "5"}  # cosine above 0.4: up to 66 degrees
    assert ids(reply) == near | red
    assert reply["hits"]["total"] == {"value": 5, "relation": "eq"}
    assert facet(reply) == {"blue": 2, "red": 3}
    signals = {hit["_id"]: hit["matched_queries"] for hit in reply["hits"]["hits"]}
    assert set(signals["0"]) == {"visual"}
    assert set(signals["1"]) == {"text", "visual"}
    assert set(signals["5"]) == {"text"}
    assert signals["0"]["visual"] == pytest.approx(0.5)
    for hit in reply["hits"]["hits"]:
        assert hit["_score"] == pytest.approx(sum(hit["matched_queries"].values()))
        assert "vector" not in hit["_source"]


def test_a_filter_holds_for_both_signals_and_a_floor_can_leave_nothing(engine: Engine, pictures: str) -> None:
    reader = Reader(engine)
    reds = reader.search(pictures, hybrid(0.4, "vase", colour="red"))
    assert ids(reds) == {"1", "3"}
    assert reds["hits"]["total"]["value"] == 2
    nothing = hybrid(0.999, "zebra", colour="red")
    assert reader.search(pictures, nothing)["hits"]["total"]["value"] == 0
    both = reader.multi_search(pictures, [hybrid(0.4, "vase", colour="red"), nothing])
    assert [reply["hits"]["total"]["value"] for reply in both] == [2, 0]
    assert reader.multi_search(pictures, []) == []


def test_a_document_is_read_whole_in_parts_or_not_at_all(engine: Engine, pictures: str) -> None:
    reader = Reader(engine)
    assert reader.get(pictures, "1", source=["title"]) == {"title": "red jacket"}
    whole = reader.get(pictures, "1")
    assert whole is not None
    assert set(whole) == {"title", "colour", "vector"}
    assert reader.get(pictures, "none") is None
    some = reader.multi_get(pictures, ["0", "1", "none"], excludes=["vector"])
    assert some == {
        "0": {"title": "blue vase", "colour": "blue"},
        "1": {"title": "red jacket", "colour": "red"},
    }
    assert reader.multi_get(pictures, ["1"], includes=["colour"]) == {"1": {"colour": "red"}}
    assert reader.multi_get(pictures, []) == {}


def test_counting_and_analysing(engine: Engine, pictures: str) -> None:
    reader = Reader(engine)
    assert reader.count(pictures) == len(ANGLES)
    assert reader.count(pictures, {"term": {"colour": "red"}}) == 3
    assert reader.analyze(pictures, "Red Jackets", field="title") == ["red", "jackets"]
    assert reader.analyze(pictures, "Red Jackets", analyzer="keyword") == ["Red Jackets"]
    assert reader.exists(pictures)
    assert not reader.exists(f"{pictures}-none")


@pytest.mark.parametrize("shards", [1, 3])
def test_a_scan_past_ten_thousand_sees_each_document_once_while_they_change(
    engine: Engine, prefix: str, shards: int
) -> None:
    name, count = f"{prefix}-many", 12_500
    fill(engine, name, count, shards)
    writer = Writer(engine)
    seen: list[str] = []
    for hit in Reader(engine).scan(name, source_includes=["n"], page=1000):
        assert set(hit["_source"]) == {"n"}
        seen.append(hit["_id"])
        if len(seen) in (1500, 6500):
            changes: list[Operation] = [
                *(Delete(name, f"{i:06}") for i in range(0, count, 50)),
                *(Put(name, f"{i:06}", {"n": -1, "even": True}) for i in range(1, count, 50)),
                *(Put(name, f"new-{len(seen)}-{i}", {"n": i, "even": True}) for i in range(500)),
            ]
            assert "failed" not in {outcome.status for outcome in writer.write(changes)}
            writer.refresh(name)
    assert len(seen) == len(set(seen)) >= count - (0 if shards == 1 else count // 50)
    if shards == 1:
        assert sorted(seen) == [f"{i:06}" for i in range(count)], "it sees what was there when it began"


def test_a_scan_of_a_query_can_be_left_early(engine: Engine, prefix: str) -> None:
    name = f"{prefix}-some"
    fill(engine, name, 50)
    evens = {hit["_id"] for hit in Reader(engine).scan(name, {"term": {"even": True}}, page=7)}
    assert len(evens) == 25
    scan = Reader(engine).scan(name, page=7)
    next(scan)
    scan.close()  # type: ignore[attr-defined]
    pits = engine.client.get_all_pits()["pits"]
    assert not [pit for pit in pits if name in str(pit)]


def test_what_was_written_after_a_checkpoint_is_told_on_every_shard(engine: Engine, prefix: str) -> None:
    name, reader, writer = f"{prefix}-followed", Reader(engine), Writer(engine)
    fill(engine, name, 40, shards=3)
    since = reader.checkpoints(name)
    assert sorted(since) == [f"{name}/{shard}" for shard in range(3)]
    assert list(reader.scan(name, since=since)) == []
    list(writer.write([Put(name, "000007", {"n": 7}), Put(name, "new", {"n": 1}), Delete(name, "000009")]))
    writer.refresh(name)
    changed = {hit["_id"]: hit["_source"] for hit in reader.scan(name, since=since, page=1)}
    assert changed == {"000007": {"n": 7}, "new": {"n": 1}}
    assert len(list(reader.scan(name, since={}))) == 40
    assert list(reader.scan(name, since=reader.checkpoints(name))) == []


def test_a_stamp_changes_fact_by_fact(engine: Engine, prefix: str) -> None:
    indices, name = Indices(engine), f"{prefix}-stamped"
    indices.create(name, {"mappings": {"_meta": {"made": "once"}, "dynamic": "strict", "properties": {}}})
    indices.restamp(name, {"follows": {"index": "a", "checkpoints": {"0": 1}}})
    indices.restamp(name, {"follows": {"index": "b"}})
    assert indices.mapping_meta(name) == {"made": "once", "follows": {"index": "b"}}
    indices.restamp(name, {"follows": None})
    assert indices.mapping_meta(name) == {"made": "once"}
