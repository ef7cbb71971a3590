"""Bottles, flasks and carafes."""

from __future__ import annotations

from typing import Final

from discovery.demo.render import designs, materials
from discovery.demo.render.designs import Parts, bare, glazed
from discovery.demo.render.materials import COLOURS, Finish
from discovery.demo.render.product import BRIEF, FULL, MORE, Product, steady


def _carafe(colour: str, stopper: Finish) -> Parts:
    return designs.bottle(
        [(4.4, 0), (5.2, 0.8), (5.3, 8), (4.6, 14), (2.4, 19), (1.9, 23), (2.1, 26)],
        bare(materials.glass(colour)),
        thickness=0.28,
        stopper=stopper,
        stopper_shape="ball",
    )


def _flask(colour: str, cap: Finish) -> Parts:
    return designs.bottle(
        [(3.4, 0), (3.6, 0.2), (3.6, 17.5), (2.3, 20.5), (2.2, 22.5)],
        bare(materials.painted_metal(colour)),
        thickness=0.25,
        straight=1.6,
        stopper=cap,
        stopper_shape="cap",
        collar=materials.metal("#c4c4c1", 0.25),
    )


BOTTLES: Final[tuple[Product, ...]] = (
    Product(
        sku="BT-301",
        family="Bottles",
        name="Tarn Carafe",
        colour="Smoke",
        material="Glass",
        price=39.0,
        story="Mouth-blown smoked glass with an oak ball that floats in the neck.",
        words=("carafe", "water", "wine", "smoked glass", "dinner"),
        views=FULL,
        setting="counter",
        accent="#e4dfd3",
        make=steady(lambda: _carafe("#8a8178", materials.oak(31))),
        launched="2023-03-20",
    ),
    Product(
        sku="BT-302",
        family="Bottles",
        name="Tarn Carafe",
        colour="Sea Blue",
        material="Glass",
        price=39.0,
        story="The Tarn carafe in blue-green glass, thick at the foot and thin at the lip.",
        words=("carafe", "water", "blue glass", "summer", "dinner"),
        views=BRIEF,
        setting="breakfast",
        accent="#d8c4a0",
        make=steady(lambda: _carafe("#5fa3b8", materials.oak(32))),
        season="Summer",
        launched="2024-05-20",
        parent="BT-301",
    ),
    Product(
        sku="BT-303",
        family="Bottles",
        name="Trail Flask",
        colour="Forest Green",
        material="Stainless steel",
        price=34.0,
        story="Double-walled steel in powder-coated green; cold for a day, hot for a hike.",
        words=("insulated", "thermos", "travel", "outdoor", "reusable"),
        views=MORE,
        setting="window",
        accent="#d9cfbd",
        make=steady(lambda: _flask(COLOURS["Forest Green"], materials.ash(33))),
        launched="2023-04-03",
    ),
    Product(
        sku="BT-304",
        family="Bottles",
        name="Trail Flask",
        colour="Poppy Red",
        material="Stainless steel",
        price=34.0,
        story="The Trail flask in a red that is hard to leave behind.",
        words=("insulated", "thermos", "travel", "sport", "reusable"),
        views=BRIEF,
        setting="paper",
        accent="#e9d6c2",
        make=steady(lambda: _flask(COLOURS["Poppy Red"], materials.ash(34))),
        launched="2023-04-03",
        parent="BT-303",
    ),
    Product(
        sku="BT-305",
        family="Bottles",
        name="Olive Oil Cruet",
        colour="Bottle Green",
        material="Glass",
        price=27.0,
        story="A square green bottle with a cork, for oil that wants no light.",
        words=("oil", "kitchen", "green glass", "cork", "mediterranean"),
        views=FULL,
        setting="counter",
        accent="#dcd3bd",
        make=steady(
            lambda: designs.bottle(
                [(3.6, 0), (3.8, 0.3), (3.8, 13), (1.7, 16.5), (1.5, 22), (1.8, 23)],
                bare(materials.glass("#5c9a70")),
                thickness=0.3,
                square=0.5,
                straight=1.4,
                stopper=materials.cork(35),
            )
        ),
        launched="2022-02-07",
    ),
    Product(
        sku="BT-306",
        family="Bottles",
        name="Pharmacy Bottle",
        colour="Amber",
        material="Glass",
        price=21.0,
        story="Amber glass with rounded shoulders and a cork, borrowed from old dispensaries.",
        words=("apothecary", "vintage", "bathroom", "soap", "amber glass"),
        views=BRIEF,
        setting="shelf",
        accent="#d3cdbf",
        make=steady(
            lambda: designs.bottle(
                [(4.2, 0), (4.4, 0.3), (4.4, 11), (1.9, 14), (1.8, 17), (2.2, 17.6)],
                bare(materials.glass("#d28a35")),
                thickness=0.3,
                straight=1.8,
                stopper=materials.cork(36),
            )
        ),
        launched="2022-02-07",
    ),
    Product(
        sku="BT-307",
        family="Bottles",
        name="Saddle Bottle",
        colour="Chalk White",
        material="Stoneware",
        price=36.0,
        story="A stoneware bottle pressed flat on two sides, for sake, oil or a single stem.",
        words=("sake", "flattened", "handmade", "speckled", "japandi"),
        views=FULL,
        setting="sideboard",
        accent="#a8795a",
        make=steady(
            lambda: designs.bottle(
                [(4.4, 0), (6.0, 1.6), (6.4, 8), (4.6, 13.4), (1.7, 16.2), (1.4, 19), (1.9, 20.5)],
                glazed(COLOURS["Chalk White"], 37, speckle=0.8, fade="#c8a780"),
                thickness=0.34,
            )
        ),
        launched="2024-02-12",
    ),
    Product(
        sku="BT-308",
        family="Bottles",
        name="Ribbed Water Bottle",
        colour="Clear",
        material="Glass",
        price=24.0,
        story="Clear ribbed glass with a steel cap, slim enough for the fridge door.",
        words=("water", "ribbed", "fridge", "clear glass", "minimal"),
        views=BRIEF,
        setting="counter",
        accent="#b9c7c2",
        make=steady(
            lambda: designs.bottle(
                [(3.8, 0), (4.1, 0.3), (4.1, 20), (2.0, 24), (1.8, 27), (2.0, 28)],
                bare(materials.glass("#f2f7f5")),
                thickness=0.28,
                flutes=20,
                flute_depth=0.05,
                straight=1.4,
                stopper=materials.steel(),
                stopper_shape="cap",
            )
        ),
        launched="2023-06-12",
    ),
    Product(
        sku="BT-309",
        family="Bottles",
        name="Twist Decanter",
        colour="Plum",
        material="Glass",
        price=52.0,
        story="A decanter whose ribs turn once on the way to the lip, in deep plum glass.",
        words=("decanter", "wine", "twisted", "purple glass", "gift"),
        views=FULL,
        setting="sideboard",
        accent="#d9c8b4",
        make=steady(
            lambda: designs.bottle(
                [(5.4, 0), (7.2, 1.2), (7.4, 6), (4.8, 13), (2.2, 19), (1.9, 24), (2.6, 27)],
                bare(materials.glass("#8d5a82")),
                thickness=0.32,
                flutes=16,
                flute_depth=0.07,
                twist=150,
            )
        ),
        season="Winter",
        launched="2024-10-14",
    ),
)
