import io
from datetime import date

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, IptcImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from discovery.demo.render.metadata import NAMESPACES, Caption, embed

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
WHOLE = Caption(
    title="Hoop Café Chair in Brick Red, front",
    description="A bentwood hoop <around> an oval of cane & painted “brick red”.",
    keywords=("chair", "café", "brick red"),
    creator="Vessbrook Studio",
    rights="© 2024 Vessbrook",
    created=date(2024, 3, 9),
    alt_text="A brick red chair, seen straight from the front.",
    licence_end=date(2026, 12, 5),
    usage_terms="Web and print.",
    status="approved",
)


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), "#b35a38").save(buffer, format="JPEG")
    return buffer.getvalue()


def opened(data: bytes) -> JpegImageFile:
    image = JpegImageFile(io.BytesIO(data))
    image.load()
    return image


def xmp_texts(image: Image.Image, name: str) -> list[str]:
    prefix, local = name.split(":")
    root = ElementTree.fromstring(image.info["xmp"])
    return [
        item.text or ""
        for node in root.iter(f"{{{NAMESPACES[prefix]}}}{local}")
        for item in node.iter(f"{RDF}li")
    ]


def xmp_attribute(image: Image.Image, name: str) -> str | None:
    prefix, local = name.split(":")
    node = next(ElementTree.fromstring(image.info["xmp"]).iter(f"{RDF}Description"))
    value: str | None = node.get(f"{{{NAMESPACES[prefix]}}}{local}")
    return value


def test_the_picture_is_the_same_with_and_without_metadata() -> None:
    plain = picture()
    assert opened(embed(plain, WHOLE)).tobytes() == opened(plain).tobytes()


def test_xmp_reads_back() -> None:
    image = opened(embed(picture(), WHOLE))
    assert xmp_texts(image, "dc:title") == [WHOLE.title]
    assert xmp_texts(image, "dc:description") == [WHOLE.description]
    assert xmp_texts(image, "dc:subject") == list(WHOLE.keywords)
    assert xmp_texts(image, "dc:creator") == [WHOLE.creator]
    assert xmp_texts(image, "dc:rights") == [WHOLE.rights]
    assert xmp_texts(image, "xmpRights:UsageTerms") == [WHOLE.usage_terms]
    assert xmp_texts(image, "Iptc4xmpCore:AltTextAccessibility") == [WHOLE.alt_text]
    assert xmp_attribute(image, "plus:LicenseEndDate") == "2026-12-05"
    assert xmp_attribute(image, "discovery:status") == "approved"
    assert xmp_attribute(image, "xmp:Label") == "approved"
    assert xmp_attribute(image, "xmp:CreateDate") == "2024-03-09T10:00:00Z"


def test_iptc_reads_back() -> None:
    datasets = IptcImagePlugin.getiptcinfo(opened(embed(picture(), WHOLE)))
    assert datasets is not None
    assert datasets[2, 5] == WHOLE.title.encode()
    assert datasets[2, 25] == [word.encode() for word in WHOLE.keywords]
    assert datasets[2, 55] == b"20240309"
    assert datasets[2, 80] == WHOLE.creator.encode()
    assert datasets[2, 116] == WHOLE.rights.encode()
    assert datasets[2, 120] == WHOLE.description.encode()


def test_exif_reads_back_in_ascii() -> None:
    exif = opened(embed(picture(), WHOLE)).getexif()
    assert exif[0x010E] == "A bentwood hoop <around> an oval of cane & painted brick red."
    assert exif[0x013B] == "Vessbrook Studio"
    assert exif[0x8298] == "(c) 2024 Vessbrook"
    assert exif.get_ifd(0x8769)[0x9003] == "2024:03:09 10:00:00"


def test_what_is_left_out_is_not_in_the_file() -> None:
    image = opened(embed(picture(), Caption(title="Only a title")))
    assert xmp_texts(image, "dc:title") == ["Only a title"]
    assert xmp_texts(image, "dc:subject") == []
    assert xmp_attribute(image, "plus:LicenseEndDate") is None
    assert dict(image.getexif()) == {}
    datasets = IptcImagePlugin.getiptcinfo(image) or {}
    assert (2, 25) not in datasets


def test_what_is_no_jpeg_is_refused() -> None:
    with pytest.raises(ValueError, match="not a jpeg"):
        embed(b"<!doctype html>", WHOLE)


def test_a_caption_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="shorten the caption"):
        embed(picture(), Caption(description="long " * 20_000))


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=200
    )
)
def test_any_text_survives_the_round_trip(text: str) -> None:
    image = opened(embed(picture(), Caption(title=text, alt_text=text, keywords=(text,))))
    # XML folds no spaces inside text but normalises line ends, which the alphabet leaves out.
    assert xmp_texts(image, "Iptc4xmpCore:AltTextAccessibility") == [text]
    assert xmp_texts(image, "dc:subject") == [text]
    datasets = IptcImagePlugin.getiptcinfo(image) or {}
    stored = datasets[2, 5]
    assert isinstance(stored, bytes)
    assert text.startswith(stored.decode())
