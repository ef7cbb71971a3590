"""What is wrong with the demo catalogue on purpose, so that audits have something to find.

Every entry names its victims by SKU and view; :mod:`catalogue` puts the trouble in and writes the list of
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

AS_OF: Final = date(2026, 11, 23)
SOON_DAYS: Final = 30
LEAST_SIDE: Final = 640

# Licences that ran out well before the day of reference.
EXPIRED: Final[dict[str, date]] = {
    "mg-105-lifestyle": date(2025, 3, 31),
    "bw-203-lifestyle": date(2025, 6, 30),
    "vs-403-lifestyle": date(2024, 12, 31),
    "ch-606-lifestyle": date(2025, 9, 15),
    "tb-806-lifestyle": date(2025, 1, 31),
    "lp-502-lifestyle": date(2025, 11, 1),
}
# Licences that run out within SOON_DAYS of it.
EXPIRING: Final[dict[str, date]] = {
    "bt-301-lifestyle": date(2026, 11, 30),
    "ch-603-lifestyle": date(2026, 12, 5),
    "st-704-lifestyle": date(2026, 12, 15),
    "lp-501-lifestyle": date(2026, 12, 21),
}
# Licences with time left: not a trouble, but what the others must be told from.
RUNNING: Final[dict[str, date]] = {
    "bw-201-lifestyle": date(2028, 6, 30),
    "vs-401-lifestyle": date(2027, 12, 31),
    "ch-601-lifestyle": date(2029, 1, 31),
    "tb-801-lifestyle": date(2027, 3, 31),
    "st-701-lifestyle": date(2027, 1, 15),
    "lp-506-lifestyle": date(2028, 1, 31),
    "mg-109-lifestyle": date(2027, 9, 30),
}

# The product still shows version 1; version 2 is there and linked to nothing.
SUPERSEDED: Final = ("mg-106-front", "bw-202-front", "vs-405-front", "ch-608-front")

# Pictures of products that no product names and whose file name says nothing.
UNLINKED: Final[dict[str, str]] = {
    "mg-102-lifestyle": "unsorted/DSC_2041.jpg",
    "bt-305-lifestyle": "unsorted/DSC_2067.jpg",
    "vs-402-lifestyle": "unsorted/IMG_7730.jpg",
    "ch-602-lifestyle": "unsorted/IMG_7741.jpg",
    "st-705-lifestyle": "unsorted/untitled-3-final-final.jpg",
    "tb-804-lifestyle": "unsorted/export (12).jpg",
}

# Linked pictures whose file name does not carry the SKU: the table alone knows.
CAMPAIGNS: Final[dict[str, str]] = {
    "mg-101-lifestyle": "campaigns/slow-mornings/slow-mornings-01.jpg",
    "bw-201-lifestyle": "campaigns/slow-mornings/slow-mornings-02.jpg",
    "mg-109-lifestyle": "campaigns/slow-mornings/slow-mornings-03.jpg",
    "bw-205-lifestyle": "campaigns/slow-mornings/slow-mornings-04.jpg",
    "lp-501-lifestyle": "campaigns/long-evenings/long-evenings-a.jpg",
    "lp-504-lifestyle": "campaigns/long-evenings/long-evenings-b.jpg",
    "lp-506-lifestyle": "campaigns/long-evenings/long-evenings-c.jpg",
    "ch-601-lifestyle": "campaigns/a-place-to-sit/sit-1.jpg",
    "ch-608-lifestyle": "campaigns/a-place-to-sit/sit-2.jpg",
    "ch-604-lifestyle": "campaigns/a-place-to-sit/sit-3.jpg",
    "st-701-lifestyle": "campaigns/a-place-to-sit/sit-4.jpg",
    "vs-409-lifestyle": "campaigns/slow-mornings/slow-mornings-05.jpg",
}

CopyKind = Literal["recompressed", "resized", "cropped", "mirrored"]


@dataclass(frozen=True, slots=True)
class Copy:
    """A second file of a picture: how it was changed, and where it lies."""

    of: str
    kind: CopyKind
    path: str


COPIES: Final = (
    Copy("mg-101-front", "recompressed", "press/skerry-mug-terracotta-web.jpg"),
    Copy("ch-604-angle", "recompressed", "press/cocoon-chair.jpg"),
    Copy("vs-401-front", "resized", "press/moon-vase-small.jpg"),
    Copy("tb-802-angle", "resized", "press/orbit-table-660.jpg"),
    Copy("lp-502-front", "cropped", "social/toadstool-square.jpg"),
    Copy("bw-207-lifestyle", "cropped", "social/hammered-bowl-story.jpg"),
    Copy("st-703-angle", "mirrored", "social/perch-stool-flip.jpg"),
    Copy("ch-607-angle", "mirrored", "social/hoop-chair-flip.jpg"),
)
CROP: Final = (0.08, 0.06, 0.94, 0.93)
RESIZED_SIDE: Final = 480

# Delivered far too small.
LOW_RESOLUTION: Final[dict[str, int]] = {
    "mg-107-angle": 320,
    "bt-306-front": 300,
    "st-708-detail": 360,
    "vs-404-lifestyle": 400,
}

Missing = Literal["title", "description", "keywords", "alt_text", "creator", "rights"]
EVERYTHING: Final[tuple[Missing, ...]] = ("title", "description", "keywords", "alt_text", "creator", "rights")
WITHOUT: Final[dict[str, tuple[Missing, ...]]] = {
    "mg-108-detail": EVERYTHING,
    "bw-206-angle": EVERYTHING,
    "bt-308-lifestyle": EVERYTHING,
    "st-706-detail": EVERYTHING,
    "vs-406-front": ("alt_text",),
    "lp-509-front": ("alt_text",),
    "ch-605-angle": ("alt_text",),
    "tb-807-front": ("alt_text", "keywords"),
    "bw-204-detail": ("keywords",),
    "st-707-front": ("title", "keywords"),
    "bt-307-angle": ("rights", "creator"),
}

# Not approved, yet on a product page.
DRAFTS: Final[dict[str, str]] = {
    "ch-610-lifestyle": "draft",
    "tb-808-front": "draft",
    "st-702-lifestyle": "in review",
}

# A copy of a picture cut off in the middle, named by its product.
BROKEN: Final = ("tb-809-angle", "tables/tb-809-brass_back.jpg", "TB-809")
# A web page saved under the name of a picture.
LYING: Final = "unsorted/mood-board-spring.jpg"
# The table names files that are not there.
DEAD_LINKS: Final[dict[str, str]] = {
    "BW-205": "bowls/bw-205-rust_back.jpg",
    "LP-503": "lamps/lp-503-chalk-white_detail.jpg",
}
# The table says one colour, name and picture another.
COLOUR_CONFLICTS: Final[dict[str, str]] = {"ST-708": "Cobalt Blue", "VS-407": "Forest Green"}
# Another product's picture on a product page.
LINK_CONFLICTS: Final[dict[str, str]] = {"MG-103": "mg-102-detail"}
# Cells that nobody filled in.
INCOMPLETE: Final[dict[str, tuple[str, ...]]] = {
    "BT-307": ("description",),
    "ST-706": ("price", "material"),
    "BW-208": ("description", "season"),
}
