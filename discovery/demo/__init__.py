"""The demo catalogue: a fictional homeware brand's products and pictures, ready to index."""

from pathlib import Path
from typing import Final

CATALOGUE: Final = Path(__file__).parent / "catalogue"
"""The folder with ``products.csv``, ``assets/`` and ``troubles.json``."""
