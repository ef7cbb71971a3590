"""What people merged: one asset is another from then on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mappings.documents import Absorbed


@dataclass(frozen=True, slots=True)
class Merge:
    """People's word that one asset is another from now on; ``status`` and ``gone`` tell how it was then.

    ``holds`` is false once it was taken back.
    """

    asset: str
    into: str
    status: str
    gone: Absorbed
    by: str
    holds: bool = True


def heir_of(asset: str, merges: Mapping[str, Merge]) -> str:
    """Return what stands for an asset in the end: what it was merged into may have been merged too."""
    seen = {asset}
    while asset in merges and (into := merges[asset].into) not in seen:
        seen.add(into)
        asset = into
    return asset
