"""From two folders to a decision and back: what is found, said, carried out, respected and undone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.copies import coded, copies
from discovery.audit.runner import Terms
from discovery.config import (
    AssetSourceSettings,
    EngineSettings,
    LinkingSettings,
    ModelSettings,
    ProductSourceSettings,
    Settings,
    SourcesSettings,
)
from discovery.curation.duplicate_listing import GroupsQuery
from discovery.curation.duplicate_words import Choice, DuplicateWord
from discovery.duplicates.groups import State
from discovery.engine.client import Engine
from discovery.errors import InputInvalid
from discovery.search.request import Condition, Filters, SearchRequest, Viewer
from discovery.wiring import DuplicateDesk, Service
from indexers.progress import Silent
from indexers.summary import RunSummary
from mappings.documents import AssetDocument, asset_id
from tests.duplicates.copies import drawn

MUG, WEB, FLIP = asset_id("studio", "mug.jpg"), asset_id("press", "web.jpg"), asset_id("press", "flip.jpg")
OTHER = asset_id("studio", "other.jpg")


class Shelf:
    """Two folders and a catalogue, and the service over them."""

    def __init__(self, folder: Path, engine: Engine, prefix: str) -> None:
        self.folder = folder
        for name in ("studio", "press"):
            (folder / name).mkdir()
        (folder / "products.csv").write_text("sku,name,images\nM-1,Sea mug,web.jpg\n")
        self.service = Service(
            Settings(
                engine=EngineSettings(url=engine.url, prefix=prefix),
                model=ModelSettings(name="fake"),
                linking=LinkingSettings(visual=False),
                home=folder / "home",
                sources=SourcesSettings(
                    assets=tuple(
                        AssetSourceSettings(name=name, uri=str(folder / name)) for name in ("studio", "press")
                    ),
                    products=(
                        ProductSourceSettings(
                            name="shop",
                            path=str(folder / "products.csv"),
                            options={"sku": "sku", "name": "name", "images": "{images}", "assets": "press"},
                        ),
                    ),
                ),
            ),
            progress=False,
        )
        self.desk = DuplicateDesk(self.service)

    def put(self, name: str, data: bytes, *keywords: str) -> None:
        (self.folder / name).write_bytes(data)
        if keywords:
            (self.folder / f"{name}.json").write_text(json.dumps({"keywords": keywords}))

    def index(self) -> dict[str, RunSummary]:
        service = self.service
        found = [service.index_assets(one, Silent(), accept_shrink=True) for one in service.known.assets()]
        found += [service.index_products(one, Silent()) for one in service.known.products()]
        service.link_after(found)
        return {one.source: one for one in found}

    def decide(self, choice: Choice, *assets: str, into: str | None = None) -> None:
        self.desk.decide([DuplicateWord(choice, None, assets, into)], "a.moreau", preview=False)

    def assets(self) -> dict[str, AssetDocument]:
        catalogue = self.service.lifecycle.serving()
        catalogue.refresh()
        return {one.id: one for one in catalogue.assets.scan()}

    def shown(self, *conditions: Condition, q: str = "") -> set[str]:
        request = SearchRequest(q=q, filters=Filters(conditions))
        return {hit.id for hit in self.service.search.search(request, Viewer()).hits}

    def linked(self) -> set[str]:
        (product,) = self.service.lifecycle.serving().products.scan()
        return set(product.assets.ids)


@pytest.fixture
def shelf(tmp_path: Path, engine: Engine, prefix: str) -> Shelf:
    made = Shelf(tmp_path, engine, prefix)
    made.put("studio/mug.jpg", coded(drawn(7)), "mug")
    made.put("studio/other.jpg", coded(drawn(8)))
    made.put("press/web.jpg", dict(copies(drawn(7)))["resized"], "press", "mug")
    made.put("press/flip.jpg", dict(copies(drawn(7)))["mirrored"])
    return made


def states(shelf: Shelf) -> list[State]:
    return [one.state for one in shelf.desk.page(GroupsQuery()).groups]


def test_what_comes_in_twice_is_told_at_the_door(shelf: Shelf) -> None:
    summary = shelf.index()["press"]
    assert summary.duplicates == 2
    told = {one.key: one.reason for one in summary.duplicate_notes}
    assert "resized or recompressed from studio: mug.jpg" in told["web.jpg"]
    assert "a mirror image of studio: mug.jpg" in told["flip.jpg"]
    (group,) = shelf.desk.page(GroupsQuery(state="open")).groups
    assert {one.id for one in group.group.members} == {MUG, WEB, FLIP}
    assert shelf.index()["press"].duplicates == 0
    here = shelf.desk.already_here(dict(copies(drawn(7)))["turned"])
    assert (MUG, "a turned copy of") in [(one.print.id, one.likeness.how) for one in here]
    assert shelf.desk.already_here(coded(drawn(99))) == []


def test_of_two_that_come_in_together_only_the_lesser_is_told(shelf: Shelf) -> None:
    shelf.put("studio/small.jpg", dict(copies(drawn(7)))["resized"])
    summary = shelf.index()["studio"]
    (told,) = summary.duplicate_notes
    assert (summary.duplicates, told.key) == (1, "small.jpg")
    assert "resized or recompressed from studio: mug.jpg" in told.reason
    (group,) = shelf.desk.page(GroupsQuery(state="open")).groups
    assert len(group.group.members) == 4


def test_files_are_versions_of_each_other_by_their_names(shelf: Shelf) -> None:
    for name in ("mug_v2.jpg", "mug_v10.jpg", "mug_back.jpg", "mugs_v3.jpg", "new/mug_v4.jpg"):
        (shelf.folder / "studio/new").mkdir(exist_ok=True)
        shelf.put(f"studio/{name}", coded(drawn(sum(map(ord, name)))))
    shelf.put("press/mug_v5.jpg", coded(drawn(50)))
    shelf.index()
    search = shelf.service.search
    assets = shelf.assets()
    found = search.versions(assets[MUG], Viewer())
    assert [one.source.key for one in found] == ["mug_v10.jpg", "mug_v2.jpg", "mug.jpg"]
    assert {one.id for one in search.versions(found[0], Viewer())} == {one.id for one in found}
    assert search.versions(assets[OTHER], Viewer()) == ()


def test_a_merge_moves_links_words_and_places_and_an_undo_brings_them_back(shelf: Shelf) -> None:
    shelf.index()
    before = shelf.assets()
    assert shelf.linked() == {WEB}
    word = DuplicateWord(Choice.MERGE, None, (WEB,), MUG)
    (effect,) = shelf.desk.decide([word], "a.moreau", preview=True)
    assert (effect.keywords, effect.links) == (("press",), ("M-1",))
    assert shelf.assets() == before

    collections = shelf.service.collections
    chosen = collections.create("spring", None, None, [("asset", WEB), ("asset", OTHER)], "a.moreau").id

    shelf.decide(Choice.MERGE, WEB, into=MUG)
    merged = shelf.assets()
    assert [item.id for item in collections.get(chosen).items] == [MUG, OTHER]
    assert shelf.linked() == {MUG}
    assert (merged[WEB].curation.status, merged[WEB].curation.merged_into) == ("superseded", MUG)
    assert merged[WEB].product.sku == ()
    assert merged[MUG].product.sku == ("M-1",)
    assert shelf.shown() == {MUG, OTHER, FLIP}
    assert shelf.shown(Condition("merged_into", any=(MUG,))) == {WEB}
    assert shelf.shown(Condition("status", any=("superseded",))) == {WEB}
    assert shelf.shown(Condition("keyword", any=("press",))) == {MUG}
    assert shelf.shown(q="press") >= {MUG}
    assert shelf.service.duplicate_decisions.standing_for([WEB, OTHER]) == {WEB: MUG, OTHER: OTHER}
    assert shelf.service.merging.carry_out() == 0

    shelf.decide(Choice.UNDO, WEB, MUG)
    after = shelf.assets()
    assert [item.id for item in collections.get(chosen).items] == [WEB, OTHER]
    assert shelf.linked() == {WEB}
    for ident in before:
        assert after[ident].curation == before[ident].curation
        assert after[ident].product == before[ident].product


def test_a_merge_holds_when_files_change_or_go_and_ends_with_the_asset_that_stands(shelf: Shelf) -> None:
    shelf.index()
    shelf.decide(Choice.MERGE, WEB, into=MUG)
    shelf.put("press/web.jpg", coded(drawn(7), 55), "new")
    shelf.index()
    assert shelf.assets()[WEB].curation.merged_into == MUG
    assert shelf.linked() == {MUG}
    (shelf.folder / "press/web.jpg").unlink()
    shelf.index()
    assert WEB not in shelf.assets()
    assert shelf.linked() == {MUG}
    shelf.put("press/web.jpg", coded(drawn(7), 55))
    (shelf.folder / "studio/mug.jpg").unlink()
    shelf.index()
    assert shelf.assets()[WEB].curation.merged_into is None
    assert shelf.linked() == {WEB}


def test_a_rebuild_loses_no_decision(shelf: Shelf) -> None:
    shelf.index()
    shelf.decide(Choice.MERGE, WEB, into=MUG)
    shelf.service.rebuild(Silent())
    assert shelf.linked() == {MUG}
    assert shelf.shown() == {MUG, OTHER, FLIP}


def test_both_kept_are_not_found_again(shelf: Shelf) -> None:
    shelf.index()
    shelf.decide(Choice.KEEP_BOTH, MUG, WEB, FLIP)
    assert states(shelf) == [State.KEPT]
    groups, _ = shelf.service.find_duplicates(Silent())
    assert (groups, states(shelf)) == (1, [State.KEPT])
    run = shelf.service.audit.run(Terms())
    assert run.rules["asset-duplicate"].flagged == 0
    shelf.put("press/web.jpg", coded(drawn(7), 55))
    assert {one.key for one in shelf.index()["press"].duplicate_notes} == set()
    assert states(shelf) == [State.KEPT]
    shelf.decide(Choice.UNDO, MUG, WEB)
    assert states(shelf) == [State.OPEN]


def test_a_chain_of_merges_ends_at_one(shelf: Shelf) -> None:
    shelf.index()
    shelf.decide(Choice.MERGE, FLIP, into=WEB)
    shelf.decide(Choice.MERGE, WEB, into=MUG)
    held = shelf.assets()
    assert {held[one].curation.merged_into for one in (FLIP, WEB)} == {MUG}
    assert {one.id for one in held[MUG].curation.absorbed} == {FLIP, WEB}
    assert states(shelf) == [State.MERGED]
    shelf.decide(Choice.UNDO, WEB, MUG)
    assert shelf.assets()[FLIP].curation.merged_into == WEB


@pytest.mark.parametrize(
    ("word", "field"),
    [
        (DuplicateWord(Choice.MERGE, "none"), "decisions.0.group"),
        (DuplicateWord(Choice.MERGE), "decisions.0.assets"),
        (DuplicateWord(Choice.MERGE, None, (WEB,)), "decisions.0.assets"),
        (DuplicateWord(Choice.MERGE, None, (WEB, FLIP)), "decisions.0.into"),
        (DuplicateWord(Choice.MERGE, None, (WEB,), "none"), "decisions.0.assets"),
        (DuplicateWord(Choice.MERGE, None, (MUG,), FLIP), "decisions.0.into"),
        (DuplicateWord(Choice.MERGE, None, (FLIP,), OTHER), "decisions.0.assets"),
        (DuplicateWord(Choice.KEEP_BOTH, None, (WEB, OTHER), OTHER), "decisions.0.into"),
        (DuplicateWord(Choice.UNDO, None, (WEB, OTHER)), "decisions.0.assets"),
    ],
)
def test_a_wrong_decision_is_named_and_nothing_is_kept(
    decided: Shelf, word: DuplicateWord, field: str
) -> None:
    before = len(decided.service.duplicate_decisions.merges())
    with pytest.raises(InputInvalid) as caught:
        decided.desk.decide([word], "a.moreau", preview=False)
    assert field in [problem.field for problem in caught.value.problems]
    assert len(decided.service.duplicate_decisions.merges()) == before


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory, engine: Engine, session_prefix: str) -> Shelf:
    made = Shelf(tmp_path_factory.mktemp("decided"), engine, f"{session_prefix}-decided")
    made.put("studio/mug.jpg", coded(drawn(7)))
    made.put("studio/other.jpg", coded(drawn(8)))
    made.put("press/web.jpg", dict(copies(drawn(7)))["resized"])
    made.put("press/flip.jpg", dict(copies(drawn(7)))["mirrored"])
    made.index()
    made.decide(Choice.MERGE, FLIP, into=MUG)
    return made
