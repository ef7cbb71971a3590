from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.api import catalogue
from tests.api.standin import MemorySearch

AT = "/api/v1/collections"
MUG, BOWL = catalogue.MUG_FRONT.id, catalogue.BOWL.id


def made(client: FlaskClient, *items: str, name: str = "Spring") -> dict[str, Any]:
    reply = client.post(AT, json={"name": name, "items": [{"asset": item} for item in items], "by": "ana"})
    assert reply.status_code == 201, reply.json
    told: dict[str, Any] = reply.get_json()
    return told


def order(client: FlaskClient, id: str) -> list[str]:
    reply = client.get(f"{AT}/{id}/items").json
    assert reply is not None
    return [item["id"] for item in reply["items"]]


def test_a_collection_is_made_told_listed_and_taken_away(client: FlaskClient) -> None:
    one = made(client, MUG)
    assert (one["name"], one["count"], one["by"], one["owner"]) == ("Spring", 1, "ana", None)
    got = client.get(one["links"]["self"])
    assert got.json == one
    assert got.headers["ETag"] == f'"{one["version"]}"'
    assert client.get(AT).json == {"total": 1, "collections": [one]}
    assert client.get(f"{AT}?asset={MUG}").json == client.get(AT).json
    assert client.get(f"{AT}?asset={BOWL}").json == {"total": 0, "collections": []}
    assert client.delete(one["links"]["self"]).json == one
    assert client.get(one["links"]["self"]).status_code == 404


def test_items_are_put_in_moved_and_taken_away_in_bulk(client: FlaskClient) -> None:
    one = made(client, MUG)
    at = f"{AT}/{one['id']}/items"
    sku = catalogue.PRODUCTS[0].id
    both = [{"asset": BOWL}, {"product": sku}]
    assert _counts(client.post(at, json={"add": both})) == (2, 0, 0)
    assert order(client, one["id"]) == [MUG, BOWL, sku]
    assert _counts(client.post(at, json={"add": both, "at": 0})) == (0, 2, 0)
    assert order(client, one["id"]) == [BOWL, sku, MUG]
    assert _counts(client.post(at, json={"add": both})) == (0, 0, 0)
    assert _counts(client.post(at, json={"remove": [{"asset": BOWL}, {"asset": "never there"}]})) == (0, 0, 1)
    assert order(client, one["id"]) == [sku, MUG]


def _counts(reply: Any) -> tuple[int, int, int]:
    assert reply.status_code == 200, reply.json
    return reply.json["added"], reply.json["moved"], reply.json["removed"]


def test_a_page_goes_on_after_what_was_shown_last(client: FlaskClient) -> None:
    one = made(client, MUG, BOWL)
    at = f"{AT}/{one['id']}/items"
    first = client.get(f"{at}?size=1").json
    assert first is not None
    client.post(at, json={"add": [{"product": catalogue.PRODUCTS[0].id}], "at": 0})
    second = client.get(f"{at}?size=1&after={first['next']}").json
    assert second is not None
    assert [item["id"] for item in (*first["items"], *second["items"])] == [MUG, BOWL]
    assert second["next"] is None
    assert client.get(f"{at}?after=nonsense").status_code == 422


def test_a_change_over_what_somebody_else_changed_is_refused(client: FlaskClient) -> None:
    one = made(client, MUG)
    at = one["links"]["self"]
    mine = {"If-Match": f'"{one["version"]}"'}
    assert client.patch(at, json={"note": "theirs"}).status_code == 200
    for refused in (
        client.patch(at, json={"note": "mine"}, headers=mine),
        client.post(f"{at}/items", json={"remove": [{"asset": MUG}]}, headers=mine),
        client.delete(at, headers=mine),
    ):
        assert refused.status_code == 409
        assert refused.json is not None
        assert refused.json["code"] == "engine-conflict"
    now = client.get(at)
    assert now.json is not None
    assert (now.json["note"], now.json["count"]) == ("theirs", 1)
    assert client.patch(at, json={"cover": MUG}, headers={"If-Match": now.headers["ETag"]}).status_code == 200


def test_a_cover_leaves_with_its_item(client: FlaskClient) -> None:
    one = made(client, MUG, BOWL)
    at = one["links"]["self"]
    assert client.patch(at, json={"cover": BOWL}).json["cover"] == BOWL  # type: ignore[index]
    client.post(f"{at}/items", json={"remove": [{"asset": BOWL}]})
    assert client.get(at).json["cover"] is None  # type: ignore[index]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"name": " "}, "name", "not blank"),
        ({}, "name", "required"),
        ({"name": "a", "colour": "red"}, "colour", "unknown field"),
        ({"name": "a", "items": [{"asset": "nowhere"}]}, "items.0", "there is no asset"),
        ({"name": "a", "items": [{"asset": "x", "product": "y"}]}, "items.0", "exactly one"),
        ({"name": "SPRING"}, "name", "of this name already"),
    ],
)
def test_what_is_wrong_with_a_collection_is_named(
    client: FlaskClient, body: dict[str, Any], field: str, words: str
) -> None:
    made(client, MUG)
    refused = client.post(AT, json=body)
    assert refused.status_code == 422
    assert refused.json is not None
    found = {problem["field"]: problem["message"] for problem in refused.json["errors"]}
    assert words in found[field], found


