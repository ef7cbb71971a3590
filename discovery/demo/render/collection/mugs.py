"""Mugs and cups."""

from __future__ import annotations

from typing import Final

from discovery.demo.render import designs, materials
from discovery.demo.render.designs import Parts, glazed
from discovery.demo.render.materials import COLOURS, fired
from discovery.demo.render.product import BRIEF, FULL, MORE, Product, steady


def _tumbler(colour: str, seed: int) -> Parts:
    return designs.mug(
        [(2.6, 0), (3.0, 0.5), (3.6, 4), (3.9, 9.2)],
        glazed(colour, seed, inside="#efe9dc", rim="#6a4a32", speckle=0.4),
        None,
    )


def _skerry(colour: str, seed: int) -> Parts:
    painter = glazed("#dccdb2", seed, speckle=0.9, dip=colour, dip_from=-1, dip_to=0.48, inside="#dccdb2")
    return designs.mug([(2.8, 0), (3.9, 0.4), (4.35, 3), (4.25, 6), (4.1, 9)], painter, fired(colour, seed))


MUGS: Final[tuple[Product, ...]] = (
    Product(
        sku="MG-101",
        family="Mugs",
        name="Skerry Mug",
        colour="Terracotta",
        material="Stoneware",
        price=18.0,
        story="Half dipped by hand in a terracotta slip, the rest left in speckled oatmeal glaze.",
        words=("dipped", "speckled", "rustic", "two-tone", "coffee"),
        views=MORE,
        setting="window",
        accent="#c9cfc2",
        make=steady(lambda: _skerry(COLOURS["Terracotta"], 11)),
        launched="2023-09-04",
    ),
    Product(
        sku="MG-102",
        family="Mugs",
        name="Skerry Mug",
        colour="Ink Blue",
        material="Stoneware",
        price=18.0,
        story="The Skerry shape with an ink-blue foot that runs a little into the oatmeal glaze above it.",
        words=("dipped", "speckled", "navy", "two-tone", "tea"),
        views=FULL,
        setting="breakfast",
        accent="#5b718c",
        make=steady(lambda: _skerry(COLOURS["Ink Blue"], 12)),
        launched="2023-09-04",
        parent="MG-101",
    ),
    Product(
        sku="MG-103",
        family="Mugs",
        name="Skerry Mug",
        colour="Sage Green",
        material="Stoneware",
        price=18.0,
        story="Soft sage below, speckled oatmeal above: the quietest of the Skerry mugs.",
        words=("dipped", "speckled", "pastel", "two-tone", "tea"),
        views=BRIEF,
        setting="counter",
        accent="#e4e0d6",
        make=steady(lambda: _skerry(COLOURS["Sage Green"], 13)),
        season="Spring",
        launched="2025-02-10",
        parent="MG-101",
    ),
    Product(
        sku="MG-104",
        family="Mugs",
        name="Holm Espresso Cup",
        colour="Porcelain White",
        material="Porcelain",
        price=12.0,
        story="A thin-walled cup with a small round loop, made for short strong coffee.",
        words=("espresso", "small", "minimal", "café", "fine"),
        views=BRIEF,
        setting="paper",
        accent="#d9b9a2",
        make=steady(
            lambda: designs.mug(
                [(1.9, 0), (2.5, 0.5), (3.1, 3), (3.3, 6)],
                glazed(COLOURS["Porcelain White"], 14, shiny=True, mottle=0.01),
                fired("#f1efea", 14, shiny=True),
                thickness=0.24,
                grip="loop",
                grip_size=0.33,
                grip_span=(0.36, 0.84),
            )
        ),
        launched="2022-05-16",
    ),
    Product(
        sku="MG-105",
        family="Mugs",
        name="Tarn Camp Mug",
        colour="Forest Green",
        material="Enamelled steel",
        price=15.0,
        story="Straight enamelled sides, a black rolled rim and a strap handle that takes a glove.",
        words=("enamel", "camping", "outdoor", "picnic", "retro"),
        views=FULL,
        setting="window",
        accent="#d8cdb8",
        make=steady(
            lambda: designs.mug(
                [(4.1, 0), (4.2, 0.2), (4.3, 8.2)],
                glazed(
                    COLOURS["Forest Green"],
                    15,
                    shiny=True,
                    inside="#efece2",
                    rim="#151513",
                    mottle=0.02,
                    speckle=0.25,
                    speckle_colour="#e8e6de",
                ),
                materials.painted_metal(COLOURS["Forest Green"], 0.2),
                thickness=0.2,
                grip="strap",
                grip_size=0.36,
                straight=0.5,
            )
        ),
        season="Summer",
        launched="2024-05-20",
    ),
    Product(
        sku="MG-106",
        family="Mugs",
        name="Ardent Fluted Mug",
        colour="Blush Pink",
        material="Stoneware",
        price=20.0,
        story="Twenty-two pressed flutes catch the light; the lining is a clean white.",
        words=("fluted", "ribbed", "feminine", "pastel", "gift"),
        views=FULL,
        setting="shelf",
        accent="#e7d8cc",
        make=steady(
            lambda: designs.mug(
                [(3.4, 0), (4.0, 0.5), (4.3, 3), (4.3, 8.6)],
                glazed(COLOURS["Blush Pink"], 16, shiny=True, inside="#f3ede6", mottle=0.04),
                fired(COLOURS["Blush Pink"], 16, shiny=True),
                flutes=22,
                flute_depth=0.06,
                grip="ear",
            )
        ),
        season="Spring",
        launched="2025-02-10",
    ),
    Product(
        sku="MG-107",
        family="Mugs",
        name="Kiln Tumbler",
        colour="Charcoal",
        material="Stoneware",
        price=16.0,
        story="No handle, a waist that fits the hand, and a glaze that breaks to iron at the rim.",
        words=("handleless", "tumbler", "dark", "japandi", "tea"),
        views=BRIEF,
        setting="sideboard",
        accent="#b8a48a",
        make=steady(lambda: _tumbler(COLOURS["Charcoal"], 17)),
        launched="2022-10-03",
    ),
    Product(
        sku="MG-108",
        family="Mugs",
        name="Block Mug",
        colour="Mustard",
        material="Earthenware",
        price=17.0,
        story="A squared handle on a straight cylinder, glossy mustard inside and out.",
        words=("geometric", "bold", "office", "yellow", "retro"),
        views=FULL,
        setting="paper",
        accent="#47606b",
        make=steady(
            lambda: designs.mug(
                [(3.9, 0), (4.1, 0.2), (4.1, 9.4)],
                glazed(COLOURS["Mustard"], 18, shiny=True, mottle=0.03),
                fired(COLOURS["Mustard"], 18, shiny=True),
                grip="square",
                grip_size=0.55,
                straight=0.8,
            )
        ),
        launched="2023-01-23",
    ),
    Product(
        sku="MG-109",
        family="Mugs",
        name="Dawn Latte Bowl Mug",
        colour="Sky Blue",
        material="Stoneware",
        price=22.0,
        story="Wide as a bowl, glazed from chalk at the lip to sky blue at the foot.",
        words=("latte", "large", "gradient", "ombre", "breakfast"),
        views=FULL,
        setting="breakfast",
        accent="#c8a27f",
        make=steady(
            lambda: designs.mug(
                [(2.9, 0), (4.4, 0.8), (5.9, 3.6), (6.2, 7.4)],
                glazed("#ebe6da", 19, fade=COLOURS["Sky Blue"], speckle=0.3),
                fired("#dfe3e0", 19),
                grip="ear",
                grip_span=(0.34, 0.82),
            )
        ),
        season="Autumn",
        launched="2024-09-02",
    ),
    Product(
        sku="MG-110",
        family="Mugs",
        name="Kiln Tumbler",
        colour="Sand",
        material="Stoneware",
        price=16.0,
        story="The Kiln tumbler in a pale sand glaze that shows the throwing lines.",
        words=("handleless", "tumbler", "neutral", "japandi", "tea"),
        views=(),
        setting="sideboard",
        accent="#8a9489",
        make=steady(lambda: _tumbler(COLOURS["Sand"], 117)),
        launched="2026-06-15",
        parent="MG-107",
    ),
)
