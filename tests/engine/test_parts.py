from __future__ import annotations

import hashlib
import io
import json
import ssl
import threading
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from discovery.cli import main
from discovery.engine import parts
from discovery.engine.parts import (
    Jar,
    Manifest,
    Part,
    artifact_of,
    parts_folder,
    provision_parts,
    read_manifest,
    split,
)
from discovery.errors import EngineSetupFailed
from tests.engine.certificates import serving_https, sign

Received = Callable[[int], None]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zip_of(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


JAR = b"a jar"
INNER = b"a jar in a zip"
ZIP = zip_of({"lib/inner-1.0.jar": INNER, "readme.txt": b"not taken"})
CONTENTS = {"outer-1.0.jar": JAR, "plugin-1.0.zip": ZIP}
MANIFEST = Manifest(
    (
        Part("org.example:outer:1.0", sha256(JAR), len(JAR)),
        Part(
            "org.example:plugin:1.0:zip",
            sha256(ZIP),
            len(ZIP),
            (Jar("inner-1.0.jar", sha256(INNER), len(INNER)),),
        ),
    ),
    "d1",
)


class Shelf:
    """Hands out the parts, after as many failures as asked for, and remembers what was taken."""

    def __init__(self, failures: int = 0, content: dict[str, bytes] | None = None) -> None:
        self.failures = failures
        self.content = CONTENTS | (content or {})
        self.taken: list[str] = []
        self._guard = threading.Lock()

    def fetch(self, part: Part, target: Path, received: Received) -> None:
        with self._guard:
            self.taken.append(part.file_name)
            failing, self.failures = self.failures > 0, self.failures - 1
        content = self.content[part.file_name]
        if failing:
            target.write_bytes(content[:2])
            received(2)
            raise ConnectionResetError("the line was cut")
        target.write_bytes(content)
        received(len(content))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discovery.engine.parts.time.sleep", lambda _seconds: None)


def provision(home: Path, shelf: Shelf) -> parts.Fetched:
    return provision_parts(home, progress=False, manifest=MANIFEST, fetch=shelf.fetch)


def test_parts_are_fetched_once_and_jars_are_taken_out_of_the_zip(tmp_path: Path) -> None:
    shelf = Shelf()
    first = provision(tmp_path, shelf)
    second = provision(tmp_path, shelf)
    assert sorted(path.name for path in first.library.iterdir()) == ["inner-1.0.jar", "outer-1.0.jar"]
    assert first.files == 2
    assert first.bytes == len(JAR) + len(ZIP)
    assert second == parts.Fetched(first.library, 0, 0)
    assert sorted(shelf.taken) == ["outer-1.0.jar", "plugin-1.0.zip"]


class Mirror(BaseHTTPRequestHandler):
    """Answer every request with the part that its address ends with."""

    def do_GET(self) -> None:
        body = CONTENTS[self.path.rpartition("/")[2]]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.mark.parametrize("trusted", [True, False])
def test_parts_come_from_a_server_that_the_system_trusts_and_from_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, trusted: bool
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    authority = sign("company", tmp_path)
    sign("mirror", tmp_path, authority)
    sign("stranger", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / ("company.pem" if trusted else "stranger.pem")))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "mirror.pem", tmp_path / "mirror.key")
    home = tmp_path / "home"
    with serving_https(Mirror, context) as mirror:

        def over_https(part: Part, target: Path, received: Received) -> None:
            target.write_bytes(requests.get(f"{mirror}/{part.file_name}", timeout=10).content)
            received(part.bytes)

        if trusted:
            assert provision_parts(home, progress=False, manifest=MANIFEST, fetch=over_https).files == 2
        else:
            with pytest.raises(EngineSetupFailed, match="certificate verify failed"):
                provision_parts(home, progress=False, manifest=MANIFEST, fetch=over_https)


def test_a_damaged_file_alone_is_fetched_again(tmp_path: Path) -> None:
    library = provision(tmp_path, Shelf()).library
    (library / "inner-1.0.jar").write_bytes(b"x" * len(INNER))
    shelf = Shelf()
    provision(tmp_path, shelf)
    assert shelf.taken == ["plugin-1.0.zip"]
    assert (library / "inner-1.0.jar").read_bytes() == INNER


