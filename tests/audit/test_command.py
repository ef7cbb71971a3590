"""``discovery link`` and ``discovery audit``, as they are typed, over the demo catalogue."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from discovery.cli.main import main
from discovery.config import Settings
from discovery.engine.client import Engine
from mappings.documents import asset_id


class Command:
    """The command with the demo's engine, prefix and home."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._environment = {
            "DISCOVERY_ENGINE__URL": engine.url,
            "DISCOVERY_ENGINE__PREFIX": settings.engine.prefix,
            "DISCOVERY_HOME": str(settings.home),
        }

    def __call__(self, *arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments, env=self._environment)
        assert result.exit_code == code, result.output
        return result

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self("--json", *arguments, code=code).stdout)


@pytest.fixture
def discovery(engine: Engine, demo: Settings) -> Command:
    return Command(engine, demo)


def test_proposals_are_told_and_explained(discovery: Command) -> None:
    planned = discovery.json("link", "propose")
    assert planned["outcome"] == "planned"
    told = {(change["kind"], change["name"]): change["sku"] for change in planned["changes"]}
    assert told["new", "mugs/mg-106-blush-pink_front_v2.jpg"] == "MG-106"
    assert told["review", "unsorted/IMG_7741.jpg"].startswith("CH-602")
    assert "unsorted/IMG_7741.jpg" in discovery("link", "propose").stdout
    explained = discovery("link", "explain", asset_id("demo", "unsorted/IMG_7741.jpg")).stdout
    assert "CH-602" in explained
    assert "review" in explained


def test_an_unknown_asset_is_named(discovery: Command) -> None:
    assert "no-such-asset" in discovery("link", "explain", "no-such-asset", code=2).output


def test_a_dry_audit_tells_by_rule_and_fails_on_what_is_asked(discovery: Command) -> None:
    done = discovery.json("audit", "run", "--dry-run", "--rule", "asset-expired")
    assert done["rules"]["asset-expired"]["flagged"] == 6
    discovery("audit", "run", "--dry-run", "--rule", "asset-expired", "--fail-on", "error", code=1)
    refused = discovery("audit", "run", "--rule", "asset-purple", code=2).output
    assert "asset-purple" in refused


@pytest.mark.parametrize("format_", ["html", "json", "csv", "xlsx"])
def test_a_report_is_written_in_every_format(discovery: Command, tmp_path: Path, format_: str) -> None:
    file = tmp_path / f"report.{format_}"
    discovery("audit", "report", "--format", format_, "-o", str(file))
    data = file.read_bytes()
    beginnings = {"html": b"<!doctype html>", "json": b"{", "csv": b"\xef\xbb\xbfid", "xlsx": b"PK"}
    assert data.startswith(beginnings[format_])
    if format_ == "csv":
        assert next(csv.reader(io.StringIO(data.decode("utf-8-sig"))))[0] == "id"
