"""What stands around the products in settings: books, fruit, plants, prints, rugs, windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from discovery.demo.render import materials, shapes, textures
from discovery.demo.render.darkroom import Part
from discovery.demo.render.materials import Finish
from discovery.demo.render.shapes import Floats

Place = tuple[float, float, float]


def moved(parts: Sequence[Part], to: Place, turn: float = 0.0, scale: float = 1.0) -> list[Part]:
    """Parts turned about the vertical, scaled, and put somewhere."""
    return [Part(part.mesh.moved(to, turn=turn, scale=scale), part.finish) for part in parts]


def plane(width: float, depth: float, finish: Finish, z: float = 0.0) -> Part:
    """A level surface centred on the origin."""
    return Part(shapes.sheet(np.full((2, 2), z), (width, depth)), finish)


def wall(width: float, height: float, y: float, finish: Finish, bottom: float = 0.0) -> Part:
    """An upright surface that faces the camera at depth ``y``."""
    mesh = shapes.sheet(np.zeros((2, 2)), (width, height)).moved(pitch=90)
    return Part(mesh.moved((0, y, bottom + height / 2)), finish)


def side_wall(depth: float, height: float, x: float, finish: Finish, bottom: float = 0.0) -> Part:
    """An upright surface at ``x`` that runs away from the camera."""
    mesh = shapes.sheet(np.zeros((2, 2)), (depth, height)).moved(pitch=90).moved(turn=90)
    return Part(mesh.moved((x, 0, bottom + height / 2)), finish)


def plaster(colour: str, seed: int) -> Finish:
    """A hand-plastered wall: faint clouds, no shine."""
    clouds = textures.noise(seed, scale=(2, 2), slope=0.9)
    picture = np.clip(textures.linear(colour) * (1 + 0.035 * clouds)[..., None], 0.004, 0.9)
    return Finish(textures.linear(colour), model="matt", picture=picture, tile=(160.0, 160.0))


def sweep(size: float, depth: float, colour: str) -> Part:
    """A seamless backdrop: floor, a wide bend, wall; ``depth`` behind the origin."""
    line = shapes.fillet([(-8 * size, 0.0), (depth, 0.0), (depth, 9 * size)], 1.6 * size, 24)
    x = np.array([-10 * size, 10 * size])
    vertices = np.array([(px, y, z) for y, z in line for px in x])
    rows = len(line)
    index = np.arange(2 * rows).reshape(rows, 2)
    a, b, c, d = index[:-1, 0], index[:-1, 1], index[1:, 1], index[1:, 0]
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    return Part(shapes.build(vertices, faces, vertices[:, :2].copy()), materials.paint(colour))


def book(width: float, length: float, thick: float, colour: str) -> list[Part]:
    """A closed cloth-bound book lying flat, its spine towards the camera."""
    cover = materials.plain(colour, 0.85, 0.15)
    pages = materials.plain("#e9e1cf", 0.9, 0.1)
    board = 0.28
    parts = [Part(shapes.rounded_box((length, width, board), 0.12), cover)]
    parts.append(Part(shapes.rounded_box((length, width, board), 0.12).moved((0, 0, thick - board)), cover))
    parts.append(
        Part(
            shapes.rounded_box((length - 0.8, width - 0.8, thick - board), 0.1).moved((0, 0.2, board / 2)),
            pages,
        )
    )
    parts.append(Part(shapes.rounded_box((length, 0.5, thick), 0.22).moved((0, -width / 2 + 0.15, 0)), cover))
    return parts


def books(colours: Sequence[str], seed: int) -> list[Part]:
    """A small stack of books, each a little turned."""
    rng = np.random.default_rng(seed)
    parts, z = [], 0.0
    for i, colour in enumerate(colours):
        thick = float(rng.uniform(1.6, 3.2))
        parts += moved(book(15 - 0.8 * i, 21 - 1.2 * i, thick, colour), (0, 0, z), float(rng.uniform(-9, 9)))
        z += thick
    return parts


def upright_books(colours: Sequence[str], seed: int) -> list[Part]:
    """Books standing side by side with their spines to the camera, the last one leaning."""
    rng = np.random.default_rng(seed)
    parts, x = [], 0.0
    for i, colour in enumerate(colours):
        thick, tall = float(rng.uniform(1.6, 3.4)), float(rng.uniform(18, 25))
        spine = shapes.rounded_box((thick, 15, tall), 0.25)
        lean = -11.0 if i == len(colours) - 1 else 0.0
        parts.append(
            Part(
                spine.moved((x + thick / 2 + (2.6 if lean else 0), 0, 0.3 if lean else 0), roll=lean),
                materials.plain(colour, 0.85, 0.15),
            )
        )
        x += thick + 0.15
    return parts


def fruit(kind: str, seed: int) -> list[Part]:
    """A lemon, an orange, a pear or a plum, 5 to 8 cm across."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 40)
    r, z = np.cos(angle), np.sin(angle)
    if kind == "lemon":
        line, colour = (
            np.column_stack([2.9 * r**0.9, 4.0 * z + 0.35 * np.sign(z) * np.abs(z) ** 9]),
            "#e3b62b",
        )
    elif kind == "pear":
        line, colour = np.column_stack([(3.4 - 1.4 * (z > 0) * z**1 - 0.35 * z) * r**0.9, 4.6 * z]), "#a8a244"
    elif kind == "orange":
        line, colour = np.column_stack([3.7 * r, 3.5 * z]), "#d9772a"
    else:
        line, colour = np.column_stack([2.4 * r, 2.6 * z]), "#4a2340"
    line[[0, -1], 0] = 0.0
    skin = Finish(
        textures.linear(colour),
        roughness=0.38,
        specular=0.45,
        picture=textures.clay(colour, seed, 0.09),
    )
    mesh = shapes.revolve(line, 64)
    if kind == "lemon":
        mesh = mesh.moved((0, 0, 2.9), pitch=78, turn=float(seed % 180))
    else:
        mesh = mesh.moved((0, 0, -float(line[:, 1].min())))
    parts = [Part(mesh, skin)]
    if kind in ("pear", "orange"):
        top = mesh.bounds[1][2]
        parts.append(
            Part(
                shapes.tube([(0, 0, top - 0.4), (0.1, 0, top + 0.4), (0.35, 0, top + 1.3)], 0.14, sides=8),
                materials.plain("#5a4127"),
            )
        )
    return parts


