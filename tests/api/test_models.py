from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from discovery.web import examples


def test_models_are_told_with_what_was_measured_of_both(client: FlaskClient) -> None:
    reply = client.get("/api/v1/models").json
    assert reply is not None
    base, fitted = reply["models"]
    assert (base["outcome"], base["serves"], base["figures"]) == ("configured", False, [])
    assert (fitted["outcome"], fitted["serves"], fitted["base"]) == ("adopted", True, base["recipe"])
    told = {one["name"]: (one["before"], one["after"]) for one in fitted["figures"]}
    assert told == {"queries": (0.229, 0.782), "open_world": (0.61, 0.58)}


def test_two_models_are_compared_by_the_same_words(client: FlaskClient) -> None:
    reply = client.get("/api/v1/models/comparison?q=mug").json
    assert reply is not None
    assert (reply["q"], reply["recipe"], reply["before"]) == ("mug", examples.COMPARED.recipe, [])
    assert [one["id"] for one in reply["now"]] == [one.id for one in examples.COMPARED.now]


@pytest.mark.parametrize("query", ["", "?q=", f"?q={'x' * 201}", "?q=mug&size=3"])
def test_words_to_compare_by_are_checked(client: FlaskClient, query: str) -> None:
    reply = client.get(f"/api/v1/models/comparison{query}")
    assert reply.status_code in (400, 422)
    assert reply.json is not None
    assert reply.json["errors"]
