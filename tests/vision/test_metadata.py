"""Reading what files say of themselves."""

from __future__ import annotations

import io
import struct
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from discovery.vision.dates import moment
from discovery.vision.metadata import EmbeddedMetadata, parse_xmp, read_metadata
from tests.vision.conftest import drawn, encoded

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'

PACKET = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}>
<rdf:Description rdf:about="" {DC}
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 xmp:Rating="4" photoshop:DateCreated="2026-03-01T09:30:00+01:00" tiff:Make="Canon" tiff:Model="EOS R5">
 <dc:title><rdf:Alt>
  <rdf:li xml:lang="de">Rote Jacke</rdf:li><rdf:li xml:lang="x-default">Red jacket</rdf:li>
 </rdf:Alt></dc:title>
 <dc:description><rdf:Alt>
  <rdf:li xml:lang="x-default">A red jacket, front</rdf:li>
 </rdf:Alt></dc:description>
 <dc:subject><rdf:Bag>
  <rdf:li>jacket</rdf:li><rdf:li> red </rdf:li><rdf:li>jacket</rdf:li>
 </rdf:Bag></dc:subject>
 <dc:creator><rdf:Seq><rdf:li>Ada Reyes</rdf:li><rdf:li>Bo Lind</rdf:li></rdf:Seq></dc:creator>
 <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 2026 Studio</rdf:li></rdf:Alt></dc:rights>
 <dc:identifier>WJ01-RED</dc:identifier>
 <xmpRights:UsageTerms><rdf:Alt>
  <rdf:li xml:lang="x-default">Web only, EU</rdf:li>
 </rdf:Alt></xmpRights:UsageTerms>
 <Iptc4xmpCore:AltTextAccessibility><rdf:Alt>
  <rdf:li xml:lang="x-default">Red jacket on white</rdf:li>
 </rdf:Alt></Iptc4xmpCore:AltTextAccessibility>
 <plus:LicenseEndDate>2027-01-31</plus:LicenseEndDate>
 <Iptc4xmpExt:ProductInImage><rdf:Bag><rdf:li rdf:parseType="Resource">
  <Iptc4xmpExt:ProductGTIN>4006381333931</Iptc4xmpExt:ProductGTIN>
 </rdf:li></rdf:Bag></Iptc4xmpExt:ProductInImage>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()

FROM_PACKET = EmbeddedMetadata(
    title="Red jacket",
    description="A red jacket, front",
    alt_text="Red jacket on white",
    keywords=("jacket", "red"),
    creator="Ada Reyes; Bo Lind",
    copyright="© 2026 Studio",
    created=datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=1))),
    usage_terms="Web only, EU",
    licence_ends=datetime(2027, 1, 31, tzinfo=UTC),
    rating=4,
    identifiers=("WJ01-RED", "4006381333931"),
    camera="Canon EOS R5",
)


