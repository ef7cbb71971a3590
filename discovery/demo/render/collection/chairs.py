"""Dining chairs and armchairs."""

from __future__ import annotations

from typing import Final

from discovery.demo.render import designs, materials
from discovery.demo.render.materials import COLOURS
from discovery.demo.render.product import BRIEF, FULL, MORE, Product, steady

CHAIRS: Final[tuple[Product, ...]] = (
    Product(
        sku="CH-601",
        family="Chairs",
        name="Wren Spindle Chair",
        colour="Natural Oak",
        material="Oak",
        price=245.0,
        story="A light spindle-back with a hollowed seat, made to be carried with one hand.",
        words=("spindle", "windsor", "dining chair", "solid wood", "classic"),
        views=MORE,
        setting="sunny",
        accent="#d6c3ae",
        make=steady(
            lambda: designs.chair(materials.oak(61), materials.oak(161), back="spindle", stretchers=True)
        ),
        launched="2021-10-11",
    ),
    Product(
        sku="CH-602",
        family="Chairs",
        name="Wren Spindle Chair",
        colour="Black Ash",
        material="Ash",
        price=245.0,
        story="The Wren stained black, so that the spindles draw like ink on a wall.",
        words=("spindle", "windsor", "dining chair", "black", "graphic"),
        views=FULL,
        setting="hall",
        accent="#c9c2b4",
        make=steady(
            lambda: designs.chair(
                materials.black_ash(62), materials.black_ash(162), back="spindle", stretchers=True
            )
        ),
        launched="2021-10-11",
        parent="CH-601",
    ),
    Product(
        sku="CH-603",
        family="Chairs",
        name="Alder Panel Chair",
        colour="Walnut",
        material="Walnut and leather",
        price=329.0,
        story="A curved walnut back above a cognac leather seat; better with every year.",
        words=("leather", "dining chair", "mid-century", "curved back", "warm"),
        views=FULL,
        setting="dining",
        accent="#a8b0a4",
        make=steady(
            lambda: designs.chair(
                materials.walnut(63),
                materials.leather(COLOURS["Cognac"], 63),
                back="panel",
                padded=True,
                seat_thickness=5,
            )
        ),
        launched="2023-03-20",
        companion="TB-802",
    ),
    Product(
        sku="CH-604",
        family="Chairs",
        name="Cocoon Chair",
        colour="Oatmeal",
        material="Bouclé and steel",
        price=389.0,
        story="A bucket of looped wool on thin black legs; sit once and the meeting runs late.",
        words=("boucle", "upholstered", "tub", "cosy", "bedroom"),
        views=MORE,
        setting="set",
        accent="#c7a58f",
        make=steady(
            lambda: designs.chair(
                materials.soot(),
                materials.boucle("#ddd0b8", 64),
                back="shell",
                back_finish=materials.boucle("#ddd0b8", 164),
                padded=True,
                seat_thickness=10,
                metal=True,
                leg=1.15,
                width=54,
                depth=52,
            )
        ),
        season="Winter",
        launched="2024-10-14",
    ),
    Product(
        sku="CH-605",
        family="Chairs",
        name="Cocoon Chair",
        colour="Moss Green",
        material="Velvet and brass",
        price=409.0,
        story="The Cocoon in moss velvet on brass legs, dressed for the evening.",
        words=("velvet", "upholstered", "tub", "glamorous", "green"),
        views=FULL,
        setting="reading",
        accent="#c9b79f",
        make=steady(
            lambda: designs.chair(
                materials.brass(),
                materials.velvet(COLOURS["Moss Green"]),
                back="shell",
                back_finish=materials.velvet(COLOURS["Moss Green"]),
                padded=True,
                seat_thickness=10,
                metal=True,
                leg=1.15,
                width=54,
                depth=52,
            )
        ),
        season="Winter",
        launched="2024-10-14",
        parent="CH-604",
    ),
    Product(
        sku="CH-606",
        family="Chairs",
        name="Refectory Chair",
        colour="Ash",
        material="Ash and paper cord",
        price=279.0,
        story="Three bent slats and a seat of woven paper cord.",
        words=("ladder back", "paper cord", "woven", "dining chair", "scandinavian"),
        views=FULL,
        setting="sunny",
        accent="#b5bfae",
        make=steady(
            lambda: designs.chair(
                materials.ash(66), materials.cane("#d9bb88", 66), back="ladder", stretchers=True
            )
        ),
        launched="2022-03-14",
    ),
    Product(
        sku="CH-607",
        family="Chairs",
        name="Hoop Café Chair",
        colour="Brick Red",
        material="Bentwood",
        price=189.0,
        story="A bentwood hoop around an oval of cane, painted brick red.",
        words=("bentwood", "bistro", "café", "cane", "painted"),
        views=FULL,
        setting="hall",
        accent="#dccdb6",
        make=steady(
            lambda: designs.chair(
                materials.painted_metal(COLOURS["Brick Red"], 0.32),
                materials.cane("#cda368", 67),
                back="hoop",
                back_finish=materials.cane("#cda368", 167),
                round_seat=True,
                width=43,
                depth=43,
                leg=1.5,
            )
        ),
        season="Summer",
        launched="2023-05-08",
    ),
    Product(
        sku="CH-608",
        family="Chairs",
        name="Moor Lounge Chair",
        colour="Denim Blue",
        material="Oak and wool",
        price=649.0,
        story="Deep cushions in blue wool, slung in an oak frame with flat arms for a cup.",
        words=("armchair", "lounge", "living room", "wool", "deep"),
        views=FULL,
        setting="sunny",
        accent="#dccbb4",
        make=steady(
            lambda: designs.lounge(
                materials.oak(68), materials.fabric(COLOURS["Denim Blue"], 68, "#6d88a8", tile=8.0)
            )
        ),
        launched="2022-09-26",
    ),
    Product(
        sku="CH-609",
        family="Chairs",
        name="Dune Club Chair",
        colour="Sand",
        material="Linen",
        price=720.0,
        story="An armchair upholstered all round in washed linen the colour of dry sand.",
        words=("armchair", "club", "linen", "neutral", "living room"),
        views=BRIEF,
        setting="reading",
        accent="#8a9489",
        make=steady(
            lambda: designs.lounge(
                materials.walnut(69),
                materials.fabric("#cdb791", 69, "#d8c6a5", tile=8.0),
                width=84,
                arms="soft",
                puff=0.36,
            )
        ),
        launched="2024-04-15",
    ),
    Product(
        sku="CH-610",
        family="Chairs",
        name="Loop Lounge Chair",
        colour="Rust",
        material="Steel and velvet",
        price=560.0,
        story="A single loop of polished steel on each side holds two rust velvet cushions.",
        words=("armchair", "chrome", "velvet", "seventies", "sculptural"),
        views=BRIEF,
        setting="set",
        accent="#d9b48f",
        make=steady(
            lambda: designs.lounge(
                materials.steel(), materials.velvet(COLOURS["Rust"]), width=68, arms="steel"
            )
        ),
        season="Autumn",
        launched="2026-09-01",
        status="announced",
    ),
)
