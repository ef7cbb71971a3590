"""What only a local folder can hold: links, special files, foreign names, missing rights."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from discovery.config import AssetSourceSettings
from discovery.errors import InputInvalid, SourceUnavailable
from indexers.records import Problem
from indexers.sources.folder import FolderSource
from indexers.sources.protocol import open_asset_source
from tests.indexing.sources.places import FolderPlace, listed, source_at

NOBODY = 65534


@pytest.fixture
def as_ordinary_user() -> Iterator[Path]:
    """A folder that an ordinary user can reach, with that user's rights for the time of the test."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    was_root = os.geteuid() == 0
    yield root
    if was_root:
        os.seteuid(0)
    for folder in root.rglob("*"):
        folder.chmod(0o755)
    shutil.rmtree(root)


def _become_ordinary() -> None:
    if os.geteuid() == 0:
        os.seteuid(NOBODY)


def test_a_link_inside_the_folder_is_followed(folder_place: FolderPlace) -> None:
    folder_place.put("real/a.jpg", b"a")
    (folder_place.root / "linked.jpg").symlink_to(folder_place.root / "real" / "a.jpg")
    (folder_place.root / "also").symlink_to("real")
    records, problems = listed(source_at(folder_place))
    assert (set(records), problems) == ({"real/a.jpg", "linked.jpg", "also/a.jpg"}, [])
    assert records["linked.jpg"].read() == b"a"


def test_a_link_out_of_the_folder_is_a_problem_and_is_not_read(folder_place: FolderPlace) -> None:
    outside = folder_place.root.parent / "secret"
    outside.mkdir()
    (outside / "a.jpg").write_bytes(b"secret")
    (folder_place.root / "out.jpg").symlink_to(outside / "a.jpg")
    (folder_place.root / "out").symlink_to(outside)
    (folder_place.root / "studio-twin").symlink_to("../studio-twin")
    records, problems = listed(source_at(folder_place))
    assert records == {}
    assert {p.key for p in problems} == {"out.jpg", "out", "studio-twin"}


def test_a_folder_that_only_begins_like_the_root_is_outside(folder_place: FolderPlace) -> None:
    twin = folder_place.root.parent / "studio2"
    twin.mkdir()
    (twin / "a.jpg").write_bytes(b"x")
    (folder_place.root / "out").symlink_to(twin)
    assert [p.key for p in listed(source_at(folder_place))[1]] == ["out"]


def test_a_link_to_a_folder_above_ends(folder_place: FolderPlace) -> None:
    folder_place.put("a/b/c.jpg", b"c")
    (folder_place.root / "a" / "b" / "up").symlink_to(folder_place.root / "a")
    records, problems = listed(source_at(folder_place))
    assert set(records) == {"a/b/c.jpg"}
    assert [p.key for p in problems] == ["a/b/up"]


def test_a_dead_link_is_a_problem(folder_place: FolderPlace) -> None:
    (folder_place.root / "dead.jpg").symlink_to("nothing.jpg")
    (folder_place.root / "self.jpg").symlink_to("self.jpg")
    records, problems = listed(source_at(folder_place))
    assert records == {}
    assert {p.key for p in problems} == {"dead.jpg", "self.jpg"}


