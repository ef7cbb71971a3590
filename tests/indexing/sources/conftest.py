from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import fsspec  # type: ignore[import-untyped]
import pytest
from moto.server import ThreadedMotoServer

from tests.indexing.sources.places import FolderPlace, MemoryPlace, Place, S3Place

DATA = Path(__file__).parents[4] / "shared" / "data"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-aws-credentials"))


@pytest.fixture
def s3_place(s3_address: str, aws_environment: None) -> Iterator[S3Place]:  # noqa: ARG001 - sets the credentials
    client: Any = boto3.client("s3", endpoint_url=s3_address)
    bucket = f"pictures-{next(_numbers)}"
    client.create_bucket(Bucket=bucket)
    yield S3Place(client, bucket, "studio/2024", {"endpoint_url": s3_address})
    client.close()


@pytest.fixture
def memory_place() -> Iterator[MemoryPlace]:
    place = MemoryPlace(f"memory://{uuid.uuid4().hex}/studio")
    yield place
    fs = fsspec.filesystem("memory")
    folder = place.uri.removesuffix("/studio")
    if fs.exists(folder):
        fs.rm(folder, recursive=True)


@pytest.fixture
def folder_place(tmp_path: Path) -> FolderPlace:
    root = tmp_path / "studio"
    root.mkdir()
    return FolderPlace(root)


@pytest.fixture(params=["folder", "memory", "s3"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture(scope="session")
def data() -> Path:
    if not DATA.is_dir():
        pytest.skip("the catalogues beside the checkout are absent")
    return DATA
