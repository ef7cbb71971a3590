"""Stools."""

from __future__ import annotations

from typing import Final

from discovery.demo.render import designs, materials
from discovery.demo.render.materials import COLOURS
from discovery.demo.render.product import BRIEF, FULL, PAIR, Product, steady

STOOLS: Final[tuple[Product, ...]] = (
    Product(
        sku="ST-701",
        family="Stools",
        name="Milk Stool",
        colour="Natural Oak",
        material="Oak",
        price=85.0,
        story="Three legs, so it never rocks; a seat, a step or a bedside table.",
        words=("three-legged", "low", "solid wood", "bedside", "step"),
        views=FULL,
        setting="sunny",
        accent="#c6b7a5",
        make=steady(
            lambda: designs.stool(materials.oak(71), materials.oak(171), height=42, width=32, legs=3)
        ),
        launched="2021-10-11",
    ),
    Product(
        sku="ST-702",
        family="Stools",
        name="Milk Stool",
        colour="Walnut",
        material="Walnut",
        price=95.0,
        story="The Milk stool in oiled walnut with a darker, calmer grain.",
        words=("three-legged", "low", "solid wood", "dark wood", "bedside"),
        views=PAIR,
        setting="hall",
        accent="#b9b6a5",
        make=steady(
            lambda: designs.stool(materials.walnut(72), materials.walnut(172), height=42, width=32, legs=3)
        ),
        launched="2021-10-11",
        parent="ST-701",
    ),
    Product(
        sku="ST-703",
        family="Stools",
        name="Perch Counter Stool",
        colour="Black Ash",
        material="Ash and leather",
        price=199.0,
        story="Counter height with a leather pad and a brass rail for tired feet.",
        words=("counter stool", "bar", "leather", "kitchen island", "footrest"),
        views=FULL,
        setting="hall",
        accent="#a9a08f",
        make=steady(
            lambda: designs.stool(
                materials.black_ash(73),
                materials.leather(COLOURS["Cognac"], 73),
                height=65,
                width=37,
                padded=True,
                thickness=4.5,
                rest=22,
                rest_finish=materials.brass(),
            )
        ),
        launched="2023-03-20",
    ),
    Product(
        sku="ST-704",
        family="Stools",
        name="Saddle Bar Stool",
        colour="Ash",
        material="Ash",
        price=169.0,
        story="A saddle-cut seat on four raked legs, tall enough for the breakfast bar.",
        words=("bar stool", "saddle seat", "tall", "kitchen", "scandinavian"),
        views=FULL,
        setting="sunny",
        accent="#9fb0a8",
        make=steady(
            lambda: designs.stool(
                materials.ash(74),
                materials.ash(174),
                height=74,
                width=42,
                depth=27,
                thickness=4,
                rest=26,
                splay=6,
            )
        ),
        launched="2022-03-14",
    ),
    Product(
        sku="ST-705",
        family="Stools",
        name="Hourglass Drum Stool",
        colour="Natural Rattan",
        material="Rattan",
        price=119.0,
        story="Woven rattan drawn in at the waist, with a round seat of the same weave.",
        words=("rattan", "woven", "boho", "drum", "conservatory"),
        views=FULL,
        setting="sunny",
        accent="#cfc6b1",
        make=steady(
            lambda: designs.stool(
                materials.cane("#c8975a", 75),
                materials.cane("#c8975a", 175),
                height=44,
                width=38,
                thickness=3,
                base="drum",
            )
        ),
        season="Summer",
        launched="2024-05-20",
    ),
    Product(
        sku="ST-706",
        family="Stools",
        name="Pouf Stool",
        colour="Ochre",
        material="Velvet and oak",
        price=129.0,
        story="A thick ochre velvet cushion on four short oak legs.",
        words=("pouf", "velvet", "footstool", "dressing table", "yellow"),
        views=FULL,
        setting="reading",
        accent="#93a09b",
        make=steady(
            lambda: designs.stool(
                materials.oak(76),
                materials.velvet(COLOURS["Ochre"]),
                height=42,
                width=44,
                padded=True,
                thickness=17,
                splay=1.0,
                leg=2.0,
            )
        ),
        season="Autumn",
        launched="2024-09-02",
    ),
    Product(
        sku="ST-707",
        family="Stools",
        name="Piston Swivel Stool",
        colour="Brushed Steel",
        material="Steel and leather",
        price=229.0,
        story="A steel pedestal with a foot ring and a black leather seat that turns.",
        words=("swivel", "bar stool", "industrial", "leather", "pedestal"),
        views=BRIEF,
        setting="set",
        accent="#9da7a6",
        make=steady(
            lambda: designs.stool(
                materials.steel(),
                materials.leather("#262422", 77),
                height=66,
                width=38,
                padded=True,
                thickness=6,
                base="pedestal",
                rest=24,
            )
        ),
        launched="2022-11-14",
    ),
    Product(
        sku="ST-708",
        family="Stools",
        name="Ledge Sled Stool",
        colour="Poppy Red",
        material="Steel and ash",
        price=149.0,
        story="Two red steel loops under a plank of pale ash, simple as a drawing.",
        words=("sled base", "colourful", "playful", "study", "modern"),
        views=FULL,
        setting="set",
        accent="#e0cdb6",
        make=steady(
            lambda: designs.stool(
                materials.painted_metal(COLOURS["Poppy Red"]),
                materials.ash(78),
                height=46,
                width=40,
                depth=30,
                base="sled",
                leg=1.0,
            )
        ),
        launched="2025-03-10",
    ),
    Product(
        sku="ST-709",
        family="Stools",
        name="Boulder Stool",
        colour="Travertine",
        material="Travertine",
        price=340.0,
        story="Turned from one block of travertine: a seat, a plinth, a small monument.",
        words=("stone", "sculptural", "side table", "plinth", "luxury"),
        views=BRIEF,
        setting="set",
        accent="#b7a48e",
        make=steady(
            lambda: designs.stool(
                materials.earthen(COLOURS["Travertine"], 79).tiled(40, 40),
                materials.earthen(COLOURS["Travertine"], 179).tiled(40, 40),
                height=43,
                width=34,
                thickness=6,
                base="drum",
            )
        ),
        launched="2026-10-05",
        status="announced",
    ),
)
