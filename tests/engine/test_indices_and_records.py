from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from discovery.engine.client import Engine
from discovery.engine.indices import AliasChange, Indices
from discovery.engine.reader import Reader
from discovery.engine.records import Records
from discovery.engine.writer import Put, Writer
from discovery.errors import EngineConflict, EngineRejected, IndexMissing

ONE = {"settings": {"number_of_replicas": 0}}


def test_an_index_is_listed_with_its_facts(engine: Engine, prefix: str) -> None:
    indices = Indices(engine)
    name = f"{prefix}-a"
    indices.create(
        name, {**ONE, "mappings": {"_meta": {"mapping": "abc"}}, "aliases": {f"{prefix}-read": {}}}
    )
    with indices.bulk_loading(name):
        list(Writer(engine).write(Put(name, str(number), {"n": number}) for number in range(10)))
    indices.force_merge(name)
    (facts,) = indices.list(prefix)
    assert (facts.name, facts.documents, facts.health) == (name, 10, "green")
    assert facts.bytes > 0
    assert facts.aliases == (f"{prefix}-read",)
    assert facts.meta == {"mapping": "abc"}
    assert abs(datetime.now(UTC) - facts.created) < timedelta(minutes=5)
    assert indices.mapping_meta(name) == {"mapping": "abc"}
    assert Reader(engine).mapping_meta(f"{prefix}-read") == {name: {"mapping": "abc"}}
    assert indices.list(f"{prefix}-none") == []


def test_fields_can_be_added_and_never_changed(engine: Engine, prefix: str) -> None:
    indices = Indices(engine)
    name = f"{prefix}-a"
    indices.create(name, {**ONE, "mappings": {"properties": {"n": {"type": "long"}}}})
    indices.put_mapping(name, {"t": {"type": "keyword"}}, meta={"mapping": "new"})
    assert indices.mapping_meta(name) == {"mapping": "new"}
    with pytest.raises(EngineRejected, match=r"cannot be changed from type"):
        indices.put_mapping(name, {"n": {"type": "keyword"}})


def test_aliases_move_in_one_step_or_not_at_all(engine: Engine, prefix: str) -> None:
    indices = Indices(engine)
    old, new, read, write = (f"{prefix}-{part}" for part in ("v1", "v2", "read", "write"))
    indices.create(old, ONE)
    indices.create(new, ONE)
    assert indices.aliases(prefix) == {}
    indices.swap_aliases([AliasChange("add", read, old), AliasChange("add", write, old, write=True)])
    assert indices.aliases(prefix) == {read: (old,), write: (old,)}
    with pytest.raises((IndexMissing, EngineRejected)):
        indices.swap_aliases([AliasChange("add", read, new), AliasChange("remove", "none-such", old)])
    assert indices.aliases(prefix) == {read: (old,), write: (old,)}

    missed: list[Exception] = []
    swapped = threading.Event()

    def search_all_the_while() -> None:
        reader = Reader(engine)
        while not swapped.is_set():
            try:
                reader.search(read, {"size": 0})
            except Exception as error:  # noqa: BLE001 - any failure at all is what the test looks for
                missed.append(error)

    searching = threading.Thread(target=search_all_the_while)
    searching.start()
    for gone, here in ((old, new), (new, old), (old, new)):
        indices.swap_aliases([AliasChange("remove", read, gone), AliasChange("add", read, here)])
    swapped.set()
    searching.join()
    assert missed == []
    assert indices.aliases(prefix)[read] == (new,)


def test_deleting_what_is_gone_is_no_error(engine: Engine, prefix: str) -> None:
    indices = Indices(engine)
    indices.create(f"{prefix}-a", ONE)
    indices.delete([f"{prefix}-a", f"{prefix}-none"])
    assert not indices.exists(f"{prefix}-a")
    assert indices.close_leftovers("") == ()


def test_an_index_is_set_back_and_visible_after_a_bulk_that_failed(engine: Engine, prefix: str) -> None:
    indices = Indices(engine)
    name = f"{prefix}-a"
    indices.create(name, ONE)

    def fail_half_way() -> None:
        with indices.bulk_loading(name):
            list(Writer(engine).write([Put(name, "1", {"n": 1})]))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert Reader(engine).count(name) == 1
    settings = engine.client.indices.get_settings(index=name)[name]["settings"]["index"]
    assert "refresh_interval" not in settings


def test_two_people_never_write_over_one_another(engine: Engine, prefix: str) -> None:
    name = f"{prefix}-decisions"
    Indices(engine).create(name, ONE)
    records = Records(engine)
    assert records.get(name, "a") is None
    first = records.put(name, "a", {"state": "open"}, None)
    with pytest.raises(EngineConflict):
        records.put(name, "a", {"state": "mine"}, None)
    second = records.put(name, "a", {"state": "accepted"}, first)
    with pytest.raises(EngineConflict):
        records.put(name, "a", {"state": "refused"}, first)
    with pytest.raises(EngineConflict):
        records.delete(name, "a", first)
    assert records.get(name, "a") == second
    (hit,) = records.search(name, {"query": {"match_all": {}}})["hits"]["hits"]
    assert hit["_source"] == {"state": "accepted"}
    assert hit["_seq_no"] == second.seq_no
    records.delete(name, "a", second)
    with pytest.raises(EngineConflict):
        records.delete(name, "a", second)
    assert records.get(name, "a") is None


def test_what_is_appended_has_an_id_of_its_own(engine: Engine, prefix: str) -> None:
    name = f"{prefix}-usage"
    Indices(engine).create(name, ONE)
    records = Records(engine)
    ids = {records.append(name, {"event": "view"}) for _ in range(5)}
    assert len(ids) == 5
    Indices(engine).refresh(name)
    assert Reader(engine).count(name) == 5