def dataset(record: int, number: int, value: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def jpeg_with_iptc(*datasets: bytes) -> bytes:
    """Return a JPEG whose APP13 segment holds these datasets, as Photoshop writes it."""
    block = b"".join(datasets)
    resource = b"8BIM" + struct.pack(">HBBI", 0x0404, 0, 0, len(block)) + block + b"\x00" * (len(block) % 2)
    body = b"Photoshop 3.0\x00" + resource
    data = encoded(drawn(), "JPEG")
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + data[2:]


def exif(**tags: object) -> bytes:
    numbers = {
        "description": 270,
        "artist": 315,
        "copyright": 33432,
        "make": 271,
        "model": 272,
        "changed": 306,
    }
    block = Image.Exif()
    for name, value in tags.items():
        if name in numbers:
            block[numbers[name]] = value
    if "taken" in tags:
        block.get_ifd(0x8769)[36867] = tags["taken"]
        block.get_ifd(0x8769)[36881] = tags.get("zone", "")
    if "title" in tags:
        block[40091] = str(tags["title"]).encode("utf-16-le") + b"\x00\x00"
    return block.tobytes()


def test_a_packet_is_read_whole() -> None:
    assert parse_xmp(PACKET) == FROM_PACKET


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_xmp_is_found_in_every_format_that_carries_it(format: str) -> None:
    options: dict[str, object] = {"xmp": PACKET}
    if format == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", PACKET.decode())
        options = {"pnginfo": info}
    if format == "TIFF":
        options = {"tiffinfo": {700: PACKET}}
    assert read_metadata(encoded(drawn(), format, **options)) == FROM_PACKET


def test_xmp_is_found_in_files_that_are_no_pictures() -> None:
    assert read_metadata(b"%PDF-1.7\n stream " + PACKET + b" endstream").title == "Red jacket"


def test_a_sidecar_in_another_encoding_is_read() -> None:
    assert parse_xmp(PACKET.decode().encode("utf-16")) == FROM_PACKET
    assert parse_xmp(PACKET + b"\x00" * 40).title == "Red jacket"


def test_iptc_is_read_in_the_character_set_it_names() -> None:
    utf8 = dataset(1, 90, b"\x1b%G")
    fields = (
        dataset(2, 5, "Größe".encode()),
        dataset(2, 25, b"jacket"),
        dataset(2, 25, "rouge foncé".encode()),
        dataset(2, 37, b"20270131"),
        dataset(2, 55, b"20260301"),
        dataset(2, 60, b"093000+0100"),
        dataset(2, 80, b"Ada Reyes"),
        dataset(2, 103, b"JOB-7"),
        dataset(2, 116, b"Studio"),
        dataset(2, 120, b"A red jacket"),
    )
    assert read_metadata(jpeg_with_iptc(utf8, *fields)) == EmbeddedMetadata(
        title="Größe",
        description="A red jacket",
        keywords=("jacket", "rouge foncé"),
        creator="Ada Reyes",
        copyright="Studio",
        created=datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=1))),
        licence_ends=datetime(2027, 1, 31, tzinfo=UTC),
        identifiers=("JOB-7",),
    )


def test_iptc_without_a_character_set_falls_back_to_latin_1() -> None:
    assert read_metadata(jpeg_with_iptc(dataset(2, 5, "Größe".encode("latin-1")))).title == "Größe"


def test_iptc_that_ends_too_soon_keeps_what_came_before() -> None:
    cut = jpeg_with_iptc(dataset(2, 5, b"Jacket"), b"\x1c\x02\x78\x00\xff")
    assert read_metadata(cut).title == "Jacket"


def test_exif_is_read_with_its_zone() -> None:
    block = exif(
        description="A jacket",
        artist="Ada",
        copyright="Studio",
        make="NIKON CORPORATION",
        model="NIKON Z 6",
        taken="2026:03:01 09:30:00",
        zone="+02:00",
        title="Jacke ☂",
    )
    said = read_metadata(encoded(drawn(), "JPEG", exif=block))
    assert said == EmbeddedMetadata(
        title="Jacke ☂",
        description="A jacket",
        creator="Ada",
        copyright="Studio",
        created=datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=2))),
        camera="NIKON Z 6",
    )


def test_xmp_comes_before_iptc_and_iptc_before_exif() -> None:
    data = jpeg_with_iptc(dataset(2, 5, b"from iptc"), dataset(2, 120, b"from iptc"))
    image = Image.open(io.BytesIO(data))
    packet = f'<rdf:RDF {RDF}><rdf:Description {DC} dc:title="from xmp"/></rdf:RDF>'.encode()
    plain = encoded(
        image, "JPEG", xmp=packet, exif=exif(title="from exif", description="from exif", artist="from exif")
    )
    start = data.index(b"\xff\xed")
    length = int.from_bytes(data[start + 2 : start + 4], "big") + 2
    said = read_metadata(plain[:2] + data[start : start + length] + plain[2:])
    assert (said.title, said.description, said.creator) == ("from xmp", "from iptc", "from exif")