def test_a_cut_line_is_tried_again_and_leaves_no_half_file(tmp_path: Path) -> None:
    shelf = Shelf(failures=3)
    fetched = provision(tmp_path, shelf)
    assert (fetched.library / "outer-1.0.jar").read_bytes() == JAR
    assert len(shelf.taken) == 5
    assert [path.name for path in parts_folder(tmp_path, MANIFEST).iterdir()] == ["lib"]


def test_what_cannot_be_fetched_says_to_run_again_and_keeps_what_is_there(tmp_path: Path) -> None:
    broken = Shelf(content={"plugin-1.0.zip": b"something else"})
    with pytest.raises(
        EngineSetupFailed, match=r"org\.example:plugin:1\.0:zip .* run the same command again"
    ):
        provision(tmp_path, broken)
    whole = Shelf()
    provision(tmp_path, whole)
    assert whole.taken == ["plugin-1.0.zip"]


def test_two_processes_at_once_fetch_each_part_once(tmp_path: Path) -> None:
    shelf = Shelf()
    threads = [threading.Thread(target=provision, args=(tmp_path, shelf)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(shelf.taken) == ["outer-1.0.jar", "plugin-1.0.zip"]


def test_progress_is_quiet_when_nothing_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    provision_parts(tmp_path, progress=True, manifest=MANIFEST, fetch=Shelf().fetch)
    assert "engine parts 2/2" in capsys.readouterr().err
    provision_parts(tmp_path, progress=True, manifest=MANIFEST, fetch=Shelf().fetch)
    assert capsys.readouterr().err == ""


def test_the_committed_manifest_names_every_file_by_coordinates_size_and_checksum() -> None:
    manifest = read_manifest()
    assert len(manifest.parts) > 90
    for part in manifest.parts:
        group, artifact, version, packaging = split(part.coordinates)
        assert all((group, artifact, version))
        assert packaging in ("jar", "zip")
        assert len(part.sha256) == 64
        assert part.bytes > 0
    names = [part.file_name for part in manifest.parts if not part.jars]
    taken = [jar.name for part in manifest.parts for jar in part.jars]
    assert "opensearch-knn-2.19.1.0.jar" in taken
    artifacts = [artifact_of(name) for name in (*names, *taken)]
    assert len(artifacts) == len(set(artifacts)), "an artifact is twice on the class path"


def test_the_manifest_names_no_registry() -> None:
    assert "://" not in parts.MANIFEST.read_text(encoding="utf-8")


def test_the_digest_follows_content_not_layout(tmp_path: Path) -> None:
    raw = json.loads(parts.MANIFEST.read_text(encoding="utf-8"))
    other = tmp_path / "parts.json"
    other.write_text(json.dumps(raw), encoding="utf-8")
    assert read_manifest(other).digest == read_manifest().digest
    raw["parts"][0]["sha256"] = "0" * 64
    other.write_text(json.dumps(raw), encoding="utf-8")
    assert read_manifest(other).digest != read_manifest().digest


@pytest.mark.parametrize(
    ("name", "artifact"),
    [
        ("guava-32.1.3-jre.jar", "guava"),
        ("jackson-core-2.18.2.jar", "jackson-core"),
        ("log4j-api-2.21.0.jar", "log4j-api"),
        ("plain.jar", "plain"),
    ],
)
def test_a_jar_is_recognised_by_its_artifact_whatever_its_version(name: str, artifact: str) -> None:
    assert artifact_of(name) == artifact


def test_the_shared_parts_are_what_the_manifest_says(parts_home: Path) -> None:
    assert provision_parts(parts_home, progress=False).files == 0


def test_a_cluster_that_others_run_needs_no_parts(tmp_path: Path) -> None:
    own = {"DISCOVERY_ENGINE__URL": "https://search.example:9200", "DISCOVERY_HOME": str(tmp_path)}
    done = CliRunner().invoke(main, ["engine", "provision"], env=own)
    assert done.exit_code == 0
    assert "nothing to fetch" in done.output
    assert not list(tmp_path.iterdir())