def bouquet(height: float, seed: int, glaze: Finish) -> list[Part]:
    """Twigs in a plain jar, ``height`` cm in all."""
    jar = shapes.curve([(0.10, 0), (0.17, 0.09), (0.15, 0.26), (0.08, 0.36), (0.10, 0.41)], 10) * height
    vessel = Part(shapes.revolve(shapes.vessel_profile(jar, 0.015 * height), 80), glaze)
    return [vessel, *branch(height, seed, "#71804f", 16, height * 0.17)]


def plate(radius: float, finish: Finish) -> list[Part]:
    """A flat plate with a low rim."""
    outer = shapes.curve([(radius * 0.6, 0.0), (radius * 0.8, 0.3), (radius * 0.95, 1.1), (radius, 1.9)], 10)
    return [Part(shapes.revolve(shapes.vessel_profile(outer, 0.45), 128), finish)]


def branch(
    height: float, seed: int, colour: str = "#6f7f58", leaves: int = 16, size: float = 6.0
) -> list[Part]:
    """Two or three leafy twigs that rise from the origin and lean outward."""
    rng = np.random.default_rng(seed)
    parts: list[Part] = []
    bark = materials.plain("#5d4a36", 0.8, 0.2)
    leaf_meshes = []
    for twig in range(3):
        turn = 2 * np.pi * twig / 3 + rng.uniform(0, 1)
        tall = height * rng.uniform(0.7, 1.0)
        lean = rng.uniform(0.25, 0.55) * tall
        points = [
            (0, 0, 0),
            (0.15 * lean * np.cos(turn), 0.15 * lean * np.sin(turn), 0.45 * tall),
            (lean * np.cos(turn), lean * np.sin(turn), tall),
        ]
        line = shapes.curve(points, 16)
        parts.append(Part(shapes.tube(line, np.linspace(0.28, 0.09, len(line)), sides=8), bark))
        for i in range(leaves):
            share = 0.38 + 0.62 * i / (leaves - 1)
            base = line[min(int(share * (len(line) - 1)), len(line) - 1)]
            mesh = shapes.leaf(size * rng.uniform(0.7, 1.1), size * 0.3, size * rng.uniform(0.05, 0.3))
            around = float(np.degrees(turn)) + (70 if i % 2 else -70) + float(rng.uniform(-25, 25))
            leaf_meshes.append(mesh.moved(tuple(base), turn=around, roll=-float(rng.uniform(5, 45))))
    parts.append(Part(shapes.join(*leaf_meshes), materials.foliage(colour)))
    return parts


