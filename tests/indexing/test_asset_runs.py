"""Runs over assets, on a real engine with a fake model."""

from __future__ import annotations

import json

import pytest

from discovery.errors import SourceShrank, SourceUnavailable
from indexers.enrich import Thumbnails
from indexers.records import Problem
from tests.indexing.stage import Files, Stage, picture


@pytest.fixture
def studio() -> Files:
    return Files("studio", {f"a/{n}.png": picture("red", spot=n) for n in range(6)})


def test_a_first_run_indexes_every_picture(stage: Stage, studio: Files) -> None:
    summary = stage.index(studio)
    assert (summary.read, summary.embedded, summary.failed, summary.outcome) == (6, 6, 0, "finished")
    assert summary.bytes == sum(map(len, studio.files.values()))
    document = stage.assets()["a/0.png"]
    assert document.source.identifiers == ("0.png", "0")
    assert (document.media.type, document.media.format, document.media.width) == ("image", "png", 40)
    assert document.media.recipe == stage.embedder.recipe.digest
    assert document.media.vector is not None
    assert len(document.media.vector) == stage.embedder.recipe.dimension
    assert document.run is not None
    assert not document.run.pending
    thumbnails = Thumbnails(stage.settings.home, stage.settings.images.thumbnail_sizes)
    assert thumbnails.path(document.media.checksum, thumbnails.smallest).exists()


