"""What people would pick instead, on the same vectors, metadata and questions."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import urllib3
from numpy.typing import NDArray

from benchmarks import data, peers_apart
from benchmarks.judged import judged_queries
from benchmarks.load import Pace, memory_mb, pace
from benchmarks.measured import Measured, Target
from benchmarks.noisy import multiply
from benchmarks.search import Asked, Watching, over_http, to_engine
from benchmarks.stand import CHECKOUT, Stand, run_python, serving
from discovery.config import SearchSettings
from discovery.engine.reader import Reader
from discovery.search.request import Condition, Filters, Mode, SearchRequest, Viewer
from indexers.lifecycle import Lifecycle

WORKLOAD = "peers"
MANY, ASSETS, QUICK_ASSETS = "peers", 100_000, 10_000
QUESTIONS = 50
DEPTH = 10
AS_IT_COMES = SearchSettings().visual_candidates
FACETS = ("product.family", "product.season", "product.usage")
"""None of the fields that are filtered by: of those, ours counts the values beside the chosen ones too, no
other system does."""

COLOURS = ("black", "white", "blue", "red", "grey")
GENDERS = ("men", "women")
OURS, RAW = "Discovery, over HTTP", "its engine's raw query"
ANYONE = Viewer()
REQUIREMENTS = CHECKOUT / "benchmarks" / "peers.txt"
Question = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What was measured of one system: paces by kind and number of clients, recall by kind."""

    paces: Mapping[str, Mapping[int, Pace]]
    recall: Mapping[str, float]
    load_seconds: float
    memory_mb: float


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield each system's pace by kind of question, and how ours stands to the best and to the limit."""
    stand.fashion()
    count = QUICK_ASSETS if stand.quick else ASSETS
    began = time.perf_counter()
    ids, vectors = multiply(stand, data.FASHION, MANY, count)
    index = stand.catalogue(MANY, stand.embedder().recipe).names.assets
    Lifecycle(stand.engine, stand.settings(MANY)).settle(index)
    loaded = time.perf_counter() - began
    assets = _metadata(stand, index, ids)
    asked = questions(stand)
    exact = _Exact(assets, vectors, asked)
    folder = stand.home / "peers-data"
    _write(folder, assets, vectors, asked)
    told = dict(_ours(stand, asked, exact, loaded))
    python = _environment(stand.home.parent)
    for name in peers_apart.SYSTEMS:
        reply = json.loads(run_python("benchmarks.peers_apart", [name, str(folder)], python))
        told[name] = Told(
            {
                kind: {int(clients): Pace(**one) for clients, one in found["paces"].items()}
                for kind, found in reply["kinds"].items()
            },
            {
                kind: exact.recall(kind, reply["kinds"][kind]["ids"])
                for kind in exact.kinds
                if kind in reply["kinds"]
            },
            reply["load_seconds"],
            reply["memory_mb"],
        )
    stand.drop(MANY)
    yield from _rows(told, count)
    yield from _verdicts(told)


def _rows(told: Mapping[str, Told], count: int) -> Iterator[Measured]:
    for kind, name in _KINDS.items():
        for system, one in told.items():
            if kind not in one.paces:
                continue
            alone, many = (one.paces[kind][clients] for clients in peers_apart.CLIENTS)
            recall = f"; recall@{DEPTH} {one.recall[kind]:.3f}" if kind in one.recall else ""
            yield Measured(
                WORKLOAD,
                f"{name}, {system}: answers a second, 8 clients",
                many.rate,
                detail=f"p50 / p95 {alone.p50:.1f} / {alone.p95:.1f} ms alone, "
                f"{many.p50:.1f} / {many.p95:.1f} ms with 8{recall}",
            )
    for system, one in told.items():
        if system != RAW:
            yield Measured(
                WORKLOAD,
                f"{count:,} assets, {system}: seconds to load and index",
                one.load_seconds,
                detail=f"{one.memory_mb:,.0f} MB of memory afterwards",
            )


def _verdicts(told: Mapping[str, Told]) -> Iterator[Measured]:
    for kind in peers_apart.NEAREST:
        yield from _verdict(kind, told)