def potted_plant(height: float, seed: int, pot: Finish, colour: str = "#3f5e35") -> list[Part]:
    """A broad-leaved plant in a plain pot, ``height`` cm in all."""
    rng = np.random.default_rng(seed)
    tall = height * 0.26
    outer = shapes.curve([(tall * 0.42, 0), (tall * 0.52, tall * 0.5), (tall * 0.56, tall)], 12)
    parts = [Part(shapes.revolve(shapes.vessel_profile(outer, tall * 0.045), 96), pot)]
    soil = shapes.disc_box(tall * 0.5, 0.6, 0.2).moved((0, 0, tall * 0.84))
    parts.append(Part(soil, materials.plain("#2d2219", 0.95, 0.1)))
    stems, leaves = [], []
    for i in range(13):
        turn = i * 2.4 + rng.uniform(-0.3, 0.3)
        top = tall + (height - tall) * (0.30 + 0.70 * (i / 12) ** 0.8)
        out = (height - tall) * rng.uniform(0.16, 0.34) * (1.15 - 0.6 * i / 12)
        end = (out * np.cos(turn), out * np.sin(turn), top)
        line = shapes.curve(
            [(0, 0, tall * 0.8), (0.25 * end[0], 0.25 * end[1], 0.55 * top + 0.3 * tall), end], 8
        )
        stems.append(shapes.tube(line, height * 0.0045, sides=8))
        length = height * rng.uniform(0.2, 0.27)
        leaves.append(
            shapes.leaf(length, length * 0.62, length * rng.uniform(0.25, 0.5)).moved(
                end, turn=float(np.degrees(turn)), roll=-float(rng.uniform(0, 30))
            )
        )
    parts.append(Part(shapes.join(*stems), materials.plain("#53663a", 0.6)))
    parts.append(Part(shapes.join(*leaves), materials.foliage(colour)))
    return parts


