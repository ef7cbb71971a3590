"""Dining tables, side tables, desks."""

from __future__ import annotations

from typing import Final

from discovery.demo.render import designs, materials
from discovery.demo.render.materials import COLOURS
from discovery.demo.render.product import ABOVE, BRIEF, FULL, Product, steady

TABLES: Final[tuple[Product, ...]] = (
    Product(
        sku="TB-801",
        family="Tables",
        name="Refectory Dining Table",
        colour="Natural Oak",
        material="Oak",
        price=1290.0,
        story="Two metres of oak with turned, tapering legs and room for eight.",
        words=("dining table", "large", "solid wood", "family", "rectangular"),
        views=FULL,
        setting="dining",
        accent="#c3c9bd",
        make=steady(
            lambda: designs.table(
                materials.oak(81), materials.oak(181), width=200, depth=90, thickness=3.4, leg=3.8
            )
        ),
        launched="2021-10-11",
        companion="CH-601",
    ),
    Product(
        sku="TB-802",
        family="Tables",
        name="Orbit Dining Table",
        colour="Walnut",
        material="Walnut",
        price=1150.0,
        story="A round walnut top on a turned pedestal; nobody gets the table leg.",
        words=("dining table", "round", "pedestal", "mid-century", "four seats"),
        views=FULL,
        setting="dining",
        accent="#d3c3b0",
        make=steady(
            lambda: designs.table(
                materials.walnut(82),
                materials.walnut(182),
                width=120,
                depth=120,
                shape="round",
                base="pedestal",
                leg=5.5,
            )
        ),
        launched="2022-09-26",
        companion="CH-603",
    ),
    Product(
        sku="TB-803",
        family="Tables",
        name="Bistro Table",
        colour="White Marble",
        material="Marble and iron",
        price=420.0,
        story="A marble round on a black iron column: breakfast, as in Lisbon or Lyon.",
        words=("bistro", "café", "marble", "round", "balcony"),
        views=ABOVE,
        setting="hall",
        accent="#b6c0b6",
        make=steady(
            lambda: designs.table(
                materials.soot(),
                materials.marble(COLOURS["White Marble"], "#8b8884", 83),
                width=68,
                depth=68,
                shape="round",
                base="pedestal",
                thickness=2.4,
                leg=2.6,
                height=73,
            )
        ),
        launched="2023-05-08",
        companion="CH-607",
    ),
    Product(
        sku="TB-804",
        family="Tables",
        name="Pebble Coffee Table",
        colour="Ash",
        material="Ash",
        price=480.0,
        story="A softened rectangle of pale ash, low and friendly, without a corner to bump.",
        words=("coffee table", "pill", "rounded", "living room", "child friendly"),
        views=ABOVE,
        setting="reading",
        accent="#a4afa6",
        make=steady(
            lambda: designs.table(
                materials.ash(84),
                materials.ash(184),
                width=115,
                depth=62,
                height=38,
                shape="pill",
                leg=3.0,
                inset=16,
                thickness=3.2,
            )
        ),
        launched="2022-03-14",
    ),
    Product(
        sku="TB-805",
        family="Tables",
        name="Drum Coffee Table",
        colour="Black Ash",
        material="Ash",
        price=540.0,
        story="A fluted black drum under an oval top, half furniture, half sculpture.",
        words=("coffee table", "fluted", "oval", "black", "statement"),
        views=("angle", "detail", "lifestyle"),
        setting="set",
        accent="#c8b6a0",
        make=steady(
            lambda: designs.table(
                materials.black_ash(85),
                materials.black_ash(185),
                width=105,
                depth=68,
                height=36,
                shape="oval",
                base="drum",
                thickness=3,
            )
        ),
        season="Winter",
        launched="2024-10-14",
    ),
    Product(
        sku="TB-806",
        family="Tables",
        name="Confetti Side Table",
        colour="Terrazzo",
        material="Terrazzo and steel",
        price=210.0,
        story="A terrazzo disc on four straight legs of green steel.",
        words=("side table", "terrazzo", "small", "bedside", "colourful"),
        views=ABOVE,
        setting="sunny",
        accent="#dfcbb6",
        make=steady(
            lambda: designs.table(
                materials.painted_metal(COLOURS["Forest Green"]),
                materials.terrazzo("#e4ddd0", ("#b5573a", "#39594a", "#c9a24a", "#7d8790", "#3b3a38"), 86),
                width=46,
                depth=46,
                height=50,
                shape="round",
                leg=1.2,
                inset=7,
                thickness=2.6,
                splay=3,
            )
        ),
        season="Summer",
        launched="2024-05-20",
    ),
    Product(
        sku="TB-807",
        family="Tables",
        name="Trestle Desk",
        colour="Natural Oak",
        material="Oak and linoleum",
        price=590.0,
        story="A moss-green linoleum top on oak trestles, for work that spreads out.",
        words=("desk", "trestle", "home office", "linoleum", "study"),
        views=FULL,
        setting="hall",
        accent="#d9cfbf",
        make=steady(
            lambda: designs.table(
                materials.oak(87),
                materials.plain("#5f6b4b", 0.5, 0.3),
                width=150,
                depth=72,
                base="trestle",
                leg=2.6,
                thickness=2.6,
            )
        ),
        launched="2025-03-10",
    ),
    Product(
        sku="TB-808",
        family="Tables",
        name="Slab Console",
        colour="Travertine",
        material="Travertine",
        price=980.0,
        story="Three slabs of stone, nothing else; a place for keys, flowers and the post.",
        words=("console", "hallway", "stone", "sculptural", "entrance"),
        views=BRIEF,
        setting="hall",
        accent="#a79a88",
        make=steady(
            lambda: designs.table(
                materials.earthen(COLOURS["Travertine"], 88).tiled(60, 60),
                materials.earthen(COLOURS["Travertine"], 188).tiled(60, 60),
                width=120,
                depth=34,
                height=78,
                base="slab",
                leg=3.6,
                thickness=4.5,
            )
        ),
        launched="2026-10-05",
        status="announced",
    ),
    Product(
        sku="TB-809",
        family="Tables",
        name="Sled Nesting Table",
        colour="Brass",
        material="Brass and marble",
        price=360.0,
        story="Green marble on slim brass sleds that slides over its neighbour's knees.",
        words=("side table", "nesting", "marble", "brass", "glamorous"),
        views=FULL,
        setting="reading",
        accent="#bfae98",
        make=steady(
            lambda: designs.table(
                materials.brass(),
                materials.marble("#3b5547", "#c2ccbd", 89),
                width=48,
                depth=38,
                height=46,
                base="sled",
                leg=0.9,
                inset=3,
                thickness=2.2,
            )
        ),
        launched="2023-10-02",
    ),
)
