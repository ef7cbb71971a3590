"""What a reader's browser must load stays small, and is ours alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "discovery" / "web" / "static"


@pytest.mark.parametrize(("ending", "most"), [("js", 120_000), ("css", 60_000)])
def test_all_pages_together_load_little(ending: str, most: int) -> None:
    assert sum(file.stat().st_size for file in STATIC.glob(f"*.{ending}")) <= most


def test_nothing_is_loaded_from_another_host() -> None:
    for file in sorted(STATIC.iterdir()):
        said = file.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"https?://|url\(['\"]?//", said), file.name