def framed_print(
    width: float, height: float, frame: Finish, paper: str, shades: Sequence[str], seed: int
) -> list[Part]:
    """A framed abstract print, upright, its back on y = 0 and its lower edge on z = 0."""
    bar, deep = max(width * 0.035, 1.0), max(width * 0.04, 1.4)
    stile = shapes.rounded_box((bar, deep, height), bar * 0.12)
    rail = shapes.rounded_box((width - 2 * bar, deep, bar), bar * 0.12)
    edge = (width - bar) / 2
    parts = [Part(stile.moved((x, -deep / 2, 0)), frame) for x in (-edge, edge)]
    parts += [Part(rail.moved((0, -deep / 2, z)), frame) for z in (0.0, height - bar)]
    sheet = shapes.sheet(np.zeros((2, 2)), (width - bar, height - bar))
    sheet = (
        sheet.with_uvs(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
        .moved(pitch=90)
        .moved((0, -deep * 0.4, height / 2))
    )
    picture = textures.print_of_shapes(paper, shades, seed)[::-1]
    parts.append(
        Part(sheet, Finish(textures.linear(paper), model="matt", picture=np.ascontiguousarray(picture)))
    )
    return parts


def cloth(width: float, depth: float, finish: Finish, seed: int, wrinkle: float = 0.5) -> Part:
    """A cloth lying loosely on z = 0 with a few soft folds."""
    folds = textures.noise(seed, (96, 96), (1.5, 2.5), 1.6)
    ridge = textures.noise(seed + 1, (96, 96), (1.0, 3.0), 1.8)
    heights = 0.12 + wrinkle * (np.clip(folds, -0.4, 2.0) + 0.4 + 0.6 * np.clip(ridge, 0, 2))
    return Part(shapes.sheet(heights, (width, depth)), finish)


def rug(width: float, depth: float, finish: Finish, *, round_shape: bool = False) -> Part:
    """A flat woven rug."""
    mesh = (
        shapes.disc_box(width / 2, 1.0, 0.4) if round_shape else shapes.rounded_box((width, depth, 1.0), 0.4)
    )
    if not round_shape:
        mesh = shapes.from_above(mesh)
    return Part(mesh, finish)


def curtain(width: float, height: float, finish: Finish, seed: int) -> Part:
    """A hanging curtain with uneven pleats, upright on y = 0."""
    x = np.linspace(0, 1, 220)
    waves = 0.035 * width * np.sin(2 * np.pi * (9 * x + 0.35 * np.sin(2 * np.pi * 2 * x + seed)))
    heights = np.broadcast_to(waves, (24, 220)) * np.linspace(1.1, 0.8, 24)[:, None]
    return Part(shapes.sheet(heights, (width, height)).moved(pitch=90).moved((0, 0, height / 2)), finish)


def window_shade(
    sun: tuple[float, float, float],
    distance: float,
    opening: float,
    panes: tuple[int, int] = (2, 3),
    slats: int = 0,
) -> list[Part]:
    """Cards and bars between the sun and the scene, so that light falls in window panes (or blind stripes).

    The opening is ``opening`` cm wide and 1.4 times as high, ``distance`` cm towards the sun from the origin.
    """
    direction = np.array(sun) / np.linalg.norm(sun)
    side = np.cross([0.0, 0.0, 1.0], direction)
    side /= np.linalg.norm(side)
    up = np.cross(direction, side)
    wide, tall = opening, 1.4 * opening
    card = opening * 1.5
    pieces = [
        (-(wide + card) / 2, 0.0, card, tall + 2 * card),
        ((wide + card) / 2, 0.0, card, tall + 2 * card),
        (0.0, (tall + card) / 2, wide, card),
        (0.0, -(tall + card) / 2, wide, card),
    ]
    bar = opening * 0.05
    if slats:
        pitch = tall / slats
        pieces += [(0.0, -tall / 2 + (i + 0.5) * pitch, wide, pitch * 0.5) for i in range(slats)]
    else:
        pieces += [(-wide / 2 + wide * i / panes[0], 0.0, bar, tall) for i in range(1, panes[0])]
        pieces += [(0.0, -tall / 2 + tall * i / panes[1], wide, bar) for i in range(1, panes[1])]
    corners: list[Floats] = []
    for cx, cy, w, h in pieces:
        for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            corners.append(direction * distance + side * (cx + sx * w / 2) + up * (cy + sy * h / 2))
    base = 4 * np.arange(len(pieces))[:, None]
    faces = np.concatenate([base + np.array([0, 1, 2]), base + np.array([0, 2, 3])])
    vertices = np.array(corners)
    return [
        Part(
            shapes.build(vertices, faces.astype(np.int64), vertices[:, :2].copy()), materials.paint("#b8b4ac")
        )
    ]
