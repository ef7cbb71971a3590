"""How well lists of hits answer queries whose right answers are known."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from discovery.errors import ConfigurationInvalid, FieldProblem

DEPTH = 10
KEY = "index.judged_queries"


def gain(right: Iterable[bool], answers: int, depth: int = DEPTH) -> float:
    """Return the normalised discounted cumulative gain of hits that are right or not, of ``answers`` in all.

    Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques" (ACM TOIS 20(4), 2002).
    """
    gained = sum(1 / math.log2(place + 2) for place, one in zip(range(depth), right, strict=False) if one)
    best = sum(1 / math.log2(place + 2) for place in range(min(depth, answers)))
    return gained / best if best else 0.0


def judged_queries(file: Path) -> Mapping[str, Sequence[str]]:
    """Return the queries of a TOML file, each with the SKUs that answer it, from all of its tables.

    Raises:
        ConfigurationInvalid: it cannot be read, or holds something else; names what.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _invalid(f"{file} cannot be read: {error}") from None
    found: dict[str, Sequence[str]] = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            continue
        for query, skus in table.items():
            if not isinstance(skus, list) or not skus or not all(isinstance(sku, str) for sku in skus):
                raise _invalid(f"{file}: {name}.{query!r}: expected a list of SKUs")
            found[query] = skus
    if not found:
        raise _invalid(f'{file}: expected tables of queries, such as "red mug" = ["MG-101"]')
    return found


def _invalid(why: str) -> ConfigurationInvalid:
    return ConfigurationInvalid(f"{KEY}: {why}", (FieldProblem(KEY, why),))
