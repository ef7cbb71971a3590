"""One of three nodes is gone, and with it a third of the catalogue: nobody takes the rest for all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from discovery.audit.model import SELF, Outcome
from discovery.cli.main import main
from discovery.engine.indices import Indices
from discovery.engine.reader import Reader
from discovery.web.app import create_app
from mappings.registry import ASSETS, LINKS, PRODUCTS
from tests.audit.cluster import Cluster, three_nodes
from tests.audit.test_brakes_tried import House

PREFIX = "apart"


@pytest.fixture
def cluster(tmp_path: Path, parts_home: Path) -> Iterator[Cluster]:
    with three_nodes(tmp_path / "engine", parts_home) as running:
        yield running


@pytest.fixture
def house(cluster: Cluster, tmp_path: Path) -> Iterator[House]:
    """A house whose catalogue has a shard on each node, and whose records are on the nodes that stay."""
    made = House(cluster.engine, PREFIX, tmp_path)
    catalogue = (f"{PREFIX}-{ASSETS.name}", f"{PREFIX}-{PRODUCTS.name}")
    names = [one.name for one in Indices(cluster.engine).list(PREFIX)]
    cluster.keep_from_third(name for name in names if not name.startswith(catalogue))
    lost = cluster.on_third()
    assert [sum(name.startswith(one) for name in lost) for one in catalogue] == [1, 1], lost
    yield made
    made.service.engine.close()


def test_what_is_there_is_never_taken_for_all_there_is(house: House, cluster: Cluster) -> None:
    found, catalogue = house.found(), everything(house)
    cluster.kill_third()
    audited = command(house, "audit", "run")
    assert audited.exit_code == 1, audited.output
    assert "audit: stopped" in audited.output
    assert house.found() == found
    (itself,) = (one for one in house.service.audit.all_findings() if one.rule == SELF)
    assert itself.state == "open"
    for act in ("apply", "propose"):
        linked = command(house, "link", act)
        assert linked.exit_code != 0, linked.output
    (house.pictures / "more.png").write_bytes((house.pictures / "00.png").read_bytes())
    indexed = command(house, "index", "run")
    assert indexed.exit_code != 0, indexed.output
    (house.pictures / "more.png").unlink()
    refused_over_http(house, [name.partition("/")[2] for name in catalogue if name.startswith("assets/")])
    cluster.start_third()
    assert everything(house) == catalogue
    # Its inputs are still those of the run that failed.
    assert house.audit().outcome is Outcome.STOPPED
    again = command(house, "index", "run")
    assert again.exit_code == 0, again.output
    assert house.audit().outcome is Outcome.FINISHED
    assert house.found().keys() == found.keys()
    assert [one.state for one in house.service.audit.all_findings(("resolved",)) if one.rule == SELF] == [
        "resolved"
    ]


def everything(house: House) -> dict[str, Any]:
    """Return every document of the catalogue and of its links, by index and id."""
    reader = Reader(house.engine)
    return {
        f"{family.name}/{hit['_id']}": hit["_source"]
        for family in (ASSETS, PRODUCTS, LINKS)
        for hit in reader.scan(family.read_alias(PREFIX), {"match_all": {}})
    }


def command(house: House, *arguments: str) -> Result:
    settings = house.settings
    (source,) = settings.sources.assets
    (table,) = settings.sources.products
    file = house.pictures.with_name("config.toml")
    file.write_text(
        f"""
[model]
name = "fake"
[[sources.assets]]
name = "{source.name}"
uri = "{source.uri}"
[[sources.products]]
name = "{table.name}"
path = "{table.path}"
[sources.products.options]
assets = "{source.name}"
""",
        encoding="utf-8",
    )
    environment = {
        "DISCOVERY_CONFIG": str(file),
        "DISCOVERY_HOME": str(settings.home),
        "DISCOVERY_ENGINE__URL": house.engine.url,
        "DISCOVERY_ENGINE__PREFIX": PREFIX,
        # What waits for the lost shard waits for as long as it may.
        "DISCOVERY_ENGINE__TIMEOUT_SECONDS": "3",
    }
    return CliRunner().invoke(main, arguments, env=environment)


def refused_over_http(house: House, assets: list[str]) -> None:
    client = create_app(house.service.web_services(), house.settings).test_client()
    for request in (
        {"q": ""},
        {"q": "mug", "mode": "text"},
        {"q": "mug", "in": "products"},
        {"q": "grey", "facets": ["colour"]},
        {"filters": {"linked": {"any": [True]}}, "size": 1},
    ):
        reply = client.post("/api/v1/search", json=request)
        assert reply.status_code == 503, (request, reply.json)
        assert reply.mimetype == "application/problem+json"
        assert reply.json is not None
        assert reply.json["code"] == "answer-partial", reply.json
        assert "Retry-After" in reply.headers
    statuses = {client.get(f"/api/v1/assets/{asset}").status_code for asset in assets}
    # Those of the lost shard are not "not found".
    assert statuses in ({503}, {200, 503})
