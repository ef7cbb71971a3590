"""``discovery usage``, as it is typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from discovery.cli.main import main
from tests.usage.conftest import BOWL, CUP, Shelf

Command = Callable[..., Result]


@pytest.fixture
def discovery(shelf: Shelf) -> Command:
    environment = {
        "DISCOVERY_ENGINE__URL": shelf.engine.url,
        "DISCOVERY_ENGINE__PREFIX": shelf.prefix,
        "DISCOVERY_MODEL__NAME": "fake",
        "DISCOVERY_HOME": str(shelf.settings.home),
    }

    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, ["usage", *arguments], env=environment)
        assert result.exit_code == code, result.output
        return result

    return run


def test_a_table_is_imported_once_and_counted(shelf: Shelf, discovery: Command, tmp_path: Path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text(
        "\ufeffaction,at,source,key,channel,count\n"
        "publication,2026-05-01,studio,bowl.jpg,webshop,\n"
        "view,2026-05-02T10:00:00Z,studio,bowl.jpg,,40\n"
        "view,2026-05-02T10:00:00Z,studio,bowl.jpg,,40\n",
        encoding="utf-8",
    )
    arguments = (
        "import",
        str(file),
        "--feed",
        "shop",
        "--since",
        "2026-01-01",
        "--complete-until",
        "2026-05-03",
    )
    first = json.loads(discovery(*arguments, "--json").stdout)
    assert (first["taken"], first["known"], first["refused"]) == (3, 0, [])
    assert first["feed"]["name"] == "shop"
    assert "0 taken, 3 known before, 0 refused" in discovery(*arguments).stdout
    assert "counted everything" in discovery("rollup").stdout
    usage = shelf.asset(BOWL).usage
    assert (usage.viewed, usage.published, usage.channels) == (80, 1, ("webshop",))
    told = discovery("feeds", code=1).stdout
    assert "shop: everything from 2026-01-01 00:00 to 2026-05-03 00:00 UTC" in told
    assert "missing: the feed 'shop'" in told
    now = shelf.clock().isoformat()
    discovery("feed", "shop", "--complete-until", now)
    assert discovery("feeds").stdout.endswith("usage: complete\n")
    discovery("feed", "shop", "--retire")
    discovery("feed", "shop", "--retire", code=2)


def test_bad_rows_are_named_by_line_and_the_others_taken(
    shelf: Shelf, discovery: Command, tmp_path: Path
) -> None:
    file = tmp_path / "log.jsonl"
    good: dict[str, Any] = shelf.event("1", "download", CUP)
    lines = [json.dumps(good), "", "no json", json.dumps({**good, "id": "2", "action": "stolen"}), "[1]"]
    file.write_text("\n".join(lines), encoding="utf-8")
    since = ("--since", "2026-01-01", "--complete-until", "2026-05-03")
    said = discovery("import", str(file), "--feed", "log", *since, code=1)
    assert "refused: line 3: (row): expected an object" in said.stderr
    assert "refused: line 4: action: expected one of view, download, publication, withdrawal" in said.stderr
    assert "'log' is not complete" in said.stderr
    assert "1 taken, 0 known before, 3 refused" in said.stdout
    assert shelf.usage.feeds() == ()


def test_a_file_that_is_none_is_refused(discovery: Command, tmp_path: Path) -> None:
    discovery("import", str(tmp_path / "nothing.csv"), "--feed", "x", code=2)
    bad = tmp_path / "latin.csv"
    bad.write_bytes("id,action\nä,view\n".encode("latin-1"))
    assert "latin.csv" in discovery("import", str(bad), "--feed", "x", code=2).output
    discovery("feed", "shop", "--since", "soon", code=2)
