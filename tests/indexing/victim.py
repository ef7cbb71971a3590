"""A process that indexes, or rebuilds, until it is told to die: ``victim.py <json>``.

It kills itself with SIGKILL, which nothing can catch or tidy up after, before or after its Nth request to
the engine.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from opensearchpy import Transport

from discovery.config import EngineSettings, IndexSettings, ModelSettings, Settings
from discovery.engine.client import connect
from discovery.vision.fake import FakeEmbedder
from indexers.catalogue import Catalogue
from indexers.lifecycle import Lifecycle
from indexers.migration import Migration
from indexers.pipeline import index_assets, index_products
from tests.indexing.stage import Files, product


def main(told: dict[str, Any]) -> None:
    requests = itertools.count(1)
    perform = Transport.perform_request

    def dying(self: Any, *args: Any, **how: Any) -> Any:
        number = next(requests)
        if number == told.get("die_before"):
            os.kill(os.getpid(), signal.SIGKILL)
        reply = perform(self, *args, **how)
        if number == told.get("die_after"):
            os.kill(os.getpid(), signal.SIGKILL)
        return reply

    settings = Settings(
        engine=EngineSettings(prefix=told["prefix"]),
        model=ModelSettings(batch_size=3),
        index=IndexSettings(workers=2, bulk_documents=5, retries=1),
        home=Path(told["home"]),
    )
    catalogue = Lifecycle(connect(settings.engine, told["url"]), settings).serving()
    files = Files("studio", {key: Path(path).read_bytes() for key, path in told["files"].items()})
    products = [product(sku, *images) for sku, images in told["products"].items()]
    Transport.perform_request = dying  # type: ignore[method-assign]
    if told.get("rebuild"):
        engine = connect(settings.engine, told["url"])
        embedder = FakeEmbedder()

        def fill(made: Catalogue) -> None:
            index_assets("studio", files.items(), made, embedder, settings)
            index_products("shop", products, made, settings)

        Migration(engine, Lifecycle(engine, settings), settings).rebuild(embedder.recipe, fill)
        return
    index_assets("studio", files.items(), catalogue, FakeEmbedder(), settings, accept_shrink=True)
    index_products("shop", products, catalogue, settings, accept_shrink=True)
    sys.stdout.write(json.dumps({"requests": next(requests) - 1}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