def test_an_unchanged_run_opens_no_file_and_embeds_nothing(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    studio.read.clear()
    summary = stage.index(studio)
    assert (summary.unchanged, summary.written, studio.read) == (6, 0, [])
    assert stage.embedder.embedded == 6


def test_a_changed_picture_is_embedded_again(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    before = stage.assets()["a/1.png"]
    studio.files["a/1.png"] = picture("blue")
    summary = stage.index(studio)
    assert (summary.embedded, summary.unchanged) == (1, 5)
    after = stage.assets()["a/1.png"]
    assert after.media.vector != before.media.vector
    assert after.id == before.id


def test_changed_metadata_alone_embeds_nothing(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    before = stage.assets()["a/1.png"]
    studio.sidecars["a/1.png"] = (json.dumps({"title": "A red wall"}).encode(), "json")
    summary = stage.index(studio)
    assert (summary.metadata, summary.embedded, summary.unchanged) == (1, 0, 5)
    after = stage.assets()["a/1.png"]
    assert after.source.title == "A red wall"
    assert after.media == before.media


def test_a_renamed_picture_keeps_its_vectors(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    before = stage.assets()["a/1.png"]
    studio.files["b/moved.png"] = studio.files.pop("a/1.png")
    summary = stage.index(studio)
    assert (summary.reused, summary.embedded, summary.gone) == (1, 0, 1)
    after = stage.assets()
    assert after["b/moved.png"].media == before.media
    assert "a/1.png" not in after


def test_a_folder_renamed_with_all_that_is_in_it_is_no_loss(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    studio.files = {key.replace("a/", "b/"): data for key, data in studio.files.items()}
    summary = stage.index(studio)
    assert (summary.reused, summary.embedded, summary.gone) == (6, 0, 6)
    assert sorted(stage.assets()) == sorted(studio.files)


def test_copies_in_one_run_are_embedded_once(stage: Stage) -> None:
    one = picture("green")
    summary = stage.index(Files("copies", {f"{n}.png": one for n in range(20)}))
    assert (summary.embedded, summary.reused) == (1, 19)
    assert stage.embedder.embedded == 1
    assert len({document.media.vector for document in stage.assets().values()}) == 1


def test_files_that_are_no_pictures_are_indexed_without_vectors(stage: Stage) -> None:
    files = Files(
        "mixed",
        {
            "manual.pdf": b"%PDF-1.7 ...",
            "film.mp4": b"\0\0\0\x18ftypmp42....",
            "logo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "notes": b"plain words",
            "photo": picture("red"),
        },
    )
    summary = stage.index(files)
    assert (summary.failed, summary.embedded, summary.metadata) == (0, 1, 4)
    found = {key: (d.media.type, d.media.mime) for key, d in stage.assets().items()}
    assert found == {
        "manual.pdf": ("document", "application/pdf"),
        "film.mp4": ("video", "video/mp4"),
        "logo.svg": ("image", "image/svg+xml"),
        "notes": ("document", "text/plain"),
        "photo": ("image", "image/png"),
    }
    files.read.clear()
    assert stage.index(files).unchanged == 5
    assert files.read == []


def test_a_broken_picture_fails_alone_and_is_tried_again(stage: Stage, studio: Files) -> None:
    good = studio.files["a/2.png"]
    studio.files["a/2.png"] = good[: len(good) // 2]
    studio.files["lie.jpg"] = b"<!doctype html><html></html>"
    summary = stage.index(studio)
    assert (summary.embedded, summary.failed) == (5, 2)
    assert "an HTML page" in next(f.reason for f in summary.failures if f.key == "lie.jpg")
    first = stage.letters()
    assert first["a/2.png"]["attempts"] == 1

    summary = stage.index(studio)
    assert (summary.unchanged, summary.failed) == (5, 2)
    letter = stage.letters()["a/2.png"]
    assert (letter["attempts"], letter["first_seen"]) == (2, first["a/2.png"]["first_seen"])
    assert letter["last_seen"] > letter["first_seen"]

    studio.files["a/2.png"] = good
    del studio.files["lie.jpg"]
    summary = stage.index(studio)
    assert (summary.embedded, summary.failed) == (1, 0)
    assert stage.letters() == {}


def test_a_file_that_breaks_is_not_gone(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    studio.files["a/2.png"] = b"now broken"
    summary = stage.index(studio)
    assert (summary.failed, summary.gone) == (1, 0)
    assert "a/2.png" in stage.assets()


def test_a_file_that_is_removed_is_gone(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    del studio.files["a/2.png"]
    assert stage.index(studio).gone == 1
    assert "a/2.png" not in stage.assets()


def test_sources_do_not_see_each_other(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    other = Files("Studio", {"x.png": picture("blue"), "y.png": picture("green")})
    stage.index(other)
    del other.files["y.png"]
    summary = stage.index(other)
    assert (summary.gone, summary.unchanged) == (1, 1)
    assert len(stage.assets()) == 7


def test_a_source_that_shrinks_stops_the_run_and_loses_nothing(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    kept = dict(list(studio.files.items())[:2])
    kept["new.png"] = picture("blue")
    all_files, studio.files = studio.files, kept
    with pytest.raises(SourceShrank, match=r"lost|no longer|listed"):
        stage.index(Files("studio", {"new.png": kept["new.png"]}))
    assert sorted(stage.assets()) == sorted([*all_files, "new.png"])
    summary = stage.index(studio, accept_shrink=True)
    assert summary.gone == 4
    assert sorted(stage.assets()) == sorted(kept)


def test_an_empty_listing_stops_the_run(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    with pytest.raises(SourceShrank):
        stage.index(Files("studio"))
    assert len(stage.assets()) == 6


def test_a_listing_that_breaks_off_removes_nothing(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    partial = Files("studio", dict(list(studio.files.items())[:4]), broken_off=SourceUnavailable("gone away"))
    partial.files["new.png"] = picture("blue")
    with pytest.raises(SourceUnavailable, match="gone away"):
        stage.index(partial)
    assert sorted(stage.assets()) == sorted([*studio.files, "new.png"])


def test_what_a_problem_names_is_not_gone(stage: Stage, studio: Files) -> None:
    studio.files["b/1.png"] = picture("blue")
    studio.files["b/2.png"] = picture("blue", spot=1)
    stage.index(studio)
    for key in ("a/0.png", "b/1.png", "b/2.png"):
        del studio.files[key]
    studio.problems = [Problem("studio", "a/0.png", "locked"), Problem("studio", "b/", "no permission")]
    summary = stage.index(studio)
    assert (summary.gone, summary.failed, summary.read) == (0, 2, 7)
    assert len(stage.assets()) == 8


def test_a_dry_run_says_what_would_be_and_does_nothing(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    studio.files["new.png"] = picture("blue")
    del studio.files["a/0.png"]
    studio.read.clear()
    summary = stage.index(studio, dry_run=True)
    assert (summary.outcome, summary.embedded, summary.unchanged, summary.gone) == ("planned", 1, 5, 1)
    assert studio.read == []
    assert sorted(stage.assets()) == [f"a/{n}.png" for n in range(6)]


def test_a_run_leaves_a_record(stage: Stage, studio: Files) -> None:
    stage.index(studio)
    hits = list(stage.catalogue.reader.scan(stage.catalogue.names.runs, {"term": {"kind": "run"}}))
    assert [hit["_source"]["outcome"] for hit in hits] == ["finished"]
    assert hits[0]["_source"]["counts"]["embedded"] == 6
