"""The generated pages say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from discovery.config import load
from discovery.reference import pages

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", sorted(pages()))
def test_a_generated_page_is_fresh(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == pages()[path], "run `make docs` and commit"


def test_the_committed_configuration_is_all_defaults(tmp_path: Path) -> None:
    committed = load(ROOT / "config.toml", {"DISCOVERY_HOME": str(tmp_path)})
    empty = tmp_path / "empty.toml"
    empty.touch()
    defaults = load(empty, {"DISCOVERY_HOME": str(tmp_path)})
    for section in ("engine", "model", "images", "index", "search", "web", "sources"):
        assert getattr(committed, section) == getattr(defaults, section)


def test_links_between_documents_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        # What stands in code, such as a regular expression, is no link.
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_the_readme_names_every_room() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = [p.name for p in (ROOT / "discovery").iterdir() if (p / "__init__.py").is_file()]
    for room in [*rooms, "indexers", "mappings"]:
        assert f"`{room}/`" in readme or f"`discovery/{room}/`" in readme, room
