"""Opening pictures: what is refused and why, and what comes out upright, in sRGB and on white."""

from __future__ import annotations

import io
import struct
import threading
import time
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from discovery.config import ImageSettings
from discovery.errors import ImageUnreadable, InputInvalid
from discovery.vision.deadline import MOST_ABANDONED, DeadlinePassedError, TimedBytes, within
from discovery.vision.images import crop, open_picture, thumbnail
from discovery.vision.sniffing import describe_bytes
from tests.vision.conftest import drawn, encoded, pictured, plain

WHITE, RED = (255, 255, 255), (255, 0, 0)


def refusal(data: bytes, limits: ImageSettings) -> str:
    with pytest.raises(ImageUnreadable) as caught:
        open_picture(data, limits)
    return caught.value.detail


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that says it is this large, and holds nothing."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    )


def test_a_picture_tells_its_size_and_kind(limits: ImageSettings) -> None:
    picture = open_picture(encoded(drawn(), "JPEG"), limits)
    assert (picture.width, picture.height) == (160, 120)
    assert (picture.format, picture.mime, picture.frames) == ("jpeg", "image/jpeg", 1)
    assert picture.image.mode == "RGB"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\x00" * 5000, "zero bytes"),
        (b"<!DOCTYPE html><html><body>403 Forbidden</body></html>", "an HTML page"),
        (b"\xef\xbb\xbf\n<html lang='en'>", "an HTML page"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an XML document"),
        (b'{"error": "not found"}', "a JSON document"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"PK\x03\x04rest", "a ZIP archive"),
        (b"8BPS\x00\x01", "a Photoshop document"),
        (b"\x00\x00\x00\x18ftypheic", "a HEIC picture"),
        (b"\x00\x00\x00\x18ftypisom", "an MP4 film"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "a Git LFS pointer"),
        ("Liebe Kunden, größte Auswahl".encode(), "plain text"),
        (b"\x93\x07\xfe\x81" * 40, "unknown data"),
    ],
)
def test_what_is_no_picture_is_named_for_what_it_is(data: bytes, said: str, limits: ImageSettings) -> None:
    assert said in refusal(data, limits)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF", "JPEG2000"])
