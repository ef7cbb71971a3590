"""The catalogues that links are tried on: the demo's, and the real ones beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

REAL_DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The catalogues beside the checkout."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real data is not beside this checkout (../shared/data)")
    return REAL_DATA
