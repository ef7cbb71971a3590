"""Links that no catalogue declares: proposed, kept, shown on both sides, and overruled by people only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from discovery.cli.main import main
from discovery.curation.link_decisions import LinkDecisions
from discovery.curation.words import LinkWord, Word
from discovery.engine.client import Engine
from discovery.engine.reader import Reader
from discovery.engine.records import Records
from discovery.errors import EngineTimedOut, EngineUnavailable, InputInvalid, NotFound, SourceShrank
from indexers.catalogue import Catalogue
from indexers.link_run import LinkRun
from indexers.migration import Migration
from mappings.documents import asset_id
from tests.indexing.stage import Files, Stage, picture, product

RED = "bags/TB-1001_front.png"
BLUE = "bags/TB-2002_front.png"
OTHER = "misc/DSC_1.png"


@pytest.fixture
def files() -> Files:
    return Files(
        "studio", {RED: picture("red"), BLUE: picture("blue", spot=1), OTHER: picture("green", spot=2)}
    )


class Linked:
    """A stage with links: runs over them, and people who decide."""

    def __init__(self, stage: Stage, engine: Engine) -> None:
        self.stage = stage
        prefix = stage.settings.engine.prefix
        self.run = LinkRun(stage.catalogue, stage.settings, lambda ids: self.decisions.of(ids))
        self.decisions = LinkDecisions(Records(engine), Reader(engine), prefix, self.run.reconsider)

    def say(self, key: str, sku: str, word: Word, **more: str) -> None:
        self.decisions.decide([LinkWord(asset_id("studio", key), sku, word, **more)], "a librarian")

    def skus(self) -> dict[str, tuple[str, ...]]:
        """The products of each asset, as assets carry them; and both sides must say the same."""
        carried = {key: asset.product.sku for key, asset in self.stage.assets().items()}
        there = {(asset_id("studio", key), sku) for key, skus in carried.items() for sku in skus}
        back = {(ident, sku) for sku, one in self.stage.products().items() for ident in one.assets.ids}
        assert there == back
        return carried


@pytest.fixture
def linked(stage: Stage, engine: Engine, files: Files) -> Linked:
    stage.index(files)
    stage.index_products(product("TB-1001", name="Harbour Tote"), product("TB-2002", name="Field Satchel"))
    return Linked(stage, engine)


def test_a_dry_run_says_what_would_change_and_a_run_does_just_that(linked: Linked) -> None:
    planned = linked.run.run(dry_run=True)
    assert {(one.kind, one.name, one.sku) for one in planned.changes} == {
        ("new", RED, "TB-1001"),
        ("new", BLUE, "TB-2002"),
    }
    assert set(linked.skus().values()) == {()}
    done = linked.run.run()
    assert done.changes == planned.changes
    assert linked.skus() == {RED: ("TB-1001",), BLUE: ("TB-2002",), OTHER: ()}
    assert linked.run.run().counts == {"new": 0, "changed": 0, "withdrawn": 0, "review": 0}


def test_a_product_that_arrives_later_finds_its_picture(linked: Linked, files: Files) -> None:
    files.files["bags/TB-3003_front.png"] = picture("yellow", spot=3)
    linked.stage.index(files)
    linked.run.run()
    assert linked.skus()["bags/TB-3003_front.png"] == ()
    linked.stage.index_products(
        product("TB-1001", name="Harbour Tote"),
        product("TB-2002", name="Field Satchel"),
        product("TB-3003", name="Pier Backpack"),
    )
    linked.run.run()
    assert linked.skus()["bags/TB-3003_front.png"] == ("TB-3003",)


def test_a_product_that_is_gone_withdraws_its_links(linked: Linked) -> None:
    linked.run.run()
    linked.stage.index_products(product("TB-1001", name="Harbour Tote"), accept_shrink=True)
    summary = linked.run.run(accept_shrink=True)
    assert summary.counts["withdrawn"] == 1
    assert linked.skus() == {RED: ("TB-1001",), BLUE: (), OTHER: ()}


def test_far_fewer_products_than_before_change_no_link(linked: Linked) -> None:
    linked.stage.index_products(*(product(f"TB-{n}00{n}") for n in range(1, 5)))
    linked.run.run()
    before = linked.skus()
    linked.stage.index_products(product("TB-9999"), accept_shrink=True)
    with pytest.raises(SourceShrank, match="--accept-shrink"):
        linked.run.run()
    assert linked.skus()[OTHER] == before[OTHER]


def test_peoples_word_holds_over_runs_replaced_files_and_rebuilds(
    linked: Linked, migration: Migration, files: Files
) -> None:
    linked.run.run()
    linked.say(RED, "TB-1001", Word.REFUSE, why="another bag")
    linked.say(OTHER, "TB-2002", Word.ACCEPT, role="detail")
    expected: dict[str, tuple[str, ...]] = {RED: (), BLUE: ("TB-2002",), OTHER: ("TB-2002",)}
    assert linked.skus() == expected
    files.files[RED] = picture("red", spot=9)
    linked.stage.index(files)
    linked.run.run()
    assert linked.skus() == expected
    migration.rebuild(linked.stage.embedder.recipe, lambda catalogue: _fill(linked.stage, catalogue, files))
    linked.run.run()
    assert linked.skus() == expected
    [link] = linked.stage.assets()[OTHER].product.links
    assert (link.role, link.method, link.confidence) == ("detail", "decided", 1.0)


def test_a_move_and_its_withdrawal(linked: Linked) -> None:
    linked.run.run()
    linked.say(RED, "TB-1001", Word.MOVE, to="TB-2002")
    assert linked.skus()[RED] == ("TB-2002",)
    linked.say(RED, "TB-1001", Word.WITHDRAW)
    linked.say(RED, "TB-2002", Word.WITHDRAW)
    assert linked.skus()[RED] == ("TB-1001",)
    linked.run.run()
    assert linked.skus()[RED] == ("TB-1001",)


def test_a_link_that_the_catalogue_declares_may_be_refused(linked: Linked) -> None:
    linked.stage.index_products(
        product("TB-1001", OTHER, name="Harbour Tote"), product("TB-2002", name="Field Satchel")
    )
    assert linked.skus()[OTHER] == ("TB-1001",)
    linked.say(OTHER, "TB-1001", Word.REFUSE)
    assert linked.skus()[OTHER] == ()
    linked.say(OTHER, "TB-1001", Word.WITHDRAW)
    assert linked.skus()[OTHER] == ("TB-1001",)


def test_a_wrong_decision_is_refused_with_all_that_is_wrong_and_nothing_is_kept(linked: Linked) -> None:
    asset = asset_id("studio", RED)
    words = [
        LinkWord(asset, "TB-2002", Word.ACCEPT),
        LinkWord("no-asset", "TB-1001", Word.ACCEPT),
        LinkWord(asset, "no-product", Word.ACCEPT),
        LinkWord(asset, "TB-1001", Word.MOVE),
        LinkWord(asset_id("studio", BLUE), "TB-1001", Word.ACCEPT, role="portrait"),
        LinkWord(asset, "TB-2002", Word.REFUSE),
        LinkWord(asset_id("studio", BLUE), "TB-2002", Word.WITHDRAW),
        LinkWord(asset_id("studio", BLUE), "no-product", Word.REFUSE),
    ]
    with pytest.raises(InputInvalid) as caught:
        linked.decisions.decide(words, "a librarian")
    assert [problem.field for problem in caught.value.problems] == [
        "decisions.1.asset",
        "decisions.2.sku",
        "decisions.3.to",
        "decisions.4.role",
        "decisions.5.sku",
        "decisions.6.sku",
        "decisions.7.sku",
    ]
    assert linked.decisions.of([asset]) == {}


def test_every_word_on_a_link_is_remembered(linked: Linked) -> None:
    asset = asset_id("studio", RED)
    linked.say(RED, "TB-2002", Word.ACCEPT, why="so it seemed")
    linked.say(RED, "TB-2002", Word.REFUSE, why="it was not")
    [decision] = linked.decisions.of([asset])[asset]
    assert (decision.kind.value, decision.by, decision.why) == ("refuse", "a librarian", "it was not")


def test_the_history_of_an_asset_is_told_in_order_withdrawals_too(linked: Linked) -> None:
    asset = asset_id("studio", RED)
    linked.say(RED, "TB-2002", Word.ACCEPT, role="detail", why="so it seemed")
    linked.say(RED, "TB-2002", Word.MOVE, to="TB-1001", why="it was not")
    linked.say(RED, "TB-2002", Word.WITHDRAW)
    linked.say(OTHER, "TB-2002", Word.ACCEPT)
    told = linked.decisions.history("asset", asset)
    assert [(one.sku, one.word.value, one.role, one.why, one.last) for one in told] == [
        ("TB-2002", "accept", "detail", "so it seemed", False),
        ("TB-1001", "accept", None, "it was not", True),
        ("TB-2002", "refuse", None, "it was not", False),
        ("TB-2002", "withdraw", None, "", True),
    ]
    assert {(one.asset, one.by) for one in told} == {(asset, "a librarian")}
    assert [one.at for one in told] == sorted(one.at for one in told)
    assert linked.decisions.history("asset", "none") == ()
    assert [(one.asset, one.word.value) for one in linked.decisions.history("sku", "TB-2002")] == [
        (asset, "accept"),
        (asset, "refuse"),
        (asset, "withdraw"),
        (asset_id("studio", OTHER), "accept"),
    ]


def test_the_command_line_tells_who_said_what_and_when(linked: Linked, engine: Engine) -> None:
    asset = asset_id("studio", RED)
    settings = linked.stage.settings
    environment = {
        "DISCOVERY_ENGINE__URL": engine.url,
        "DISCOVERY_ENGINE__PREFIX": settings.engine.prefix,
        "DISCOVERY_HOME": str(settings.home),
    }

    def discovery(*arguments: str) -> str:
        result = CliRunner().invoke(main, arguments, env=environment)
        assert result.exit_code == 0, result.output
        return result.stdout

    discovery("link", "refuse", asset, "TB-1001", "--by", "r.lind", "--why", "another bag")
    discovery("link", "withdraw", asset, "TB-1001", "--by", "a.moreau")
    told = json.loads(discovery("--json", "link", "explain", asset))["history"]
    assert [(one["by"], one["word"], one["last"]) for one in told] == [
        ("r.lind", "refuse", False),
        ("a.moreau", "withdraw", True),
    ]
    lines = discovery("link", "explain", asset)
    assert "r.lind said refuse of TB-1001: another bag (changed later)" in lines
    assert "a.moreau said withdraw of TB-1001" in lines


class FailingRecords(Records):
    """Records whose engine goes away before the write of this number."""

    def __init__(self, engine: Engine, writes: int) -> None:
        super().__init__(engine)
        self.left = writes

    def put(self, *given: Any, **named: Any) -> Any:
        if not self.left:
            raise EngineUnavailable("the engine went away")
        self.left -= 1
        return super().put(*given, **named)


def test_what_an_engine_that_fails_in_the_middle_kept_is_told_and_the_same_may_be_sent_again(
    linked: Linked, engine: Engine
) -> None:
    linked.run.run()
    prefix = linked.stage.settings.engine.prefix
    failing = LinkDecisions(FailingRecords(engine, 2), Reader(engine), prefix, linked.run.reconsider)
    red, blue, other = (asset_id("studio", key) for key in (RED, BLUE, OTHER))
    words = [
        LinkWord(other, "TB-1001", Word.ACCEPT),
        LinkWord(red, "TB-1001", Word.MOVE, to="TB-2002"),
        LinkWord(blue, "TB-2002", Word.REFUSE),
    ]
    with pytest.raises(EngineUnavailable) as caught:
        failing.decide(words, "a librarian")
    assert "went away; 1 of 3 decisions are kept: send all again" in caught.value.detail
    assert [one.field for one in caught.value.problems] == ["decisions.1", "decisions.2"]
    assert len(linked.decisions.decide(words, "a librarian")) == 4
    assert linked.skus() == {RED: ("TB-2002",), BLUE: (), OTHER: ("TB-1001",)}
    said = [one for asset in (red, blue, other) for one in linked.decisions.history("asset", asset)]
    assert len(said) == 4
    assert all(one.last for one in said)


def test_decisions_that_were_kept_but_not_brought_onto_both_sides_are_told_of(
    linked: Linked, engine: Engine
) -> None:
    def failing(_assets: object) -> None:
        raise EngineTimedOut("the engine took too long")

    linked.run.run()
    prefix = linked.stage.settings.engine.prefix
    decisions = LinkDecisions(Records(engine), Reader(engine), prefix, failing)
    with pytest.raises(EngineTimedOut, match="all that was decided is kept") as caught:
        decisions.decide([LinkWord(asset_id("studio", RED), "TB-1001", Word.REFUSE)], "a librarian")
    assert caught.value.problems == ()
    assert linked.skus()[RED] == ("TB-1001",)
    linked.run.run()
    assert linked.skus()[RED] == ()


def test_an_explanation_tells_evidence_and_what_holds(linked: Linked) -> None:
    explained = linked.run.explain(asset_id("studio", RED))
    assert explained.verdict.proposals[0].sku == "TB-1001"
    assert any("TB-1001" in reason for reason in explained.verdict.proposals[0].reasons)
    assert [link.sku for link in explained.outcome.links] == ["TB-1001"]
    with pytest.raises(NotFound):
        linked.run.explain("none")


def test_a_picture_that_is_gone_takes_its_links_along(linked: Linked, files: Files) -> None:
    linked.run.run()
    del files.files[RED]
    linked.stage.index(files, accept_shrink=True)
    assert RED not in linked.skus()
    assert asset_id("studio", RED) not in {one.id for one in linked.stage.catalogue.links.scan()}


def test_an_asset_carries_whether_its_links_hold_or_wait(linked: Linked, files: Files) -> None:
    both, named = "bags/TB-1001_TB-2002.png", "misc/named.png"
    files.files |= {both: picture("white", spot=4), named: picture("black", spot=5)}
    linked.stage.index(files)
    linked.stage.index_products(
        product("TB-1001", named, name="Harbour Tote"), product("TB-2002", name="Field Satchel")
    )

    def states() -> dict[str, str]:
        return {key: asset.product.link_state for key, asset in linked.stage.assets().items()}

    assert (states()[named], states()[RED]) == ("auto", "none"), "the catalogue's word needs no run"
    linked.run.run()
    expected = {RED: "auto", BLUE: "auto", OTHER: "none", both: "conflict", named: "auto"}
    assert states() == expected
    linked.say(both, "TB-1001", Word.ACCEPT)
    linked.say(RED, "TB-1001", Word.REFUSE)
    assert states() == expected | {both: "decided", RED: "decided"}
    linked.say(both, "TB-1001", Word.WITHDRAW)
    linked.say(RED, "TB-1001", Word.WITHDRAW)
    assert states() == expected
    linked.stage.index_products(product("TB-1001", named, name="Harbour Tote"), accept_shrink=True)
    linked.run.run(accept_shrink=True)
    assert states() == expected | {both: "auto", BLUE: "none"}
    linked.run.run()
    assert states() == expected | {both: "auto", BLUE: "none"}


def _fill(stage: Stage, catalogue: Catalogue, files: Files) -> None:
    filling = Stage(catalogue, stage.settings, stage.embedder)
    filling.index(files)
    filling.index_products(product("TB-1001", name="Harbour Tote"), product("TB-2002", name="Field Satchel"))