def _verdict(kind: str, told: Mapping[str, Told]) -> Iterator[Measured]:
    ours, raw = told[OURS].paces[kind][8], told[RAW].paces[kind][8]
    others = {
        name: one.paces[kind][8]
        for name, one in told.items()
        if name in peers_apart.SYSTEMS and kind in one.paces
    }
    best = max(others, key=lambda name: others[name].rate)
    yield Measured(
        WORKLOAD,
        f"{_KINDS[kind]}, 8 clients: answers a second ÷ the best other system's",
        ours.rate / others[best].rate,
        Target(least=3),
        f"{ours.rate:.1f} ÷ {others[best].rate:.1f} ({best})",
    )
    yield Measured(
        WORKLOAD,
        f"{_KINDS[kind]}, 8 clients: p95 ÷ that of the engine's raw query",
        ours.p95 / raw.p95,
        Target(most=1.5),
        f"{ours.p95:.1f} ÷ {raw.p95:.1f} ms",
    )


_KINDS = {
    "vectors": "nearest 24",
    "filtered": "nearest 24 that pass two filters",
    "hybrid": "words and the nearest 1,000, two filters, three facets, total",
    "shallow": "words and the nearest 100, two filters, three facets, total",
}


def _ours(
    stand: Stand, questions: Sequence[Question], exact: _Exact, loaded: float
) -> Iterator[tuple[str, Told]]:
    told: dict[str, Told] = {}
    for nearest in peers_apart.NEAREST.values():
        for name, one in _asked_of_ours(stand, questions, exact, loaded, nearest):
            before = told.get(name, one)
            told[name] = replace(
                one, paces={**before.paces, **one.paces}, recall={**before.recall, **one.recall}
            )
    yield from told.items()


def _asked_of_ours(
    stand: Stand, questions: Sequence[Question], exact: _Exact, loaded: float, nearest: int
) -> Iterator[tuple[str, Told]]:
    """Yield how ours and its engine answer when the nearest so many count as found."""
    kinds = [kind for kind in _KINDS if peers_apart.NEAREST.get(kind, AS_IT_COMES) == nearest]
    watching = Watching(Reader(stand.engine))
    settings = replace(stand.settings(MANY), search=SearchSettings(visual_candidates=nearest))
    service = stand.search(MANY, watching, settings.search)
    asked: dict[str, list[Asked]] = {kind: [] for kind in kinds}
    for question in questions:
        for kind in kinds:
            one = request(kind, question)
            service.search(one, ANYONE)
            path = "/api/v1/search"
            asked[kind].append(Asked(path, as_json(one), watching.index, watching.body, watching.params))
    with (
        serving(settings) as (address, process),
        urllib3.connection_from_url(address, maxsize=8, block=True) as pool,
    ):

        def ours(one: Asked) -> list[str]:
            return [hit["id"] for hit in over_http(pool, one)["hits"]]

        def raw(one: Asked) -> list[str]:
            return [hit["_id"] for hit in to_engine(stand, one)["hits"]["hits"]]

        for name, ask in ((OURS, ours), (RAW, raw)):
            found = {kind: [ask(one) for one in some] for kind, some in asked.items()}
            yield (
                name,
                Told(
                    {kind: _paces(ask, some) for kind, some in asked.items()},
                    {kind: exact.recall(kind, found[kind]) for kind in exact.kinds if kind in found},
                    loaded,
                    memory_mb(process, stand.engine_pid),
                ),
            )


def _paces(ask: Callable[[Asked], object], asked: Sequence[Asked]) -> dict[int, Pace]:
    return {
        clients: pace([ask] * clients, [*asked] * (1 if clients == 1 else 3))
        for clients in peers_apart.CLIENTS
    }


def request(kind: str, question: Question) -> SearchRequest:
    """Return a question of one kind as our own request."""
    filters = Filters(
        (
            Condition("colour", any=(question["colour"],)),
            Condition("product.gender", any=(question["gender"],)),
        )
    )
    nearest = SearchRequest(q=question["text"], mode=Mode.VISUAL, size=peers_apart.PAGE, understand=False)
    if kind == "vectors":
        return nearest
    if kind == "filtered":
        return replace(nearest, filters=filters)
    return replace(nearest, mode=Mode.HYBRID, filters=filters, facets=FACETS)