def test_pipes_and_sockets_are_problems_and_do_not_block(folder_place: FolderPlace) -> None:
    os.mkfifo(folder_place.root / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listening:
        place = Path.cwd()
        os.chdir(folder_place.root)  # a socket's path may have 107 bytes only
        try:
            listening.bind("socket.jpg")
        finally:
            os.chdir(place)
        records, problems = listed(source_at(folder_place))
    assert records == {}
    assert {p.key: p.reason.split(",")[0] for p in problems} == {
        "pipe.jpg": "is a pipe",
        "socket.jpg": "is a socket",
    }


def test_a_file_that_became_a_pipe_is_that_items_problem(folder_place: FolderPlace) -> None:
    folder_place.put("a.jpg", b"a")
    records, _ = listed(source_at(folder_place))
    folder_place.remove("a.jpg")
    os.mkfifo(folder_place.root / "a.jpg")
    with pytest.raises(SourceUnavailable, match="no longer a file"):
        records["a.jpg"].read()


def test_a_name_that_is_not_utf_8_is_a_problem_that_can_be_shown(folder_place: FolderPlace) -> None:
    folder_place.put("good.jpg", b"x")
    (folder_place.root / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"x")
    records, problems = listed(source_at(folder_place))
    assert set(records) == {"good.jpg"}
    (problem,) = problems
    assert problem.key.encode() == b"caf\\udce9.jpg"
    assert "utf-8" in problem.reason


def test_an_unreadable_file_or_folder_is_a_problem_and_the_rest_goes_on(as_ordinary_user: Path) -> None:
    place = FolderPlace(as_ordinary_user)
    for key in ("good.jpg", "locked/a.jpg", "locked.jpg", "open/b.jpg"):
        place.put(key, b"x")
    (place.root / "locked").chmod(0)
    (place.root / "locked.jpg").chmod(0)
    _become_ordinary()
    records, problems = listed(source_at(place))
    assert set(records) == {"good.jpg", "open/b.jpg"}
    assert {p.key: p.fatal for p in problems} == {"locked/": True, "locked.jpg": True}
    assert all("permission denied" in p.reason for p in problems)


def test_a_root_that_cannot_be_listed_is_unavailable(as_ordinary_user: Path) -> None:
    root = as_ordinary_user / "studio"
    root.mkdir()
    root.chmod(0)
    _become_ordinary()
    with pytest.raises(SourceUnavailable, match="permission denied"):
        list(source_at(FolderPlace(root)).items())


def test_a_root_that_is_a_file_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    with pytest.raises(SourceUnavailable, match="not a folder"):
        list(source_at(FolderPlace(tmp_path / "a.jpg")).items())


def test_a_disk_that_fails_midway_ends_the_listing_with_an_error(
    folder_place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_place.put("a.jpg", b"x")
    folder_place.put("z/b.jpg", b"x")
    whole = os.scandir

    def failing(path: str) -> object:
        if str(path).endswith("z"):
            raise OSError(5, "Input/output error")
        return whole(path)

    monkeypatch.setattr(os, "scandir", failing)
    items = source_at(folder_place).items()
    with pytest.raises(SourceUnavailable, match="broke at z"):
        list(items)


def test_a_folder_that_vanishes_while_listing_is_unknown_not_gone(folder_place: FolderPlace) -> None:
    for key in ("a/1.jpg", "b/2.jpg", "z/3.jpg"):
        folder_place.put(key, b"x")
    items = source_at(folder_place).items()
    first = next(items)
    shutil.rmtree(folder_place.root / "z")
    rest = list(items)
    assert not isinstance(first, Problem)
    assert [(p.key, p.fatal) for p in rest if isinstance(p, Problem)] == [("z/", True)]


def test_an_excluded_folder_is_not_even_listed(
    folder_place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_place.put("keep/a.jpg", b"x")
    folder_place.put("archive/old/b.jpg", b"x")
    seen: list[str] = []
    whole = os.scandir

    def noting(path: str) -> object:
        seen.append(str(path))
        return whole(path)

    monkeypatch.setattr(os, "scandir", noting)
    records, _ = listed(source_at(folder_place, exclude=("archive",)))
    assert set(records) == {"keep/a.jpg"}
    assert not any("archive" in path for path in seen)


@pytest.fixture
def deep_folder(folder_place: FolderPlace) -> Iterator[FolderPlace]:
    """A folder of more levels than Python recurses; taken down level by level, since rmtree recurses."""
    place = Path.cwd()
    os.chdir(folder_place.root)
    for _ in range(1200):
        Path("d").mkdir()
        os.chdir("d")
    Path("a.jpg").write_bytes(b"x")
    os.chdir(place)
    yield folder_place
    os.chdir(folder_place.root)
    for _ in range(1200):
        os.chdir("d")
    Path("a.jpg").unlink()
    for _ in range(1200):
        os.chdir("..")
        Path("d").rmdir()
    os.chdir(place)


def test_folders_nested_deeper_than_any_recursion_are_walked(deep_folder: FolderPlace) -> None:
    records, problems = listed(source_at(deep_folder))
    assert (len(records), problems) == (1, [])


def test_a_file_address_and_a_relative_path_are_folders(
    folder_place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_place.put("a b.jpg", b"x")
    monkeypatch.chdir(folder_place.root.parent)
    for uri in (folder_place.root.as_uri(), "studio", "./studio"):
        source = open_asset_source(AssetSourceSettings(name="s", uri=uri), 100)
        assert isinstance(source, FolderSource)
        (record,) = listed(source)[0].values()
        assert record.uri == (folder_place.root / "a b.jpg").as_uri()


def test_an_empty_folder_is_empty_and_no_address_is_refused(folder_place: FolderPlace) -> None:
    assert listed(source_at(folder_place)) == ({}, [])
    with pytest.raises(InputInvalid, match="uri"):
        open_asset_source(AssetSourceSettings(name="s", uri=""), 100)
