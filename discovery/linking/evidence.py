"""One piece of evidence: what it speaks for, how strongly, and in which words."""

from __future__ import annotations

from dataclasses import dataclass

IDENTIFYING = frozenset(
    {"name_identifier", "name_gtin", "path_identifier", "metadata_identifier", "metadata_gtin", "barcode"}
)
"""Features that name a product by a whole identifier."""

GROUPS = {
    "name": (
        "name_identifier",
        "name_style",
        "name_gtin",
        "name_colour",
        "name_colour_differs",
        "name_unexplained",
        "name_view",
        "name_words",
    ),
    "path": ("path_identifier", "path_words"),
    "metadata": ("metadata_identifier", "metadata_style", "metadata_gtin"),
    "caption": ("caption_words", "caption_colour", "caption_colour_differs"),
    "visual": ("visual_near", "visual_copy", "visual_lead", "visual_share"),
    "colour": ("colour_agrees", "colour_differs"),
    "declared": ("declared",),
    "barcode": ("barcode",),
}
"""Features by the kind of evidence they come from."""

AGAINST = frozenset({"name_colour_differs", "name_unexplained", "caption_colour_differs", "colour_differs"})
"""Features that speak against a product; all others speak for it."""

FEATURES = tuple(feature for features in GROUPS.values() for feature in features)


@dataclass(frozen=True, slots=True)
class Evidence:
    """``feature`` speaks with ``value`` (0 to 1) about a family, a look or a member, for ``reason``."""

    feature: str
    family: str
    value: float
    reason: str
    look: str | None = None
    sku: str | None = None