def test_every_allowed_format_opens_and_its_first_half_does_not(format: str, limits: ImageSettings) -> None:
    data = encoded(drawn(), format)
    assert open_picture(data, limits).format == format.lower()
    assert format == "JPEG2000" or refusal(data[: len(data) // 2], limits)


def test_a_truncated_picture_says_so(limits: ImageSettings) -> None:
    data = encoded(drawn(0, 640, 480), "JPEG", quality=95)
    detail = refusal(data[: len(data) // 2], limits)
    assert "a JPEG picture" in detail
    assert "truncated" in detail


def test_a_format_that_is_not_allowed_is_refused(limits: ImageSettings) -> None:
    detail = refusal(encoded(drawn(), "WEBP"), replace(limits, formats=("JPEG", "PNG")))
    assert "a WebP picture" in detail
    assert "images.formats: JPEG, PNG" in detail


def test_a_decompression_bomb_is_refused_from_its_header(limits: ImageSettings) -> None:
    detail = refusal(png_header(60_000, 60_000), limits)
    assert "60,000 x 60,000 pixels" in detail
    assert "150,000,000" in detail


def test_a_file_of_too_many_bytes_is_not_opened(limits: ImageSettings) -> None:
    assert "at most 2,000" in refusal(encoded(drawn(), "BMP"), replace(limits, max_bytes=2000))


def test_a_file_of_too_many_frames_is_refused_and_fewer_give_the_first(limits: ImageSettings) -> None:
    frames = [plain(colour) for colour in ("red", "lime", "blue", "black")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert "4 frames; at most 3" in refusal(data, replace(limits, max_frames=3))
    picture = open_picture(data, limits)
    assert picture.frames == 4
    assert picture.image.getpixel((5, 5)) == RED


def test_a_progressive_bomb_of_many_scans_is_refused(limits: ImageSettings) -> None:
    data = encoded(drawn(), "JPEG", progressive=True)
    place = data.rindex(b"\xff\xda")
    assert "scans; at most 500" in refusal(data[:place] + data[place:-2] * 600 + b"\xff\xd9", limits)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(orientation: int, limits: ImageSettings) -> None:
    upright = plain("white", 120, 80)
    upright.paste(RED, (0, 0, 40, 20))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        picture = open_picture(encoded(stored, kind, exif=exif.tobytes()), limits)
        assert (picture.width, picture.height) == picture.image.size == (120, 80), kind
        red, green, _ = picture.image.getpixel((8, 8))  # type: ignore[misc]
        assert red > 200, kind
        assert green < 90, kind
        assert np.asarray(picture.image)[70, 110].min() > 230, kind


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_broken_exif_block_does_not_cost_the_picture(limits: ImageSettings) -> None:
    assert open_picture(encoded(drawn(), "JPEG", exif=b"Exif\x00\x00MM\x00*garbage"), limits).width == 160


def wide_gamut_profile() -> bytes:
    """Return an sRGB profile whose red and blue are exchanged: a change that nobody overlooks."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132], "big")
    entries = {bytes(profile[132 + 12 * n : 136 + 12 * n]): 132 + 12 * n for n in range(count)}
    profile[entries[b"rXYZ"] : entries[b"rXYZ"] + 4] = b"bXYZ"
    profile[entries[b"bXYZ"] : entries[b"bXYZ"] + 4] = b"rXYZ"
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def test_an_embedded_profile_is_honoured(limits: ImageSettings) -> None:
    data = encoded(plain("red"), "PNG", icc_profile=wide_gamut_profile())
    red, _, blue = open_picture(data, limits).image.getpixel((4, 4))  # type: ignore[misc]
    assert blue > 200 > 60 > red


@pytest.mark.parametrize("profile", [b"nonsense", b"\x00" * 128, b"x"])
def test_a_broken_profile_is_passed_over(profile: bytes, limits: ImageSettings) -> None:
    picture = open_picture(encoded(plain("red"), "PNG", icc_profile=profile), limits)
    assert picture.image.getpixel((4, 4)) == RED


def test_transparency_becomes_white(limits: ImageSettings) -> None:
    image = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 30, 60))
    for candidate, kind in ((image, "PNG"), (image, "WEBP"), (image.convert("LA"), "PNG")):
        opened = open_picture(
            encoded(candidate, kind, **({"lossless": True} if kind == "WEBP" else {})), limits
        )
        assert opened.image.getpixel((50, 30)) == WHITE
        assert opened.image.getpixel((10, 30)) != WHITE
    palette = image.quantize(8)
    assert open_picture(encoded(palette, "PNG"), limits).image.getpixel((50, 30)) == WHITE
    keyed = encoded(plain("black"), "PNG", transparency=(0, 0, 0))
    assert open_picture(keyed, limits).image.getpixel((5, 5)) == WHITE


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "LAB", "I;16", "F"])
def test_every_mode_becomes_rgb_of_eight_bits(mode: str, limits: ImageSettings) -> None:
    grey = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (48, 1))
    image = (
        Image.fromarray(grey)
        if mode == "I;16"
        else Image.fromarray(grey.astype(np.float32) / 65535)
        if mode == "F"
        else ImageCms.profileToProfile(
            drawn(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
        if mode == "LAB"
        else drawn().convert(mode)
    )
    assert image is not None
    picture = open_picture(encoded(image, "TIFF"), limits)
    assert picture.image.mode == "RGB"
    assert np.asarray(picture.image).std() > 20
    if mode in ("I;16", "F"):
        levels = np.asarray(picture.image)[0, :, 0]
        assert (levels[0], levels[-1]) == (0, 255)
        assert (np.diff(levels.astype(int)) >= 0).all()


def test_sixteen_bit_png_keeps_its_middle_grey(limits: ImageSettings) -> None:
    data = encoded(Image.fromarray(np.full((20, 20), 32768, dtype=np.uint16)), "PNG")
    assert open_picture(data, limits).image.getpixel((3, 3)) == (128, 128, 128)


def test_a_target_decodes_less_and_still_tells_the_whole_size(limits: ImageSettings) -> None:
    for kind in ("JPEG", "PNG"):
        picture = open_picture(encoded(drawn(0, 1600, 1200), kind), limits, target=256)
        assert (picture.width, picture.height) == (1600, 1200)
        assert 512 <= min(picture.image.size) < 1200
    assert open_picture(encoded(drawn(0, 300, 200), "JPEG"), limits, target=256).image.size == (300, 200)


def test_thumbnails_are_webp_and_never_enlarge(limits: ImageSettings) -> None:
    picture = open_picture(encoded(drawn(0, 1200, 900), "JPEG"), limits)
    for size, expected in ((256, (256, 192)), (768, (768, 576)), (5000, (1200, 900)), (1, (1, 1))):
        small = Image.open(io.BytesIO(thumbnail(picture, size)))
        assert small.format == "WEBP"
        assert small.size == expected
    thin = open_picture(encoded(drawn(0, 2000, 3)), limits)
    assert Image.open(io.BytesIO(thumbnail(thin, 256))).size == (256, 1)


def test_a_region_is_cut_from_where_it_is() -> None:
    image = plain("white", 200, 100)
    image.paste(RED, (100, 50, 200, 100))
    part = crop(pictured(image), (0.5, 0.5, 0.5, 0.5))
    assert (part.width, part.height) == part.image.size == (100, 50)
    assert part.image.getextrema() == ((255, 255), (0, 0), (0, 0))


def test_a_region_of_next_to_nothing_is_one_pixel() -> None:
    assert crop(pictured(drawn()), (0.999, 0.999, 0.0001, 0.0001)).image.size == (1, 1)


@pytest.mark.parametrize(
    "region",
    [
        (0, 0, 0, 1),
        (0, 0, 1.2, 1),
        (-0.1, 0, 0.5, 0.5),
        (0.6, 0, 0.5, 1),
        (0, 0, 1, -1),
        (float("nan"), 0, 1, 1),
        (0, 0, float("inf"), 1),
    ],
)
def test_a_region_outside_the_picture_is_the_callers_mistake(region: tuple[float, ...]) -> None:
    with pytest.raises(InputInvalid) as caught:
        crop(pictured(drawn()), region)  # type: ignore[arg-type]
    assert caught.value.problems[0].field == "region"


SAMPLES = [encoded(drawn(), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF")]


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=150)
@given(
    sample=st.sampled_from(SAMPLES),
    changes=st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 255)), max_size=20),
    cut=st.integers(0, 100_000),
)
def test_whatever_the_bytes_there_is_a_picture_or_a_reason(
    sample: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(sample)
    for place, value in changes:
        data[place % len(data)] = value
    del data[len(data) - cut % len(data) :]
    try:
        picture = open_picture(bytes(data), ImageSettings(max_pixels=1_000_000, timeout_seconds=20))
    except ImageUnreadable:
        return
    assert picture.image.mode == "RGB"
    assert thumbnail(picture, 64)


@settings(max_examples=100)
@given(st.binary(max_size=400))
def test_random_bytes_are_always_described(data: bytes) -> None:
    assert describe_bytes(data)
    with pytest.raises(ImageUnreadable):
        open_picture(data, ImageSettings())


def test_work_that_takes_too_long_is_left_behind() -> None:
    release = threading.Event()
    with pytest.raises(DeadlinePassedError):
        within(0.01, lambda _: release.wait(30))
    release.set()
    assert within(30, lambda _: "done") == "done"


def test_no_more_than_a_few_abandoned_decodes_run_at_one_time() -> None:
    release = threading.Event()
    for _ in range(MOST_ABANDONED):
        with pytest.raises(DeadlinePassedError):
            within(0.01, lambda _: release.wait(30))
    started = threading.Event()
    with pytest.raises(DeadlinePassedError):
        within(0.01, lambda _: started.set())
    assert not started.is_set()
    release.set()
    assert within(30, lambda _: "there is room again") == "there is room again"


def test_a_decoder_that_reads_on_is_stopped_in_the_middle() -> None:
    source = TimedBytes(encoded(drawn(0, 640, 480), "PNG"), time.monotonic() + 60)
    image = Image.open(source)
    source.deadline = time.monotonic() - 1
    with pytest.raises(DeadlinePassedError):
        image.load()


def test_a_picture_that_takes_too_long_says_how_long_it_was_given(limits: ImageSettings) -> None:
    detail = refusal(encoded(drawn(0, 2000, 1500), "PNG"), replace(limits, timeout_seconds=0.0001))
    assert "longer than 0.0001 s" in detail
