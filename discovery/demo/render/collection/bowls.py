"""Bowls."""

from __future__ import annotations

from typing import Final

from discovery.demo.render import designs, materials, shapes, textures
from discovery.demo.render.darkroom import Part
from discovery.demo.render.designs import Parts, bare, glazed
from discovery.demo.render.materials import COLOURS, Finish
from discovery.demo.render.product import ABOVE, BRIEF, FULL, PAIR, Product, steady


def _turned(colour: str, seed: int) -> Parts:
    part = designs.vessel(
        [(6, 0), (9, 0.6), (13.2, 4.6), (14.2, 7.0), (15.2, 7.6)],
        1.0,
        bare(materials.timber(colour, seed).tiled(18.0, 60.0)),
    )
    return (Part(shapes.from_above(part.mesh), part.finish),)


def _hammered(colour: str, seed: int) -> Finish:
    dents = -abs(textures.noise(seed, scale=(26, 26), slope=1.4))
    return Finish(textures.linear(colour), roughness=0.2, metallic=1.0, bump=dents, bump_height=0.05)


BOWLS: Final[tuple[Product, ...]] = (
    Product(
        sku="BW-201",
        family="Bowls",
        name="Holm Serving Bowl",
        colour="Chalk White",
        material="Stoneware",
        price=46.0,
        story="A generous low bowl with a matt chalk glaze and a raw clay edge.",
        words=("serving", "salad", "large", "table centre", "scandinavian"),
        views=ABOVE,
        setting="breakfast",
        accent="#8e9c86",
        make=steady(
            lambda: (
                designs.vessel(
                    [(5.5, 0), (9, 1), (13.4, 4.6), (14.6, 8.2)],
                    0.55,
                    glazed(COLOURS["Chalk White"], 21, rim="#a97850", speckle=0.5),
                ),
            )
        ),
        launched="2022-03-14",
    ),
    Product(
        sku="BW-202",
        family="Bowls",
        name="Skerry Ramen Bowl",
        colour="Ink Blue",
        material="Stoneware",
        price=28.0,
        story="Deep and steep on a tall foot ring, blue glaze pooling darker inside.",
        words=("ramen", "noodles", "deep", "soup", "navy"),
        views=FULL,
        setting="counter",
        accent="#dfe2dc",
        make=steady(
            lambda: (
                designs.vessel(
                    [(3.6, 0), (3.7, 1.2), (6.4, 2.6), (9.0, 6), (9.6, 9)],
                    0.5,
                    glazed(
                        "#5c7690",
                        22,
                        fade=COLOURS["Ink Blue"],
                        inside="#31486b",
                        rim="#b9956b",
                        speckle=0.2,
                        mottle=0.1,
                    ),
                ),
            )
        ),
        season="Autumn",
        launched="2023-09-04",
    ),
    Product(
        sku="BW-203",
        family="Bowls",
        name="Turned Fruit Bowl",
        colour="Walnut",
        material="Walnut wood",
        price=64.0,
        story="Turned from a single block, oiled, with a wide flat rim to carry it by.",
        words=("wooden", "fruit", "turned", "dark wood", "handmade"),
        views=ABOVE,
        setting="sideboard",
        accent="#cfc3ae",
        make=steady(lambda: _turned(materials.WALNUT, 23)),
        launched="2021-11-08",
    ),
    Product(
        sku="BW-204",
        family="Bowls",
        name="Fluted Pasta Bowl",
        colour="Sage Green",
        material="Stoneware",
        price=24.0,
        story="A flat-bottomed plate-bowl with a scalloped rim in soft green.",
        words=("pasta", "scalloped", "fluted", "dinner", "pastel"),
        views=FULL,
        setting="breakfast",
        accent="#b77f5c",
        make=steady(
            lambda: (
                designs.vessel(
                    [(6.4, 0), (8.2, 0.4), (10.6, 2.6), (11.6, 4.6)],
                    0.45,
                    glazed(COLOURS["Sage Green"], 24, shiny=True, mottle=0.05),
                    flutes=26,
                    flute_depth=0.06,
                    flute_range=(0.3, 1.2),
                ),
            )
        ),
        season="Spring",
        launched="2025-02-10",
    ),
    Product(
        sku="BW-205",
        family="Bowls",
        name="Ember Bowl",
        colour="Rust",
        material="Terracotta",
        price=32.0,
        story="Unglazed outside, glossy rust inside, as warm as the clay it is made of.",
        words=("terracotta", "mediterranean", "olives", "warm", "rustic"),
        views=BRIEF,
        setting="window",
        accent="#d9cbb5",
        make=steady(
            lambda: (
                designs.vessel(
                    [(4.2, 0), (6.5, 0.6), (9.4, 4), (10.0, 7.6)],
                    0.55,
                    glazed("#bb6a43", 25, inside=COLOURS["Rust"], mottle=0.1),
                ),
            )
        ),
        launched="2023-06-12",
    ),
    Product(
        sku="BW-206",
        family="Bowls",
        name="Confetti Breakfast Bowl",
        colour="Terrazzo",
        material="Stoneware",
        price=19.0,
        story="Flecks of colour scattered through a white body, cheerful before coffee.",
        words=("cereal", "breakfast", "flecked", "terrazzo", "playful", "children"),
        views=FULL,
        setting="paper",
        accent="#e3b9a4",
        make=steady(
            lambda: (
                designs.vessel(
                    [(3.6, 0), (5.6, 0.7), (7.6, 3.6), (7.9, 6.6)],
                    0.42,
                    bare(
                        Finish(
                            textures.linear("#ece6da"),
                            roughness=0.25,
                            specular=0.5,
                            picture=textures.terrazzo(
                                "#ece6da", ("#c65f3f", "#2f5f73", "#d9a63a", "#4b5d43"), 26, 700
                            ),
                            tile=(0.5, 0.5),
                        )
                    ),
                ),
            )
        ),
        season="Summer",
        launched="2024-05-20",
    ),
    Product(
        sku="BW-207",
        family="Bowls",
        name="Hammered Bowl",
        colour="Brass",
        material="Brass",
        price=58.0,
        story="Spun brass, planished by hammer until the inside sparkles.",
        words=("metal", "gold", "hammered", "festive", "nuts"),
        views=FULL,
        setting="sideboard",
        accent="#31403c",
        make=steady(
            lambda: (
                designs.vessel(
                    [(3.8, 0), (6.6, 0.5), (10.2, 4), (10.8, 6.4)], 0.22, bare(_hammered("#cda052", 27))
                ),
            )
        ),
        season="Winter",
        launched="2024-10-14",
    ),
    Product(
        sku="BW-208",
        family="Bowls",
        name="Nesting Prep Bowl",
        colour="Ochre",
        material="Earthenware",
        price=26.0,
        story="Straight-walled bowls that sit one inside the other; glazed ochre with a cream band.",
        words=("mixing", "baking", "banded", "kitchen", "yellow"),
        views=BRIEF,
        setting="counter",
        accent="#a9bcb6",
        make=steady(
            lambda: (
                designs.vessel(
                    [(6.0, 0), (7.4, 0.6), (9.0, 6), (9.6, 11)],
                    0.5,
                    glazed(
                        COLOURS["Ochre"],
                        28,
                        shiny=True,
                        inside="#efe6d2",
                        bands=((0.55, 0.62, "#efe6d2"), (0.66, 0.69, "#efe6d2")),
                    ),
                ),
            )
        ),
        launched="2022-08-29",
    ),
    Product(
        sku="BW-209",
        family="Bowls",
        name="Moss Dipping Bowl",
        colour="Moss Green",
        material="Stoneware",
        price=11.0,
        story="A palm-sized bowl for oil, salt or soy, in a deep reactive green.",
        words=("small", "dip", "sauce", "reactive glaze", "tapas"),
        views=PAIR,
        setting="breakfast",
        accent="#d2c3a5",
        make=steady(
            lambda: (
                designs.vessel(
                    [(2.4, 0), (3.6, 0.5), (4.9, 2.4), (5.1, 3.9)],
                    0.36,
                    glazed("#8a8f5a", 29, fade=COLOURS["Moss Green"], shiny=True, mottle=0.14, speckle=0.5),
                ),
            )
        ),
        launched="2022-08-29",
        status="discontinued",
    ),
)
