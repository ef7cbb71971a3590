"""Families of indices: their current version, file, document class, and the names they go by."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mappings.documents import AssetDocument, ProductDocument
from mappings.fields import VECTORS
from mappings.fingerprint import digest

_FOLDER = Path(__file__).parent

FLOORS = ("text_floor", "similar_floor", "duplicate_floor", "stranger_floor")
"""Least cosines, by a model's own scale: of words to a picture, of two like pictures, of one in two files,
and of two like pictures where one is of no kind that the model was fitted to."""


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of index. ``document`` is ``None`` where documents are plain records."""

    name: str
    version: int
    document: type[AssetDocument] | type[ProductDocument] | None = None

    @property
    def file(self) -> Path:
        """The whole index body of the current version."""
        return _FOLDER / self.name / f"v{self.version}.json"

    def read_alias(self, prefix: str) -> str:
        """The name that searches go to."""
        return f"{prefix}-{self.name}"

    def write_alias(self, prefix: str) -> str:
        """The name that the indexer writes to."""
        return f"{prefix}-{self.name}-write"

    def generation(self, prefix: str, stamp: str) -> str:
        """The physical name of one generation; ``stamp`` sorts by age."""
        return f"{prefix}-{self.name}-v{self.version}-{stamp}"

    def generations(self, prefix: str) -> str:
        """The pattern that all generations match."""
        return f"{prefix}-{self.name}-v*"


ASSETS = Family("assets", 1, AssetDocument)
PRODUCTS = Family("products", 1, ProductDocument)
RUNS = Family("runs", 1)
FINDINGS = Family("findings", 1)
LINKS = Family("links", 1)
DECISIONS = Family("decisions", 1)
USAGE = Family("usage", 1)
MODELS = Family("models", 1)
RULES = Family("rules", 1)
COLLECTIONS = Family("collections", 1)
DUPLICATES = Family("duplicates", 1)
SEARCH_LOG = Family("search-log", 1)

FAMILIES = (
    ASSETS,
    PRODUCTS,
    RUNS,
    FINDINGS,
    LINKS,
    DECISIONS,
    USAGE,
    MODELS,
    RULES,
    COLLECTIONS,
    DUPLICATES,
    SEARCH_LOG,
)
CATALOGUE = (ASSETS, PRODUCTS)
"""What is rebuilt from the sources; all other families are kept, and change only by additions."""

GRAPH_LINKS, GRAPH_BEAM = 32, 256
"""Of the vectors' graph. Catalogues are clustered: many pictures of nearly the same thing. With 16 and 128
the nearest 1,000 of 100,000 were found to 0.95 at the mean and 0.46 at worst, with these to 0.99 and 0.86;
filling an index with vectors that are ready takes 1.6 times as long."""


@dataclass(frozen=True, slots=True)
class VectorSpace:
    """What an index must know of the model: two dimensions, the recipe's digest and its words.

    ``derived``: the engine keeps vectors in their graph alone, and puts them back into what is read.
    """

    dimension: int
    look_dimension: int
    recipe: str
    description: Mapping[str, Any]
    engine: str = "lucene"
    derived: bool = False


def read(family: Family) -> dict[str, Any]:
    """Return the family's committed index body, as it stands in its file."""
    body = json.loads(family.file.read_text(encoding="utf-8"))
    assert isinstance(body, dict)
    return body


def body(
    family: Family, *, shards: int, replicas: int, vectors: VectorSpace | None, created: str
) -> dict[str, Any]:
    """Return the index body to create a generation with: the file, sized, with its vectors and stamp.

    The stamp in ``_meta`` names mapping and recipe, so that no process mixes what does not belong together.
    """
    filled = copy.deepcopy(read(family))
    settings = filled["settings"]["index"]
    settings["number_of_shards"] = shards
    settings["number_of_replicas"] = replicas
    meta: dict[str, Any] = {
        "family": family.name,
        "version": family.version,
        "mapping": digest(read(family)),
        "created": created,
    }
    if vectors is not None:
        joint, look = VECTORS["assets" if family is ASSETS else "products"]
        _vector(filled, joint, vectors.dimension, vectors.engine)
        _vector(filled, look, vectors.look_dimension, vectors.engine)
        if vectors.derived:
            settings["knn.derived_source.enabled"] = True
        meta["recipe"] = vectors.recipe
        meta["recipe_description"] = dict(vectors.description)
    filled["mappings"]["_meta"] = meta
    return filled


def watching_body(family: Family) -> dict[str, Any]:
    """Return the body of an index that holds queries against documents of ``family``, in a ``query`` field.

    It has the fields and analysers of the family, without vectors: no query there is about pictures.
    """
    filled = copy.deepcopy(read(family))
    filled["settings"]["index"] |= {"number_of_shards": 1, "number_of_replicas": 0}
    _without_vectors(filled["mappings"]["properties"])
    filled["mappings"]["properties"]["query"] = {"type": "percolator"}
    return filled


def floors_of(stamps: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Return the floors of the model that the indices behind a name are stamped with."""
    described = next(iter(stamps.values()), {}).get("recipe_description", {})
    return {name: float(described[name]) for name in FLOORS if isinstance(described.get(name), int | float)}


def _without_vectors(properties: dict[str, Any]) -> None:
    for name, definition in list(properties.items()):
        if definition.get("type") == "knn_vector":
            del properties[name]
        else:
            _without_vectors(definition.get("properties", {}))


def _vector(filled: dict[str, Any], path: str, dimension: int, engine: str) -> None:
    properties = filled["mappings"]["properties"]
    *parents, name = path.split(".")
    for parent in parents:
        properties = properties[parent]["properties"]
    properties[name]["dimension"] = dimension
    properties[name]["method"] = {
        "name": "hnsw",
        "engine": engine,
        "space_type": "cosinesimil",
        "parameters": {"m": GRAPH_LINKS, "ef_construction": GRAPH_BEAM},
    }