def test_a_link_reads_a_collection_until_it_is_revoked(client: FlaskClient) -> None:
    one = made(client, MUG)
    at = f"{AT}/{one['id']}/shares"
    share = client.post(at, json={"note": "agency"}).json
    assert share is not None
    assert share["token"] not in client.get(at).text
    read = client.get(share["address"])
    assert read.json is not None
    assert [item["id"] for item in read.json["items"]] == [MUG]
    assert client.patch(share["address"], json={"name": "Mine"}).status_code == 405
    assert client.delete(f"{at}/{share['id']}").status_code == 200
    assert client.get(share["address"]).status_code == 404
    assert client.get("/api/v1/shared/guess").status_code == 404


def test_a_link_ends_on_its_day(client: FlaskClient) -> None:
    at = f"{AT}/{made(client, MUG)['id']}/shares"
    past = client.post(at, json={"until": "2026-06-14"})
    assert past.status_code == 422
    last = client.post(at, json={"until": "2026-06-15"}).json
    assert last is not None
    assert client.get(last["address"]).status_code == 200


def _zip(reply: Any) -> tuple[dict[str, bytes], list[dict[str, str]]]:
    assert reply.status_code == 200, reply.data[:300]
    assert reply.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(reply.data)) as archive:
        assert archive.testzip() is None
        held = {name: archive.read(name) for name in archive.namelist()}
    return held, list(csv.DictReader(io.StringIO(held.pop("manifest.csv").decode("utf-8-sig"))))


def test_its_files_come_as_a_zip_that_says_what_is_missing(client: FlaskClient) -> None:
    one = made(client, MUG, BOWL, name='Spring: "new"/old')
    reply = client.get(one["links"]["files"])
    assert "filename=\"Spring: 'new'old.zip\"" in reply.headers["Content-Disposition"]
    held, lines = _zip(reply)
    assert held == {catalogue.MUG_FRONT.source.filename: b"\xff\xd8 a picture \xff\xd9"}
    told = {line["asset"]: line for line in lines}
    assert told[MUG]["file"] == catalogue.MUG_FRONT.source.filename
    assert told[BOWL]["file"] == ""
    assert "its file is gone" in told[BOWL]["why"]


def test_a_products_pictures_lie_in_a_folder_and_equal_names_are_told_apart(client: FlaskClient) -> None:
    one = made(client, MUG)
    sku = catalogue.MUG.id
    client.post(f"{one['links']['self']}/items", json={"add": [{"product": sku}]})
    held, lines = _zip(client.get(one["links"]["files"]))
    pictures = catalogue.MUG.assets.links
    assert sum(name.startswith("TIDE_1/") for name in held) == len(pictures)
    assert len({name.lower() for name in held}) == len(held)
    assert len(lines) == 1 + len(pictures)


def test_what_may_not_be_used_is_left_out_unless_asked_for(client: FlaskClient, search: MemorySearch) -> None:
    source = replace(catalogue.MUG_FRONT.source, licence_ends=datetime(2020, 5, 1, tzinfo=UTC))
    worn = replace(catalogue.MUG_FRONT, source=source)
    search.held["assets"] = (worn, *(a for a in catalogue.ASSETS if a.id != MUG))
    one = made(client, MUG)
    held, (line,) = _zip(client.get(one["links"]["files"]))
    assert held == {}
    assert (line["usable"], line["file"]) == ("no", "")
    assert "licence ended" in line["why"]
    held, (line,) = _zip(client.get(f"{one['links']['files']}?unusable=include"))
    assert list(held) == [line["file"]] == [worn.source.filename]
    assert line["usable"] == "no"
    assert client.get(f"{one['links']['files']}?unusable=perhaps").status_code == 422
    shared = client.post(f"{one['links']['self']}/shares", json={}).json
    assert shared is not None
    assert _zip(client.get(f"/api/v1/shared/{shared['token']}/files.zip"))[0] == {}
    assert client.get(f"/api/v1/shared/{shared['token']}/files.zip?unusable=include").status_code == 422


def test_it_is_printed_as_pages(client: FlaskClient) -> None:
    one = made(client, MUG, BOWL)
    reply = client.get(one["links"]["contact_sheet"])
    assert (reply.status_code, reply.mimetype) == (200, "application/pdf")
    assert reply.data.startswith(b"%PDF-")
    assert reply.data.count(b"/Type /Page\n") + reply.data.count(b"/Type /Page ") >= 1
    assert client.head(one["links"]["contact_sheet"]).status_code == 200
    assert client.head(one["links"]["files"]).status_code == 200
    assert client.get(f"{AT}/none/contact-sheet.pdf").status_code == 404
    assert client.get("/api/v1/shared/none/files.zip").status_code == 404
