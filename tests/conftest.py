"""What every test may ask for: a real engine, names of its own in it, a browser, and no way out."""

from __future__ import annotations

import functools
import ipaddress
import os
import shutil
import socket
import subprocess
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock, Timeout
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, expect, sync_playwright

from discovery.config import EngineSettings, Settings, default_home
from discovery.engine.client import Engine, connect
from discovery.engine.embedded import EmbeddedEngine
from discovery.engine.indices import Indices
from discovery.engine.parts import provision_parts
from discovery.wiring import Service
from tests.demo.indexed import indexed_demo, settings_at

HEAP_MB = 768
PREFIX = "test-"

# A busy machine is slow at anything, which is no failure of what a property says.
settings.register_profile("any pace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any pace")

# A busy machine may take long to paint; a condition that never comes true still fails.
PATIENCE_MS = 20_000

INSTALL = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
PACKAGES = ["chromium", "fonts-dejavu-core"]
FACES = [
    Path("/usr/share/fonts/truetype/dejavu", name)
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf")
]
ONLY_THESE = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{faces}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a folder in one process, so that what they share is made once."""
    twice = sorted(name for name, count in Counter(item.nodeid for item in items).items() if count > 1)
    if twice:
        raise pytest.UsageError(f"several processes would run only one of the tests of one name: {twice[:5]}")
    here = Path(__file__).parent
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.relative_to(here).parts[0]))


@pytest.fixture(scope="session")
def parts_home() -> Path:
    """The user's own home, whose engine parts the tests share, so that nothing is fetched twice."""
    home = default_home(os.environ)
    provision_parts(home)
    return home


@pytest.fixture(scope="session")
def engine_home(parts_home: Path) -> Path:
    """A home for tests alone: the user's indices are in another node."""
    return parts_home / "tests"


@pytest.fixture(scope="session")
def engine(engine_home: Path, parts_home: Path) -> Iterator[Engine]:
    """A real, connected engine, shared by the sessions that run at the same time."""
    embedded = EmbeddedEngine(engine_home, HEAP_MB, parts_home=parts_home, short_lived=True)
    address = embedded.start()
    connected = connect(EngineSettings(), address.url)
    yield connected
    connected.close()
    embedded.leave()


@pytest.fixture(scope="session")
def session_prefix(engine: Engine, engine_home: Path) -> Iterator[str]:
    """The beginning of every index name of this session; what crashed sessions left behind goes first."""
    indices = Indices(engine)
    claims = engine_home / "sessions"
    claims.mkdir(exist_ok=True)
    for facts in indices.list(PREFIX):
        owner = "-".join(facts.name.split("-")[:2])
        try:
            with FileLock(claims / f"{owner}.lock", timeout=0):
                indices.delete([facts.name])
        except Timeout:
            continue  # a session that runs right now
    own = f"{PREFIX}{uuid.uuid4().hex[:12]}"
    claim = claims / f"{own}.lock"
    with FileLock(claim):
        yield own
        indices.close_leftovers(own)
        claim.unlink()


@pytest.fixture
def prefix(engine: Engine, session_prefix: str) -> Iterator[str]:
    """A beginning for the index names of one test; they are deleted after it."""
    own = f"{session_prefix}-{uuid.uuid4().hex[:8]}"
    yield own
    Indices(engine).close_leftovers(own)


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def has_fonts() -> bool:
    """Return whether the one family is here that tests draw pages in."""
    return all(face.is_file() for face in FACES)


def provide_packages() -> None:
    """Fetch Debian's Chromium and the one family that tests draw with, where that is allowed."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    subprocess.run(["apt-get", "update", "-qq"], check=False, timeout=300)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*INSTALL, *PACKAGES], check=False, timeout=900, env=quiet, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def chromium(parts_home: Path) -> str:
    """Debian's Chromium, fetched when that is allowed, else skipped with a line."""
    with FileLock(parts_home / "packages.lock"):
        if find_chromium() is None or not has_fonts():
            provide_packages()
        found = find_chromium()
    if found is None:
        pytest.skip("no Chromium here; as root: apt-get install chromium")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for the whole session (a process can run only one Playwright), with one family of fonts.

    What a machine has in fonts would else decide how wide a word is, and where a line breaks.
    """
    expect.set_options(timeout=PATIENCE_MS)
    environment: dict[str, str | float | bool] = {**os.environ}
    if has_fonts():
        fonts = tmp_path_factory.mktemp("fonts")
        for face in FACES:
            (fonts / face.name).symlink_to(face)
        listed = fonts / "fonts.conf"
        listed.write_text(ONLY_THESE.format(faces=fonts, cache=fonts / "cache"))
        environment["FONTCONFIG_FILE"] = str(listed)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"], env=environment
        )
        yield launched
        launched.close()


def is_allowed(address: Any) -> bool:
    """Return whether a test may connect there: this machine's loopback, or a local socket."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a socket's method that refuses an address, its last argument, beyond this machine."""

    @functools.wraps(method)
    def call(self: socket.socket, *arguments: Any) -> Any:
        if not is_allowed(arguments[-1]):
            raise PermissionError(f"tests must not leave this machine: {arguments[-1]}")
        return method(self, *arguments)

    return call


@pytest.fixture(scope="session", autouse=True)
def no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close the way out, once the engine's parts are there.

    An audit hook would see all of it too, but runs in the middle of what coverage does as a thread starts: of
    two threads that start at once Python 3.11 then refuses one.
    """
    request.getfixturevalue("parts_home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        yield


@pytest.fixture(scope="session")
def demo(engine: Engine, session_prefix: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a home and prefix under which the demo catalogue is indexed."""
    settings = indexed_demo(engine, f"{session_prefix}-demo", tmp_path_factory.mktemp("demo"))
    yield settings
    Indices(engine).close_leftovers(settings.engine.prefix)


@pytest.fixture(scope="session")
def linked_demo(
    engine: Engine, session_prefix: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """The same once more, with links looked for, as `discovery demo` does it."""
    settings = indexed_demo(engine, f"{session_prefix}-linked-demo", tmp_path_factory.mktemp("linked-demo"))
    assert Service(settings_at(settings, engine)).links.run().outcome == "finished"
    yield settings
    Indices(engine).close_leftovers(settings.engine.prefix)
