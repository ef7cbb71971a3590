"""Vases."""

from __future__ import annotations

from typing import Final

from discovery.demo.render import designs, materials
from discovery.demo.render.designs import bare, glazed
from discovery.demo.render.materials import COLOURS, fired
from discovery.demo.render.product import BRIEF, FULL, MORE, PAIR, Product, steady

VASES: Final[tuple[Product, ...]] = (
    Product(
        sku="VS-401",
        family="Vases",
        name="Moon Vase",
        colour="Chalk White",
        material="Stoneware",
        price=68.0,
        story="A full round body with a narrow mouth, matt and speckled like a full moon.",
        words=("round", "speckled", "wabi-sabi", "neutral", "centrepiece"),
        views=MORE,
        setting="sideboard",
        accent="#5a6b60",
        make=steady(
            lambda: (
                designs.vessel(
                    [(4.5, 0), (8.5, 2.4), (11.2, 9), (9.6, 16), (4.2, 20), (3.4, 21.4), (3.8, 22.4)],
                    0.55,
                    glazed(COLOURS["Chalk White"], 41, speckle=0.9),
                ),
            )
        ),
        launched="2022-09-05",
    ),
    Product(
        sku="VS-402",
        family="Vases",
        name="Column Vase",
        colour="Terracotta",
        material="Terracotta",
        price=54.0,
        story="A tall fluted column of bare terracotta, for grasses and long stems.",
        words=("fluted", "tall", "column", "unglazed", "dried flowers"),
        views=FULL,
        setting="shelf",
        accent="#e0d6c6",
        make=steady(
            lambda: (
                designs.vessel(
                    [(5.4, 0), (5.6, 0.3), (5.6, 29), (5.2, 30)],
                    0.55,
                    bare(materials.earthen(COLOURS["Terracotta"], 42)),
                    flutes=18,
                    flute_depth=0.11,
                    straight=0.8,
                    flute_range=(0.03, 0.95),
                ),
            )
        ),
        launched="2023-02-27",
    ),
    Product(
        sku="VS-403",
        family="Vases",
        name="Tulip Vase",
        colour="Cobalt Blue",
        material="Stoneware",
        price=58.0,
        story="Waisted and flaring, glazed in a cobalt so deep it looks wet.",
        words=("flared", "glossy", "blue", "tulips", "statement"),
        views=FULL,
        setting="paper",
        accent="#e2c9ad",
        make=steady(
            lambda: (
                designs.vessel(
                    [(5.2, 0), (6.8, 1.6), (6.2, 8), (4.2, 15), (5.4, 22), (7.4, 26)],
                    0.5,
                    glazed(COLOURS["Cobalt Blue"], 43, shiny=True, mottle=0.1),
                ),
            )
        ),
        season="Spring",
        launched="2024-02-12",
    ),
    Product(
        sku="VS-404",
        family="Vases",
        name="Bud Vase",
        colour="Amber",
        material="Glass",
        price=19.0,
        story="A drop of amber glass for a single flower.",
        words=("bud", "small", "single stem", "amber glass", "gift"),
        views=BRIEF,
        setting="window",
        accent="#c8cfc8",
        make=steady(
            lambda: (
                designs.vessel(
                    [(2.6, 0), (4.2, 1.2), (4.4, 4), (2.2, 8), (1.2, 12), (1.5, 15)],
                    0.3,
                    bare(materials.glass("#d9943f")),
                ),
            )
        ),
        launched="2022-02-07",
    ),
    Product(
        sku="VS-405",
        family="Vases",
        name="Ridge Vase",
        colour="Soot Black",
        material="Stoneware",
        price=62.0,
        story="Thrown with a deep spiral ridge and fired black; all shadow and edge.",
        words=("black", "ridged", "sculptural", "matt", "modern"),
        views=FULL,
        setting="shelf",
        accent="#d6cbbb",
        make=steady(
            lambda: (
                designs.vessel(
                    [(5, 0), (7.4, 2), (9.0, 8), (7.2, 15), (5.2, 20), (6.0, 24)],
                    0.5,
                    glazed("#24221f", 45, mottle=0.1),
                    flutes=9,
                    flute_depth=0.12,
                    twist=220,
                    flute_range=(0.02, 0.96),
                ),
            )
        ),
        season="Autumn",
        launched="2024-09-02",
    ),
    Product(
        sku="VS-406",
        family="Vases",
        name="Celadon Gourd Vase",
        colour="Celadon",
        material="Porcelain",
        price=74.0,
        story="Two swelling forms in one, under a translucent celadon glaze.",
        words=("gourd", "double", "green", "asian", "collector"),
        views=FULL,
        setting="sideboard",
        accent="#7b5544",
        make=steady(
            lambda: (
                designs.vessel(
                    [(4.6, 0), (7.8, 3), (8.2, 8), (4.6, 13), (5.6, 17), (4.8, 21), (2.6, 24), (3.0, 26)],
                    0.45,
                    glazed(COLOURS["Celadon"], 46, shiny=True, fade="#8fb09a", mottle=0.05),
                ),
            )
        ),
        launched="2021-11-08",
    ),
    Product(
        sku="VS-407",
        family="Vases",
        name="Facet Vase",
        colour="Rose",
        material="Earthenware",
        price=44.0,
        story="A squared body with soft corners in a dusty rose, like folded paper.",
        words=("square", "pink", "soft", "pastel", "bedroom"),
        views=("angle", "lifestyle"),
        setting="paper",
        accent="#b9c0a8",
        make=steady(
            lambda: (
                designs.vessel(
                    [(5.0, 0), (6.6, 1.2), (7.0, 9), (6.0, 16), (4.6, 18.5)],
                    0.5,
                    glazed(COLOURS["Rose"], 47, mottle=0.05),
                    square=0.75,
                ),
            )
        ),
        season="Spring",
        launched="2025-02-10",
    ),
    Product(
        sku="VS-408",
        family="Vases",
        name="Banded Jug Vase",
        colour="Sand",
        material="Stoneware",
        price=56.0,
        story="An old jug shape with an ear handle and two brushed iron bands.",
        words=("jug", "handle", "banded", "farmhouse", "kitchen"),
        views=MORE,
        setting="window",
        accent="#b9c4c4",
        make=steady(
            lambda: designs.mug(
                [(5.2, 0), (7.8, 2.5), (8.4, 9), (6.2, 15), (4.4, 19), (5.2, 22)],
                glazed(
                    "#d8c29c",
                    48,
                    speckle=0.6,
                    bands=((0.4, 0.44, "#5a3a26"), (0.47, 0.485, "#5a3a26")),
                    rim="#6a4630",
                ),
                fired("#d2bb94", 48),
                thickness=0.5,
                grip="ear",
                grip_size=0.85,
                grip_span=(0.48, 0.9),
            )
        ),
        launched="2023-02-27",
    ),
    Product(
        sku="VS-409",
        family="Vases",
        name="Pebble Vase",
        colour="Dove Grey",
        material="Concrete",
        price=36.0,
        story="Cast in fine concrete and tumbled until smooth as a river stone.",
        words=("concrete", "industrial", "grey", "low", "minimal"),
        views=PAIR,
        setting="shelf",
        accent="#cdbba6",
        make=steady(
            lambda: (
                designs.vessel(
                    [(5.5, 0), (8.8, 1.8), (9.6, 5.4), (6.8, 9), (3.2, 10.6), (3.0, 11.6)],
                    0.6,
                    bare(materials.earthen(COLOURS["Dove Grey"], 49)),
                    oval=0.82,
                ),
            )
        ),
        launched="2022-09-05",
        status="discontinued",
    ),
    Product(
        sku="VS-410",
        family="Vases",
        name="Bud Vase",
        colour="Sea Blue",
        material="Glass",
        price=19.0,
        story="A drop of sea-blue glass for a single flower.",
        words=("bud", "small", "single stem", "blue glass", "gift"),
        views=(),
        setting="window",
        accent="#c8cfc8",
        make=steady(
            lambda: (
                designs.vessel(
                    [(2.6, 0), (4.2, 1.2), (4.4, 4), (2.2, 8), (1.2, 12), (1.5, 15)],
                    0.3,
                    bare(materials.glass("#5fa3b8")),
                ),
            )
        ),
        launched="2025-06-02",
        parent="VS-404",
    ),
)
