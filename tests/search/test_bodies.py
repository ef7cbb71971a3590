"""Whole engine requests, as they were when somebody last looked at them.

After a change that is meant: ``python -m tests.search.test_bodies`` writes them anew; read the difference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from discovery.search.examples import Composed
from discovery.search.facets import asked_facets
from discovery.search.query import Extras, Likeness, Question, Words, frozen, page_body, sibling_bodies
from discovery.search.request import Condition, Filters, Mode
from discovery.search.sorting import by_score, order
from discovery.search.suggest import completion_bodies
from discovery.search.vectors import plain
from mappings.fields import Side

FOLDER = Path(__file__).parent / "bodies"
VECTOR = plain([0.6, 0.8])
RIGHTS = {"term": {"curation.status": "approved"}}


def _question(
    side: Side, matching: Any, filters: Filters, facets: tuple[str, ...], ordered: list[Any], *always: Any
) -> Question:
    return Question(side, matching, filters, always, asked_facets(side, facets, filters), ordered, 50)


def _bodies() -> dict[str, Any]:
    words = Words("assets", "purple jacket", Mode.HYBRID, VECTOR, 0.2, 0.5, 1000)
    narrowed = Filters(
        (
            Condition("colour", any=("Red", "orange")),
            Condition("width", gte=800),
            Condition("keyword", none=("x",)),
        ),
        ((Condition("product.family", any=("Top",)),), (Condition("linked", any=(False,)),)),
    )
    hybrid = _question(
        "assets",
        words.query,
        narrowed,
        ("colour", "product.material"),
        order("assets", "relevance", ranked=True),
        RIGHTS,
    )
    extras = Extras(("purple jacket",), tuple(words.probes().items()), "purple jacket")
    code = Words("products", "WJ05-S", Mode.TEXT)
    whole = _question("products", code.query, Filters(), (), order("products", "price", ranked=True))
    nothing = _question(
        "products",
        Words("products", "", Mode.TEXT).query,
        Filters(),
        ("variant",),
        order("products", "relevance", ranked=False),
    )
    look = Likeness("products", Composed(VECTOR, VECTOR), True, 0.5, 300)
    alike = _question("products", look.query, Filters(), (), by_score())
    return {
        "hybrid": page_body(hybrid, 24, extras),
        "hybrid-siblings": sibling_bodies(hybrid),
        "identifier": page_body(whole, 24, Extras(("WJ05-S",))),
        "everything": page_body(nothing, 0, Extras()),
        "same-product": page_body(alike, 10, Extras()),
        "later-page": frozen(page_body(nothing, 10, Extras()), "pit", 600, (1767225600000, "A-1")),
        "completions": completion_bodies("products", "wj05 pu", (RIGHTS,)),
    }


@pytest.mark.parametrize("name", sorted(_bodies()))
def test_a_request_is_what_it_was(name: str) -> None:
    expected = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(_bodies()[name])) == expected


def test_no_request_is_forgotten() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == set(_bodies())


def test_the_filters_of_a_hybrid_search_stand_inside_the_nearest_neighbours_too() -> None:
    query = _bodies()["hybrid"]["query"]["bool"]
    visual = next(s for s in query["should"] if "knn" in s.get("script_score", {}).get("query", {}))
    assert (
        visual["script_score"]["query"]["knn"]["media.vector"]["filter"]["bool"]["filter"] == query["filter"]
    )
    assert RIGHTS in query["filter"]


def test_nothing_is_cut_from_a_result_after_it_was_counted() -> None:
    assert all("post_filter" not in json.dumps(body) for body in _bodies().values())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for _name, _body in _bodies().items():
        text = json.dumps(_body, indent=2, ensure_ascii=False) + "\n"
        (FOLDER / f"{_name}.json").write_text(text, encoding="utf-8")