def as_json(asked: SearchRequest) -> dict[str, Any]:
    """Return a request as it is sent over HTTP."""
    return {
        "q": asked.q,
        "mode": asked.mode.value,
        "size": asked.size,
        "understand": False,
        "filters": {one.field: {"any": list(one.any)} for one in asked.filters.conditions},
        "facets": list(asked.facets),
    }


def questions(stand: Stand) -> list[Question]:
    """Return what every system is asked: judged queries, each with two filters drawn for it."""
    drawn = random.Random(7)
    texts = [query.text for query in judged_queries(stand.garments())]
    chosen = drawn.sample(texts, min(QUESTIONS, len(texts)))
    embedder = stand.embedder()
    return [
        {
            "text": text,
            "vector": [round(float(number), 6) for number in embedder.embed_text(text)],
            "colour": drawn.choice(COLOURS),
            "gender": drawn.choice(GENDERS),
            "floor": embedder.recipe.text_floor,
        }
        for text in chosen
    ]


def _metadata(stand: Stand, index: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return what the other systems are given of each asset: its words, and the values of its facets."""
    fields = ("source.filename", "media.colour", "product")
    found: dict[str, dict[str, Any]] = {}
    for hit in Reader(stand.engine).scan(index, None, fields):
        source = hit["_source"]
        product = source.get("product", {})
        tokens = (token.partition("\u001f") for token in product.get("attributes", ()))
        attributes = {code: value.lower() for code, _, value in tokens}
        words = [
            source["source"]["filename"],
            *product.get("name", ()),
            *product.get("family", ()),
            *product.get("category_paths", ()),
            *product.get("attribute_text", ()),
        ]
        found[hit["_id"]] = {
            "id": hit["_id"],
            "text": " ".join(words),
            "colour": list(source["media"].get("colour", ())),
            "family": next(iter(product.get("family", ())), ""),
            **{code: attributes.get(code, "") for code in ("gender", "season", "usage")},
        }
    return [found[ident] for ident in ids]


class _Exact:
    """The true nearest of every question, with filters and without."""

    def __init__(
        self, assets: Sequence[Mapping[str, Any]], vectors: NDArray[np.float32], questions: Sequence[Question]
    ) -> None:
        ids = np.array([one["id"] for one in assets])
        norms = np.linalg.norm(vectors, axis=1)
        self._nearest: dict[str, list[set[str]]] = {"vectors": [], "filtered": []}
        for question in questions:
            cosines = vectors @ np.asarray(question["vector"], np.float32) / norms
            passing = np.array(
                [
                    one["gender"] == question["gender"] and question["colour"] in one["colour"]
                    for one in assets
                ]
            )
            # What is less similar than the floor is no answer of ours, and asked of nobody.
            for kind, scores in (("vectors", cosines), ("filtered", np.where(passing, cosines, -2))):
                best = np.argsort(-scores)[:DEPTH]
                self._nearest[kind].append({str(ids[n]) for n in best if scores[n] > question["floor"]})

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of question to which there is one right answer."""
        return tuple(self._nearest)

    def recall(self, kind: str, found: Sequence[Sequence[str]]) -> float:
        """Return the share of the true ten that the first ten hold."""
        shares = [
            len(right & set(one[:DEPTH])) / len(right)
            for right, one in zip(self._nearest[kind], found, strict=True)
            if right
        ]
        return float(np.mean(shares))


def _write(
    folder: Path,
    assets: Sequence[Mapping[str, Any]],
    vectors: NDArray[np.float32],
    questions: Sequence[Question],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "vectors.npy", vectors.astype(np.float32))
    lines = (json.dumps(one) for one in assets)
    (folder / "assets.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "questions.json").write_text(json.dumps(questions), encoding="utf-8")


def _environment(home: Path) -> str:
    """Return the Python of an environment that holds the other systems, made once; the service needs none."""
    venv = home / "peers-venv"
    python, stamp = venv / "bin" / "python", venv / "installed"
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        print("  fetching the other systems, about 1 GB …", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        install = [str(python), "-m", "pip", "install", "-q", "--no-deps", "--require-hashes"]
        subprocess.run([*install, "-r", str(REQUIREMENTS)], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return str(python)