@pytest.mark.parametrize("ending", ["basic/2.0/", "basic/3.0/", "prismusagerights/2.1/"])
def test_a_prism_expiration_ends_the_licence(ending: str) -> None:
    namespace = f'xmlns:p="http://prismstandard.org/namespaces/{ending}"'
    packet = (
        f'<rdf:RDF {RDF}><rdf:Description {namespace} p:expirationDate="2026-12-31T23:00:00Z"/></rdf:RDF>'
    )
    assert parse_xmp(packet.encode()).licence_ends == datetime(2026, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "broken",
    [
        b"<x:xmpmeta",
        b"",
        b"\xff\xfe\x00",
        b'<!DOCTYPE a [<!ENTITY b "boom">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "http://example.org/x.dtd"><a/>',
        b"<a>" * 100_000,
    ],
)
def test_a_broken_or_hostile_packet_is_a_warning(broken: bytes) -> None:
    said = parse_xmp(broken)
    assert said.warnings[0].startswith("the XMP block cannot be read")
    assert said == EmbeddedMetadata(warnings=said.warnings)


def test_a_broken_packet_inside_a_picture_does_not_hide_its_exif() -> None:
    said = read_metadata(encoded(drawn(), "JPEG", xmp=b"<broken", exif=exif(artist="Ada")))
    assert said.creator == "Ada"
    assert len(said.warnings) == 1


def test_a_date_that_is_none_is_named_and_left_out() -> None:
    said = parse_xmp(PACKET.replace(b"2027-01-31", b"next spring"))
    assert said.licence_ends is None
    assert said.warnings == ("licence end: expected a date such as 2027-01-31, found 'next spring'",)


def test_texts_are_bounded_and_clean() -> None:
    packet = PACKET.replace(b"Red jacket<", b"R" * 50_000 + b"<").replace(
        b">jacket<", b">" + b"k" * 900 + b"<"
    )
    said = parse_xmp(packet)
    assert said.title == "R" * 10_000
    assert len(said.keywords[0]) == 200
    words = b"".join(b"<rdf:li>w%d</rdf:li>" % n for n in range(3000))
    assert len(parse_xmp(PACKET.replace(b"<rdf:li>jacket</rdf:li>", words, 1)).keywords) == 500


@pytest.mark.parametrize(
    ("label", "status"), [("Approved", "approved"), ("Red", None), ("In_Review", "in review")]
)
def test_only_a_label_that_is_a_status_becomes_one(label: str, status: str | None) -> None:
    assert parse_xmp(PACKET.replace(b'xmp:Rating="4"', f'xmp:Label="{label}"'.encode())).status == status


@pytest.mark.parametrize("rating", ["99", "many", "1e999", ""])
def test_a_rating_off_the_scale_is_left_out(rating: str) -> None:
    assert parse_xmp(PACKET.replace(b'"4"', f'"{rating}"'.encode())).rating is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-05", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-02", datetime(2026, 5, 2, tzinfo=UTC)),
        ("2026-05-02T10:20", datetime(2026, 5, 2, 10, 20, tzinfo=UTC)),
        ("2026-05-02T10:20:30.25Z", datetime(2026, 5, 2, 10, 20, 30, tzinfo=UTC)),
        ("2026:05:02 10:20:30", datetime(2026, 5, 2, 10, 20, 30, tzinfo=UTC)),
        (
            "20260502 102030-0530",
            datetime(2026, 5, 2, 10, 20, 30, tzinfo=timezone(-timedelta(hours=5, minutes=30))),
        ),
        ("0000:00:00 00:00:00", None),
        ("2026-13-01", None),
        ("2026-05-02T25:00", None),
        ("2026-05-02T10:20:30+99:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, expected: datetime | None) -> None:
    assert moment(text) == expected


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=150)
@given(
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=30),
    data=st.sampled_from(
        [
            encoded(
                drawn(0, 16, 16), "JPEG", xmp=PACKET, exif=exif(artist="Ada", taken="2026:03:01 09:30:00")
            ),
            encoded(drawn(0, 16, 16), "TIFF", tiffinfo={700: PACKET}),
            encoded(drawn(0, 16, 16), "WEBP", xmp=PACKET, exif=exif(artist="Ada")),
            jpeg_with_iptc(dataset(2, 5, b"Jacket"), dataset(2, 25, b"red")),
        ]
    ),
)
def test_whatever_the_bytes_reading_never_fails(changes: list[tuple[int, int]], data: bytes) -> None:
    mangled = bytearray(data)
    for place, value in changes:
        mangled[place % len(mangled)] = value
    assert isinstance(read_metadata(bytes(mangled)), EmbeddedMetadata)
