"""The model of the read side on top of an embedder: opens the picture that is searched by, and crops it."""

from __future__ import annotations

from collections.abc import Callable

from discovery.config import ImageSettings
from discovery.search.vectors import Region
from discovery.vision.embedder import Embedder, Embedding, Recipe, Vector
from discovery.vision.images import crop, open_picture


class EmbedderModel:
    """The :class:`~discovery.search.vectors.Model` of an embedder that is loaded when it is first needed.

    ``load`` raises ``ModelUnavailable`` where it cannot be. ``text`` may stand before the embedder's own
    to remember the vectors of queries.
    """

    def __init__(
        self,
        load: Callable[[], Embedder],
        limits: ImageSettings,
        text: Callable[[str], Vector] | None = None,
    ) -> None:
        self._load = load
        self._limits = limits
        self._text = text

    @property
    def recipe(self) -> Recipe:
        """What its vectors are made by."""
        return self._load().recipe

    def text(self, text: str) -> Vector:
        """Return the vector of a query's words."""
        return self._text(text) if self._text else self._load().embed_text(text)

    def picture(self, data: bytes, region: Region | None) -> Embedding:
        """Return the vectors of a picture, or of a region of it, decoded at full size where it is cropped."""
        embedder = self._load()
        opened = open_picture(data, self._limits, target=None if region else 512)
        shown = crop(opened, region) if region else opened
        return embedder.embed_pictures([embedder.prepare(shown)])[0]
