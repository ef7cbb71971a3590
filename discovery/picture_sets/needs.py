"""What pictures a product needs, and how far it has them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from discovery.config import AuditSettings, PictureSetSettings
from discovery.picture_sets.views import view_of
from mappings.documents import AssetDocument, AssetLink, ProductSource

ASPECT_TOLERANCE = 0.02
"""Share by which a picture's ratio may differ from the one asked for: a pixel is lost in scaling."""


@dataclass(frozen=True, slots=True)
class Need:
    """One view that is asked for, and what is wrong with the best picture of it; ``None`` if nothing."""

    view: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class PictureSet:
    """How far a product has its pictures, for one channel (``None`` for all). ``percent`` is 0 to 100."""

    channel: str | None
    needs: tuple[Need, ...]

    @property
    def percent(self) -> int:
        """Share of what is asked for that is there, as a whole percentage."""
        met = sum(need.problem is None for need in self.needs)
        return round(100 * met / len(self.needs)) if self.needs else 100


def picture_sets(
    said: ProductSource, links: Iterable[AssetLink], assets: Iterable[AssetDocument], settings: AuditSettings
) -> tuple[PictureSet, ...]:
    """Return the picture sets of a product, one for each channel that asks for one.

    ``assets`` are those that ``links`` tie to it.
    """
    pictures = _by_view(links, assets)
    return tuple(
        PictureSet(
            wanted.channel or None,
            tuple(Need(view, _problem(view, pictures.get(view, ()), wanted)) for view in wanted.views),
        )
        for wanted in wanted_sets(said.family, settings)
    )


def wanted_sets(family: str | None, settings: AuditSettings) -> tuple[PictureSetSettings, ...]:
    """Return what each channel asks for: of several that fit, the one that names the family counts."""
    if not settings.picture_sets:
        return (PictureSetSettings(),)
    chosen: dict[str, PictureSetSettings] = {}
    for wanted in settings.picture_sets:
        if wanted.family in ("", family) and (wanted.family or wanted.channel not in chosen):
            chosen[wanted.channel] = wanted
    return tuple(chosen.values())


def _by_view(
    links: Iterable[AssetLink], assets: Iterable[AssetDocument]
) -> dict[str, Sequence[AssetDocument]]:
    roles = {link.id: link.role for link in links}
    found: dict[str, list[AssetDocument]] = {}
    for asset in assets:
        if asset.media.type == "image":
            view = view_of(asset.source.filename, roles.get(asset.id, "alternate"))
            found.setdefault(view, []).append(asset)
    return {view: tuple(listed) for view, listed in found.items()}


def _problem(view: str, pictures: Sequence[AssetDocument], wanted: PictureSetSettings) -> str | None:
    """Return what is wrong with the best picture of a view."""
    if not pictures:
        return f"no {view}"
    told = [_flaw(view, picture, wanted) for picture in pictures]
    return None if None in told else told[0]


def _flaw(view: str, picture: AssetDocument, wanted: PictureSetSettings) -> str | None:
    width, height = picture.media.width, picture.media.height
    if wanted.least_long_edge and width and height and max(width, height) < wanted.least_long_edge:
        return f"its {view} has {width} x {height} pixels; the long edge needs {wanted.least_long_edge}"
    if wanted.aspect and width and height and not fits(width, height, wanted.aspect):
        return f"its {view} has {width} x {height} pixels, which is not {wanted.aspect}"
    if view in wanted.plain_background and picture.media.plain_background is False:
        return f"the background of its {view} is not plain"
    return None


def fits(width: int, height: int, aspect: str) -> bool:
    """Return whether a picture has a ratio such as ``"4:5"``."""
    across, _, down = aspect.partition(":")
    return abs(width * int(down) / (height * int(across)) - 1) <= ASPECT_TOLERANCE
