"""What only buckets bring: pages, credentials, endpoints, errors that hold secrets."""

from __future__ import annotations

import socket
from typing import Any

import fsspec  # type: ignore[import-untyped]
import pytest

from discovery.config import AssetSourceSettings
from discovery.errors import InputInvalid, SourceUnavailable
from indexers.sources.bucket import BucketSource, open_bucket, public_address
from indexers.sources.patterns import PathPatterns, folder_category
from indexers.sources.protocol import open_asset_source
from indexers.sources.shelving import Shelf
from tests.indexing.sources.places import MemoryPlace, S3Place, listed, source_at

SHELF = Shelf("studio", PathPatterns((), ()), folder_category, 1000)
SECRET = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY"


def test_a_listing_of_several_pages_is_whole(s3_place: S3Place, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [f"mugs/{number:04d}.jpg" for number in range(25)]
    for key in keys:
        s3_place.put(key, b"x")
    whole = fsspec.core.url_to_fs
    pages = []

    def of_seven(*args: Any, **kwargs: Any) -> Any:
        fs, root = whole(*args, **kwargs)
        call = fs.call_s3

        def paged(method: str, **request: Any) -> Any:
            pages.append(request.get("ContinuationToken"))
            return call(method, **request, MaxKeys=7)

        fs.call_s3 = paged
        return fs, root

    monkeypatch.setattr(fsspec.core, "url_to_fs", of_seven)
    records, _ = listed(source_at(s3_place))
    assert list(records) == keys
    assert len(pages) == 4
    assert len(set(pages)) == 4


def test_only_the_prefix_is_read_and_not_what_begins_like_it(s3_place: S3Place) -> None:
    s3_place.put("in.jpg", b"x")
    s3_place.client.put_object(Bucket=s3_place.bucket, Key="studio/2024-old/out.jpg", Body=b"x")
    s3_place.client.put_object(Bucket=s3_place.bucket, Key="out.jpg", Body=b"x")
    assert set(listed(source_at(s3_place))[0]) == {"in.jpg"}


def test_a_whole_bucket_folder_markers_and_empty_names_are_read(s3_place: S3Place) -> None:
    for key in ("folder/", "folder/a.jpg", "odd//b.jpg"):
        s3_place.client.put_object(Bucket=s3_place.bucket, Key=key, Body=b"x" if key[-1] != "/" else b"")
    settings = AssetSourceSettings(name="s", uri=f"s3://{s3_place.bucket}", options=dict(s3_place.options))
    records, problems = listed(open_asset_source(settings, 100))
    assert (set(records), problems) == ({"folder/a.jpg", "odd//b.jpg"}, [])
    assert records["odd//b.jpg"].read() == b"x"
    assert records["folder/a.jpg"].uri == f"s3://{s3_place.bucket}/folder/a.jpg"


def test_an_empty_bucket_is_empty_and_a_missing_one_unavailable(s3_place: S3Place) -> None:
    options = dict(s3_place.options)
    here = AssetSourceSettings(name="s", uri=f"s3://{s3_place.bucket}/", options=options)
    assert listed(open_asset_source(here, 100)) == ({}, [])
    missing = AssetSourceSettings(name="s", uri="s3://no-such-bucket-here", options=options)
    with pytest.raises(SourceUnavailable, match="no-such-bucket-here cannot be read: it does not exist"):
        list(open_asset_source(missing, 100).items())


def test_equal_bytes_put_again_keep_their_version(s3_place: S3Place) -> None:
    s3_place.put("a.jpg", b"same")
    first = listed(source_at(s3_place))[0]["a.jpg"].version
    s3_place.put("a.jpg", b"same")
    assert listed(source_at(s3_place))[0]["a.jpg"].version == first


@pytest.mark.usefixtures("aws_environment")
def test_an_endpoint_that_does_not_answer_is_unavailable_without_secrets() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    source = open_bucket("s3://pictures/x", {"endpoint_url": f"http://127.0.0.1:{port}"}, SHELF)
    source = BucketSource(source.uri, source.shelf, source.options, source.secrets, pauses=())
    with pytest.raises(SourceUnavailable) as caught:
        list(source.items())
    assert "s3://pictures/x cannot be read" in caught.value.detail
    assert SECRET not in caught.value.detail
    assert caught.value.__cause__ is None


@pytest.mark.usefixtures("aws_environment")
def test_no_credentials_are_told_with_the_way_out(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    source = open_bucket("s3://pictures/x", {"endpoint_url": s3_address}, SHELF)
    with pytest.raises(SourceUnavailable, match="set AWS_ACCESS_KEY_ID"):
        list(source.items())


def test_a_call_that_fails_in_passing_is_tried_again(memory_place: MemoryPlace) -> None:
    memory_place.put("a.jpg", b"a")
    source = open_bucket(memory_place.uri, {}, SHELF)
    calls = []

    def flaky() -> str:
        calls.append(1)
        if len(calls) < 3:
            raise TimeoutError("slow")
        return "done"

    patient = BucketSource(source.uri, source.shelf, source.options, pauses=(0, 0))
    assert patient.attempt(flaky) == "done"
    calls.clear()
    hasty = BucketSource(source.uri, source.shelf, source.options, pauses=(0,))
    with pytest.raises(SourceUnavailable, match="slow"):
        hasty.attempt(flaky)


def test_a_call_that_fails_for_good_is_not_tried_again(memory_place: MemoryPlace) -> None:
    source = BucketSource(memory_place.uri, SHELF, {}, pauses=(0, 0, 0))
    calls = []

    def denied() -> None:
        calls.append(1)
        raise PermissionError("no")

    with pytest.raises(SourceUnavailable, match="access was denied"):
        source.attempt(denied)
    assert len(calls) == 1


def test_secrets_never_show() -> None:
    environment = {"FTP_WORD": "hunter2-hunter2", "AWS_SECRET_ACCESS_KEY": SECRET}
    source = open_bucket(
        "ftp://ann:pa55%21word@ftp.example.com/pictures", {"password": "env:FTP_WORD"}, SHELF, environment
    )

    def leaking() -> None:
        raise ValueError(f"login ann pa55!word pa55%21word hunter2-hunter2 {SECRET}")

    with pytest.raises(SourceUnavailable) as caught:
        source.attempt(leaking)
    for secret in ("pa55", "hunter2", SECRET):
        assert secret not in caught.value.detail
    assert public_address(source.uri) == "ftp://ann@ftp.example.com/pictures"


@pytest.mark.parametrize("value", ["plain-text-secret", "env:NOT_SET", "file:/no/such/file"])
def test_a_secret_in_plain_text_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(InputInvalid, match="secret") as caught:
        open_bucket("s3://pictures", {"secret": value}, SHELF, {})
    assert "plain-text-secret" not in caught.value.detail
    assert [p.field for p in caught.value.problems] == ["options.secret"]


def test_a_secret_by_file_is_read(tmp_path: Any) -> None:
    (tmp_path / "key").write_text("from-file\n")
    source = open_bucket("s3://pictures", {"key": f"file:{tmp_path}/key"}, SHELF, {})
    assert source.options["key"] == "from-file"
    assert "from-file" in source.secrets


def test_options_reach_the_file_system_with_their_types() -> None:
    options = {
        "endpoint_url": "http://localhost:9000",
        "anon": "true",
        "region": "eu-central-1",
        "addressing_style": "path",
        "ca_file": "/etc/ca.pem",
    }
    source = open_bucket("s3://pictures", options, SHELF, {})
    assert source.options["anon"] is True
    assert source.options["client_kwargs"] == {"region_name": "eu-central-1", "verify": "/etc/ca.pem"}
    assert source.options["config_kwargs"]["s3"] == {"addressing_style": "path"}
    assert "endpoint_url" in source.options
    with pytest.raises(InputInvalid, match="expected true or false"):
        open_bucket("s3://pictures", {"anon": "maybe"}, SHELF, {})
    with pytest.raises(InputInvalid, match="expected a whole number"):
        open_bucket("ftp://host/x", {"port": "many"}, SHELF, {})


@pytest.mark.parametrize("uri", ["nosuch://place", "gs://bucket"])
def test_an_address_of_a_kind_that_cannot_be_read_names_itself(uri: str) -> None:
    with pytest.raises(InputInvalid, match=uri.split(":")[0]):
        open_bucket(uri, {}, SHELF, {})


def test_what_is_no_address_is_told() -> None:
    with pytest.raises(InputInvalid, match="expected an address"):
        open_bucket("s3://[half", {}, SHELF, {})
