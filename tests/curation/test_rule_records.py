"""Query rules as records in a real engine: kept, changed, taken away, and followed by the next search."""

from __future__ import annotations

import time

import pytest

from discovery.curation.rule_records import RuleRecords
from discovery.engine.client import Engine
from discovery.engine.indices import AliasChange, Indices
from discovery.engine.records import Records
from discovery.errors import InputInvalid, NotFound
from discovery.search.request import Mode, SearchRequest, Viewer
from discovery.search.rule_book import RuleBook
from discovery.search.rule_desk import RuleDesk
from mappings.registry import RULES, body
from tests.search.catalogue import PRODUCT_LIST, create, fill
from tests.search.conftest import serve_over

PIN = {"action": "pin", "queries": ["jackets"], "in": "products", "items": ["TRAP"]}


@pytest.fixture
def records(engine: Engine, prefix: str) -> RuleRecords:
    indices = Indices(engine)
    name = RULES.generation(prefix, "1")
    indices.create(name, body(RULES, shards=1, replicas=0, vectors=None, created="2026-01-01T00:00:00Z"))
    indices.swap_aliases([AliasChange("add", RULES.write_alias(prefix), name)])
    return RuleRecords(Records(engine), prefix)


def desk_over(records: RuleRecords) -> tuple[RuleDesk, RuleBook]:
    book = RuleBook(None, lambda: [{"id": one.id, **one.table} for one in records.all()], time.monotonic)
    return RuleDesk(book, records), book


def test_the_next_search_goes_by_a_rule_that_was_just_kept(
    engine: Engine, prefix: str, records: RuleRecords
) -> None:
    create(engine, prefix)
    fill(engine, prefix, PRODUCT_LIST)
    desk, book = desk_over(records)
    service = serve_over(engine, prefix, rules=book.rules)

    def first() -> str:
        asked = SearchRequest(side="products", q="jacket", mode=Mode.TEXT)
        return service.search(asked, Viewer()).hits[0].id

    assert first() != "TRAP"
    desk.put("spring", PIN, "shop team")
    assert first() == "TRAP"
    desk.put("spring", {**PIN, "items": ["MUG-1"]}, "somebody else")
    assert first() == "MUG-1"
    assert [(one.rule.id, one.by) for one in desk.rules()] == [("spring", "somebody else")]
    desk.delete("spring")
    assert first() not in ("TRAP", "MUG-1")


def test_what_is_kept_is_checked_and_what_is_not_there_cannot_be_taken_away(records: RuleRecords) -> None:
    desk, _ = desk_over(records)
    with pytest.raises(InputInvalid, match="unknown action"):
        desk.put("spring", {**PIN, "action": "pinn"}, "api")
    assert records.all() == ()
    with pytest.raises(NotFound):
        desk.delete("spring")


def test_before_anything_is_indexed_there_are_no_rules(engine: Engine, prefix: str) -> None:
    assert RuleRecords(Records(engine), prefix).all() == ()
