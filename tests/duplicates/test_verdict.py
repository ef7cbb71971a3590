"""What a file is of another one, from bytes, hash, look and a tiny version of both."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from benchmarks.copies import coded, copies
from discovery.duplicates.bands import bands, near_pairs, orientations, probes
from discovery.duplicates.groups import State, better, groups_of, paired, state_of
from discovery.duplicates.overlay import Signature, oriented
from discovery.duplicates.prints import Print
from discovery.duplicates.verdict import Kind, Likeness, compare
from discovery.duplicates.versions import series_of
from tests.duplicates.copies import drawn, printed

HASH = 0x0123456789ABCDEF
LOOK = np.array([1.0, 0.0, 0.0], dtype=np.float32)
ORIGINAL = printed("original", coded(drawn(7)))


def one(pair: tuple[Print, Print]) -> Likeness | None:
    (found,) = compare([pair], hash_distance=6, likeness=0.95)
    return found


@pytest.mark.parametrize(
    ("copy", "kind", "how"),
    [
        ("resized", Kind.SAME, "resized or recompressed from"),
        ("recompressed", Kind.SAME, "resized or recompressed from"),
        ("mirrored", Kind.SAME, "a mirror image of"),
        ("turned", Kind.SAME, "a turned copy of"),
        ("cropped", Kind.PROBABLE, "a crop of"),
        ("bannered", Kind.PROBABLE, "a version with a banner of"),
    ],
)
def test_a_copy_is_known_and_told_how_it_was_made(copy: str, kind: Kind, how: str) -> None:
    made = dict(copies(drawn(7)))
    found = one((ORIGINAL, printed(copy, made[copy], 0.93)))
    assert found is not None
    assert (found.kind, found.how) == (kind, how)


def test_a_black_and_white_copy_is_told_as_such() -> None:
    grey = coded(drawn(7).convert("L").convert("RGB"))
    found = one((ORIGINAL, printed("grey", grey, 0.93)))
    assert found is not None
    assert found.how == "a black and white copy of"


def test_from_the_other_side_a_crop_has_more_around() -> None:
    crop = printed("crop", dict(copies(drawn(7)))["cropped"], 0.93)
    found = one((crop, ORIGINAL))
    assert found is not None
    assert found.how == "a wider version of"
    assert found.reversed().how == "a crop of"


def recoloured(seed: int) -> Image.Image:
    red, green, blue = drawn(seed).split()
    return Image.merge("RGB", (blue, green, red))


@pytest.mark.parametrize(
    "other",
    [
        printed("other", coded(drawn(8)), 0.99),
        printed("other", coded(recoloured(7)), 0.99),
        printed("other", dict(copies(drawn(7)))["cropped"], 0.7),
        printed("other", dict(copies(drawn(7)))["resized"], stem="original"),
    ],
    ids=["another picture", "another colour", "unlike looks", "a version of the file"],
)
def test_what_differs_is_no_copy_however_alike_it_looks(other: Print) -> None:
    assert one((ORIGINAL, other)) is None


def test_two_that_one_product_shows_are_told_apart() -> None:
    shown = frozenset({"P"})
    made = dict(copies(drawn(7)))
    pair = printed("a", coded(drawn(7)), skus=shown), printed("b", made["resized"], skus=shown)
    assert one(pair) is None


@pytest.mark.parametrize(
    ("key", "series"),
    [
        ("vases/VS-401_Front.jpg", "vases/vs-401"),
        ("vases/vs-401_back.jpg", "vases/vs-401"),
        ("vases/vs-401.jpg", None),
        ("vases/back.jpg", None),
    ],
)
def test_views_of_one_thing_are_told_by_their_names(key: str, series: str | None) -> None:
    assert series_of(key) == series


def test_views_of_one_thing_are_two_pictures_however_alike() -> None:
    made = dict(copies(drawn(7)))
    front = printed("a", coded(drawn(7)), series="mug")
    assert one((front, printed("b", made["resized"], series="mug"))) is None
    assert one((front, printed("b", made["resized"], series="bowl"))) is not None


def test_what_differs_in_the_middle_of_a_strip_is_no_banner() -> None:
    shown = drawn(7)
    ImageDraw.Draw(shown).rectangle((120, 280, 200, 320), fill=(30, 30, 30))
    assert one((ORIGINAL, printed("other", coded(shown), 0.93))) is None
    ImageDraw.Draw(shown).rectangle((0, 280, 320, 320), fill=(30, 30, 30))
    assert one((ORIGINAL, printed("other", coded(shown), 0.93))) is not None


def test_two_of_two_products_must_be_the_same_in_every_detail() -> None:
    made = dict(copies(drawn(7)))
    named = printed("a", coded(drawn(7)), skus=frozenset({"P"}))
    assert one((named, printed("b", made["recompressed"], skus=frozenset({"Q"})))) is not None
    assert one((named, printed("b", made["cropped"], skus=frozenset({"Q"})))) is None


def test_equal_bytes_are_copies_whatever_else_says() -> None:
    a, b = (Print(name, name, "s", "x", name, skus=frozenset("P")) for name in "ab")
    assert one((a, b)) == Likeness(Kind.EXACT, 1.0)


def near(cosine: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array([cosine, (1 - cosine**2) ** 0.5, 0.0], dtype=np.float32)


@pytest.mark.parametrize(
    ("hash", "cosine", "kind"),
    [(HASH ^ 0b111, 0.98, Kind.SAME), (HASH ^ 0b111, 0.6, None), (0, 0.92, Kind.PROBABLE), (0, 0.8, None)],
)
def test_without_signatures_hash_and_look_must_do(hash: int, cosine: float, kind: Kind | None) -> None:
    a = Print("a", "a", "s", "a", "a", hash=HASH, look=LOOK)
    found = one((a, Print("b", "b", "s", "b", "b", hash=hash, look=near(cosine))))
    assert (found.kind if found else None) == kind


def test_a_hash_is_found_by_its_bands_in_every_orientation() -> None:
    held = set(bands(f"{HASH:016x}"))
    for turned in orientations(np.array([HASH], dtype=np.uint64))[0].tolist():
        sought, hashes = probes(f"{turned ^ (1 << 20) ^ (1 << 40):016x}")
        assert held & set(sought)
        assert len(hashes) <= 8


def test_planes_are_turned_as_their_hashes_are() -> None:
    rows = np.arange(9, dtype=np.float32).reshape(1, 3, 3)
    for orientation in range(1, 9):
        once = oriented(rows, orientation)
        back = {6: 8, 8: 6}.get(orientation, orientation)
        assert (oriented(once, back) == rows).all()


def flipped(value: int, bits: int, chance: random.Random) -> int:
    for bit in chance.sample(range(64), bits):
        value ^= 1 << bit
    return value


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(0, 7))
def test_near_pairs_are_those_of_all_pairs(seed: int, distance: int) -> None:
    chance = random.Random(seed)
    hashes = [chance.getrandbits(64) for _ in range(10)]
    for original in list(hashes):
        turned = orientations(np.array([original], dtype=np.uint64))[0].tolist()
        hashes += [flipped(chance.choice(turned), chance.randrange(10), chance) for _ in range(2)]
    every = orientations(np.array(hashes, dtype=np.uint64))
    apart = np.bitwise_count(every[:, None, :] ^ np.array(hashes, dtype=np.uint64)[None, :, None]).min(2)
    wanted = {(a, b) for a, b in zip(*np.nonzero(apart <= distance), strict=True) if a < b}
    assert set(near_pairs(hashes, distance)) == wanted


def test_a_crowd_is_cut_and_said() -> None:
    pairs = near_pairs([HASH] * 60, 6, most=100)
    assert pairs.crowded
    assert len(list(pairs)) == 100
    assert not near_pairs([], 6).crowded


def test_a_plain_picture_has_no_details_to_agree_on() -> None:
    plain = np.full((64, 64), 255.0, dtype=np.float32)
    blank = Signature(plain, np.full((2, 16, 16), 128.0, dtype=np.float32))
    a, b = (Print(name, name, "s", name, name, hash=0, look=LOOK, signature=blank) for name in "ab")
    assert one((a, b)) is None


def sheet(name: str, **given: object) -> Print:
    return Print(name, name, "studio", name, name, **given)  # type: ignore[arg-type]


def test_the_linked_then_the_larger_file_is_kept() -> None:
    assert better(sheet("a", linked=True, pixels=1), sheet("b", pixels=100))
    assert better(sheet("a", pixels=100), sheet("b", pixels=50))
    assert better(sheet("b"), sheet("a")) is not better(sheet("a"), sheet("b"))


def test_a_group_says_what_to_keep_and_why() -> None:
    same = Likeness(Kind.SAME, 0.97)
    small, large, named = sheet("a", pixels=10), sheet("b", pixels=40), sheet("c", skus=frozenset({"P"}))
    (group,) = groups_of([paired(small, large, same)])
    assert (group.keeper.id, group.reason) == ("b", "it has 4.0 times the pixels")
    (wider,) = groups_of([paired(small, large, same), paired(large, named, same)], {"b": group.id})
    assert (wider.id, wider.keeper.id, wider.reason) == (group.id, "c", "a catalogue names it")
    assert len(wider.members) == 3


def test_a_group_is_open_until_every_pair_was_decided() -> None:
    pairs = [frozenset("ab"), frozenset("bc")]
    assert state_of(pairs, [], []) is State.OPEN
    assert state_of(pairs, [frozenset("ab")], []) is State.OPEN
    assert state_of(pairs, pairs, []) is State.KEPT
    assert state_of(pairs, [], ["b"]) is State.MERGED
    assert state_of(pairs, [frozenset("ab")], ["c"]) is State.DECIDED
