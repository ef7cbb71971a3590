"""Where products are photographed: on seamless white and in rooms, by cameras that frame by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from discovery.demo.render import materials, props, shapes, textures
from discovery.demo.render.darkroom import Camera, Part, Scene, Sun
from discovery.demo.render.props import moved
from discovery.demo.render.shapes import Floats

TABLE_SETTINGS: Final = ("window", "breakfast", "shelf", "counter", "sideboard", "paper")
ROOM_SETTINGS: Final = ("sunny", "dining", "reading", "hall", "set")


@dataclass(frozen=True, slots=True)
class Angle:
    """A camera position: degrees around from the front and up, view angle, share of the frame to fill."""

    around: float
    up: float
    view: float
    fill: float


@dataclass(frozen=True, slots=True)
class Guest:
    """What a room is built around: half width and height of a product, luck, a wall colour, a second one."""

    radius: float
    tall: float
    rng: np.random.Generator
    accent: str
    companion: list[Part]


PACKSHOTS: Final[dict[str, Angle]] = {
    "front": Angle(0, 9, 20, 0.74),
    "angle": Angle(36, 24, 20, 0.76),
    "side": Angle(88, 8, 20, 0.74),
    "back": Angle(152, 16, 20, 0.76),
    "top": Angle(14, 62, 20, 0.76),
    "below": Angle(30, -3, 24, 0.74),
}


def frame(
    points: Floats, angle: Angle, size: tuple[int, int], *, blur: float = 0.0, drop: float = 0.0
) -> Camera:
    """The camera that holds all ``points`` (n, 3) within its share of a frame of ``size`` pixels.

    ``drop`` moves the subject down by that share of the frame's height, to leave room above.
    """
    width, height = size
    a, e = np.radians(angle.around), np.radians(angle.up)
    back = np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])
    right = np.array([np.cos(a), np.sin(a), 0.0])
    up = np.cross(back, right)
    half_v = np.tan(np.radians(angle.view / 2))
    half_h = half_v * width / height
    target = (points.min(axis=0) + points.max(axis=0)) / 2
    distance = 1.0
    for _ in range(6):
        local = points - target
        x, y, z = local @ right, local @ up, local @ back
        distance = float(
            max((np.abs(x) / (angle.fill * half_h) + z).max(), (np.abs(y) / (angle.fill * half_v) + z).max())
        )
        px, py = x / (distance - z), y / (distance - z)
        target = (
            target + right * (px.max() + px.min()) / 2 * distance + up * (py.max() + py.min()) / 2 * distance
        )
    aim = target + up * drop * 2 * half_v * distance
    eye = aim + back * distance
    return Camera(_place(eye), _place(aim), angle.view, width, height, blur, distance)


def cloud(parts: Sequence[Part]) -> Floats:
    """Every vertex of some parts, (n, 3)."""
    return np.concatenate([part.mesh.vertices for part in parts])


def shade_only(points: Floats) -> Floats:
    """The vertices of a hanging lamp without its cable, which reaches out of every picture."""
    return points[points[:, 2] < np.quantile(points[:, 2], 0.97)]


def packshot(
    parts: Sequence[Part], view: str, *, size: tuple[int, int], mirrored: bool = False, hanging: bool = False
) -> Scene:
    """A product alone on seamless white; ``view`` is one of PACKSHOTS or detail."""
    points = cloud(parts)
    if hanging:
        points = shade_only(points)
    low, high = points.min(axis=0), points.max(axis=0)
    reach = float(np.linalg.norm(high - low))
    glassy = any(part.finish.model == "glass" for part in parts)
    sign = -1.0 if mirrored else 1.0
    if view == "detail":
        angle = Angle(sign * 28, 20, 18, 0.98)
        centre = np.array([sign * 0.16 * high[0], 0.25 * low[1], low[2] + 0.74 * (high[2] - low[2])])
        near = points[np.abs(points - centre).max(axis=1) < 0.27 * reach]
        camera = frame(near if len(near) > 50 else points, angle, size, blur=0.0032 * reach)
        focus = camera.focus or 1.0
        camera = Camera(camera.eye, camera.target, camera.view, *size, 0.008 * focus, focus - 0.06 * reach)
    else:
        base = PACKSHOTS[view]
        camera = frame(points, Angle(sign * base.around, base.up, base.view, base.fill), size)
    backdrop = props.sweep(reach * 1.1, 2.3 * reach, "#f3f2f0")
    around = PACKSHOTS[view].around * sign if view in PACKSHOTS else 28 * sign
    stage = Part(backdrop.mesh.moved((0, 0, -0.02), turn=around), backdrop.finish)
    sky = textures.studio("high" if glassy else "soft")
    return Scene((*parts, stage), camera, sky, packshot=True, sky_turn=around, samples=8)


def setting(
    parts: Sequence[Part],
    kind: str,
    seed: int,
    *,
    accent: str,
    size: tuple[int, int],
    mirrored: bool = False,
    evening: bool = False,
    companion: Sequence[Part] = (),
    beneath: Sequence[Part] = (),
    hanging: bool = False,
    closeness: float = 1.0,
) -> Scene:
    """A product in use: on a table, shelf or counter (TABLE_SETTINGS), or in a room (ROOM_SETTINGS).

    ``accent`` colours the wall or the paper, ``companion`` is a second product beside it, ``beneath`` one
    under a ``hanging`` lamp, ``evening`` lights the room by lamps, ``closeness`` over one crops tighter.
    """
    rng = np.random.default_rng(seed)
    points = shade_only(cloud(parts)) if hanging else cloud(parts)
    low, high = points.min(axis=0), points.max(axis=0)
    radius, tall = float(max(high[0] - low[0], high[1] - low[1])) / 2, float(high[2] - low[2])
    builder = _ROOMS.get(kind) or _TABLES[kind]
    around, angle, drop, sun = builder(Guest(radius, tall, rng, accent, list(companion)))
    side = -1.0 if mirrored else 1.0
    if mirrored:
        around = [_mirror(part) for part in around]
    chosen = Angle(side * angle.around, angle.up, angle.view, min(angle.fill * closeness, 0.9))
    camera = frame(points, chosen, size, drop=drop)
    distance = camera.focus or 1.0
    camera = Camera(
        camera.eye,
        camera.target,
        camera.view,
        *size,
        distance * (0.008 if kind in _TABLES else 0.003),
        distance,
    )
    sky = textures.studio("dusk" if evening else "day")
    light = None
    if sun is not None and not evening:
        x, y, z = sun.direction
        light = Sun((side * x, y, z), sun.strength, sun.spread)
    glow = any(part.finish.model == "light" for part in parts)
    return Scene(
        (*parts, *beneath, *around),
        camera,
        sky[:, ::-1] if mirrored else sky,
        light,
        exposure=0.8 if glow and evening else 1.0,
        samples=8,
        warmth=0.03 if light is not None or evening else 0.0,
    )


def _mirror(part: Part) -> Part:
    mesh = part.mesh
    flip = np.array([-1.0, 1.0, 1.0])
    return Part(
        shapes.Mesh(mesh.vertices * flip, mesh.normals * flip, mesh.uvs, mesh.faces[:, ::-1].copy()),
        part.finish,
    )


def _place(vector: Floats) -> tuple[float, float, float]:
    return (float(vector[0]), float(vector[1]), float(vector[2]))


_Built = tuple[list[Part], Angle, float, Sun | None]
_SUN: Final = (3.6, 3.05, 2.3)
_SPINES: Final = ("#b4573b", "#e0d6c2", "#3d5166", "#8c9a7f", "#caa24c", "#2e2f33", "#c9a79b", "#6a4a3c")


def _spines(rng: np.random.Generator, count: int) -> list[str]:
    return [str(c) for c in rng.choice(_SPINES, count, replace=False)]


def _window(guest: Guest) -> _Built:
    seed = int(guest.rng.integers(1 << 20))
    unit = max(guest.radius, guest.tall * 0.5)
    top = shapes.rounded_box((240, 90, 4), 0.8).moved((0, 14, -4.05))
    parts = [
        Part(top, materials.timber(str(guest.rng.choice(["#c79f6d", "#b98a58", "#d6b98a"])), seed)),
        props.wall(500, 300, 58, props.plaster(guest.accent, seed), -80),
    ]
    sun = Sun((-0.75, -0.42, 0.62), _SUN, 0.5)
    parts += props.window_shade(
        sun.direction, 170, 64 + 2.2 * unit, (2, 3), slats=int(guest.rng.choice([0, 0, 9]))
    )
    stack = props.books(_spines(guest.rng, 3), seed)
    parts += moved(stack, (2.2 * unit + 13, 22 + unit * 0.5, 0), 14)
    vase = shapes.revolve(
        shapes.vessel_profile(shapes.curve([(3, 0), (5.2, 5), (4, 11), (1.9, 15), (2.3, 17)], 10), 0.4)
    )
    spot = (-1.7 * unit - 10, 24 + unit * 0.4, 0.0)
    parts += moved([Part(vase, materials.earthen("#d9d2c4", seed)), *props.branch(34, seed)], spot)
    parts.append(
        _moved(
            props.cloth(26, 18, materials.fabric("#d8cfbf", seed, tile=5.0), seed),
            (1.3 * unit + 15, -unit * 0.3 - 1, 0),
            24,
        )
    )
    if guest.companion:
        parts += moved(guest.companion, (guest.radius * 2.6 + 2, guest.radius * 1.3 + 3, 0), 35)
    return (
        parts,
        Angle(float(guest.rng.uniform(8, 22)), float(guest.rng.uniform(11, 17)), 24, 0.46),
        0.05,
        sun,
    )


def _breakfast(guest: Guest) -> _Built:
    seed = int(guest.rng.integers(1 << 20))
    unit = max(guest.radius, guest.tall * 0.45)
    parts = [
        props.plane(260, 160, materials.timber("#d9bf94", seed, contrast=0.7), -0.3),
        props.wall(600, 300, 90, props.plaster("#e6dfd2", seed), -60),
    ]
    parts.append(
        _moved(
            props.cloth(
                46 + unit, 150, materials.fabric(guest.accent, seed, "#efe8da", tile=6.0), seed, 0.15
            ),
            (2, 30, -0.32),
            8,
        )
    )
    dish = props.plate(10.5, materials.gloss(np.tile(textures.clay("#eae4d8", seed), (1, 1, 1))))
    parts += moved(dish, (unit + 15, 6 + unit * 0.6, 0.2))
    for i, kind in enumerate(guest.rng.choice(["lemon", "orange", "pear", "plum"], 3)):
        parts += moved(
            props.fruit(str(kind), seed + i),
            (unit + 12 + 6.4 * (i % 2), 3 + unit * 0.6 + 6.0 * (i // 1 % 3) - 3, 1.0),
        )
    glass = shapes.revolve(
        shapes.vessel_profile(shapes.curve([(2.7, 0), (3.0, 1), (3.3, 6), (3.5, 9.5)], 10), 0.2), 72
    )
    parts.append(Part(glass.moved((-unit - 8, unit + 9, 0)), materials.plain("#e7e2d8", 0.2)))
    parts.append(
        _moved(
            props.cloth(24, 17, materials.fabric("#cdbfa8", seed + 1, tile=5.0), seed + 2),
            (-unit - 10, -unit * 0.2 - 3, 0),
            -18,
        )
    )
    if guest.companion:
        parts += moved(guest.companion, (-guest.radius * 1.7 - 6, guest.radius + 11, 0), -30)
    return (
        parts,
        Angle(float(guest.rng.uniform(-16, 16)), float(guest.rng.uniform(30, 40)), 24, 0.5),
        0.0,
        Sun((-0.62, 0.55, 0.6), (2.3, 2.0, 1.6), 1.5),
    )


def _shelf(guest: Guest) -> _Built:
    seed = int(guest.rng.integers(1 << 20))
    unit = max(guest.radius, guest.tall * 0.4)
    board = shapes.rounded_box((260, max(26.0, 2 * guest.radius + 8), 3.2), 0.4).moved((0, 0, -3.25))
    back = max(14.0, guest.radius + 5)
    parts = [
        Part(board, materials.timber(str(guest.rng.choice(["#c79f6d", "#7a5233", "#dcc6a0"])), seed)),
        props.wall(500, 320, back, props.plaster(guest.accent, seed), -120),
    ]
    parts += moved(props.upright_books(_spines(guest.rng, 5), seed), (unit + 5, 2, 0))
    pot = materials.earthen(str(guest.rng.choice(["#b5673f", "#d8cdbb", "#6b6a66"])), seed)
    parts += moved(props.potted_plant(24 + 0.35 * guest.tall, seed, pot, "#4d6b3c"), (-unit - 13, 1, 0))
    if guest.companion:
        parts += moved(guest.companion, (-guest.radius * 0.6, back * 0.3 + guest.radius, 0))
    sun = Sun((-0.6, -0.8, 0.55), (2.0, 1.75, 1.4), 1.2)
    return (
        parts,
        Angle(float(guest.rng.uniform(-12, 10)), float(guest.rng.uniform(4, 8)), 24, 0.54),
        0.03,
        sun,
    )


def _counter(guest: Guest) -> _Built:
    seed = int(guest.rng.integers(1 << 20))
    unit = max(guest.radius, guest.tall * 0.45)
    slab = shapes.from_above(shapes.rounded_box((300, 80, 3), 0.5)).moved((0, 16, -3.05))
    picture, bump = textures.tiles(guest.accent, "#cfc8bb", seed)
    tiled = materials.Finish(
        textures.linear(guest.accent),
        roughness=0.14,
        specular=0.5,
        picture=picture,
        bump=bump,
        bump_height=0.12,
        tile=(62.0, 62.0),
    )
    parts = [Part(slab, materials.marble("#e8e5e0", "#8d8a86", seed)), props.wall(500, 300, 46, tiled, -60)]
    chop = shapes.rounded_box((24, 2.2, 36), 1.0).moved((unit + 17, 39, 0.3), pitch=-10)
    parts.append(Part(shapes.from_front(chop), materials.timber("#9a6a3e", seed)))
    for i, kind in enumerate(guest.rng.choice(["lemon", "orange", "pear"], 3)):
        parts += moved(
            props.fruit(str(kind), seed + i),
            (-unit - 7 - 6.5 * (i % 2), 8 + 7.0 * (i // 2) + 3 * (i % 2), 0),
            40 * i,
        )
    jar = shapes.revolve(
        shapes.vessel_profile(shapes.curve([(4, 0), (5.6, 3), (5.6, 12), (4.8, 15)], 10), 0.4)
    )
    parts += moved(
        [
            Part(jar, materials.gloss(np.tile(textures.clay("#e9e2d3", seed), (1, 1, 1)))),
            *props.branch(27, seed, "#7d8d5e", 14, 4.5),
        ],
        (-unit - 19, 30, 0),
    )
    if guest.companion:
        parts += moved(guest.companion, (guest.radius * 2 + 3, guest.radius + 4, 0), 20)
    return (
        parts,
        Angle(float(guest.rng.uniform(-18, -4)), float(guest.rng.uniform(12, 20)), 24, 0.5),
        0.04,
        None,
    )


def _sideboard(guest: Guest) -> _Built:
    seed = int(guest.rng.integers(1 << 20))
    unit = max(guest.radius, guest.tall * 0.4)
    top = shapes.rounded_box((170, 48, 3), 0.6).moved((10, 10, -3.05))
    body = shapes.rounded_box((164, 44, 60), 0.6).moved((10, 11, -63))
    dark = materials.timber(str(guest.rng.choice(["#6b4429", "#7d5534", "#5a3a26"])), seed)
    parts = [
        Part(top, dark),
        Part(body, dark),
        props.wall(600, 400, 36, props.plaster(guest.accent, seed), -150),
    ]
    shades = _spines(guest.rng, 4)
    parts += moved(
        props.framed_print(34, 46, materials.timber("#2b2622", seed, contrast=0.4), "#ece5d6", shades, seed),
        (unit + 26, 33, 0),
        -4,
    )
    parts += moved(props.books(_spines(guest.rng, 2), seed), (-unit - 16, 10, 0), -12)
    for dx, length in ((0.0, 19.0), (6.5, 13.5)):
        x = unit + 9 + dx
        holder = shapes.revolve(
            shapes.fillet([(0, 0), (3.0, 0), (3.0, 0.8), (0.9, 1.6), (1.3, 3.4), (0, 3.4)], 0.4), 48
        )
        parts.append(Part(holder.moved((x, 3 + dx, 0)), materials.metal("#b98d45", 0.25)))
        candle = shapes.tube(
            [(x, 3 + dx, 3.2), (x, 3 + dx, 3.2 + length / 2), (x, 3 + dx, 3.2 + length)], 0.95
        )
        parts.append(Part(candle, materials.plain("#efe6d2", 0.5)))
    if guest.companion:
        parts += moved(guest.companion, (-guest.radius * 2.2 - 4, 4, 0), -25)
    sun = Sun((-0.85, -0.35, 0.42), (1.5, 1.25, 0.95), 0.8)
    parts += props.window_shade(sun.direction, 200, 80 + 2 * unit, (2, 3))
    return parts, Angle(float(guest.rng.uniform(-6, 14)), float(guest.rng.uniform(7, 12)), 24, 0.5), 0.03, sun


def _paper(guest: Guest) -> _Built:
    unit = max(guest.radius, guest.tall * 0.5)
    shade = _tint(guest.accent, 0.9)
    parts = [_moved(props.sweep(unit * 3.2, unit * 5, guest.accent), (0, 0, -unit * 0.7), 0)]
    plinth = shapes.disc_box(guest.radius * 1.35 + 1.5, unit * 0.7, 0.3).moved((0, 0, -unit * 0.7 - 0.02))
    parts.append(Part(plinth, materials.paint(shade)))
    block = shapes.rounded_box((unit * 1.5, unit * 1.5, unit * 1.5), 0.3).moved(
        (unit * 2.5, unit * 1.7, -unit * 0.7), turn=22
    )
    parts.append(Part(block, materials.paint(_tint(guest.accent, 1.08))))
    arch = shapes.fillet(
        [(-unit, 0, 0), (-unit, 0, unit * 2.6), (unit, 0, unit * 2.6), (unit, 0, 0)], unit, 20
    )
    parts.append(
        Part(
            shapes.tube(arch, unit * 0.32, flat=1.4).moved((-unit * 1.7, unit * 2.3, -unit * 0.7), turn=12),
            materials.paint(_tint(guest.accent, 0.8)),
        )
    )
    if guest.companion:
        parts += moved(guest.companion, (guest.radius * 2.3 + 2, -guest.radius * 0.4, -unit * 0.7), 20)
    return (
        parts,
        Angle(float(guest.rng.uniform(-14, 14)), float(guest.rng.uniform(9, 15)), 24, 0.5),
        0.0,
        Sun((-0.8, -0.5, 0.62), (3.4, 3.1, 2.7), 1.6),
    )


def _tint(colour: str, factor: float) -> str:
    channels = [min(255, int(int(colour[i : i + 2], 16) * factor)) for i in (1, 3, 5)]
    return "#" + "".join(f"{c:02x}" for c in channels)


def _floor(rng: np.random.Generator, seed: int) -> Part:
    colour, dark = (("#c8a474", "#7d5a35"), ("#b98b5c", "#6b4728"), ("#d9c29c", "#9b7c52"))[
        int(rng.integers(3))
    ]
    picture = textures.boards(colour, dark, seed)
    finish = materials.Finish(
        textures.linear(colour), roughness=0.42, specular=0.35, picture=picture, tile=(110.0, 180.0)
    )
    mesh = shapes.sheet(np.zeros((2, 2)), (900, 700))
    return Part(mesh.with_uvs(mesh.uvs[:, ::-1].copy()).moved((0, -120, -0.02)), finish)


def _room(rng: np.random.Generator, accent: str, depth: float, left: float) -> list[Part]:
    seed = int(rng.integers(1 << 20))
    white = materials.plain("#efece5", 0.5)
    parts = [_floor(rng, seed), props.wall(1000, 320, depth, props.plaster(accent, seed))]
    parts.append(Part(shapes.rounded_box((1000, 1.8, 11), 0.5).moved((0, depth - 0.9, 0)), white))
    parts.append(props.side_wall(500, 320, left, props.plaster(_tint(accent, 0.96), seed + 1)))
    return parts


def _sunny(guest: Guest) -> _Built:
    seed = int(guest.rng.integers(1 << 20))
    parts = _room(guest.rng, guest.accent, guest.radius + 48, guest.radius + 240)
    parts += moved(
        props.potted_plant(95 + 0.25 * guest.tall, seed, materials.earthen("#c9bda8", seed)),
        (guest.radius + 52, guest.radius + 8, 0),
    )
    wool = materials.fabric("#cfc4b0", seed, "#b7a98f", tile=14.0, threads=24)
    parts.append(
        _moved(props.rug(2.6 * guest.radius + 110, 1.6 * guest.radius + 80, wool), (-8, -10, -0.9), 5)
    )
    parts += moved(
        props.framed_print(52, 70, materials.timber("#c9a876", seed), "#efe8da", _spines(guest.rng, 4), seed),
        (-guest.radius - 30, guest.radius + 47, 112),
    )
    if guest.companion:
        parts += moved(guest.companion, (-guest.radius * 2.3 - 25, 10, 0), 40)
    sun = Sun((-0.72, -0.55, 0.66), _SUN, 0.5)
    parts += props.window_shade(sun.direction, 420, 150 + 1.2 * guest.tall, (2, 3))
    return (
        parts,
        Angle(float(guest.rng.uniform(10, 26)), float(guest.rng.uniform(8, 14)), 30, 0.62),
        0.06,
        sun,
    )


def _dining(guest: Guest) -> _Built:
    seed = int(guest.rng.integers(1 << 20))
    parts = _room(guest.rng, guest.accent, guest.radius + 150, guest.radius + 300)
    parts.append(
        _moved(
            props.rug(
                guest.radius * 2 + 240,
                0,
                materials.fabric("#b9ad97", seed, "#a3957c", tile=16.0, threads=24),
                round_shape=True,
            ),
            (20, 60, -0.95),
            0,
        )
    )
    parts += moved(guest.companion, (guest.radius * 0.5 + 40, guest.radius + 72, 0), 12)
    parts += moved(
        props.potted_plant(150, seed, materials.earthen("#a9927a", seed), "#46643a"),
        (-guest.radius - 95, guest.radius + 110, 0),
    )
    linen = materials.fabric("#e9e3d6", seed + 1, tile=10.0)
    parts += moved([props.curtain(120, 290, linen, seed)], (-guest.radius - 150, guest.radius + 143, 0))
    sun = Sun((-0.8, -0.35, 0.55), (2.3, 2.0, 1.6), 0.7)
    parts += props.window_shade(sun.direction, 460, 190 + guest.tall, (3, 3))
    return (
        parts,
        Angle(float(guest.rng.uniform(16, 30)), float(guest.rng.uniform(9, 15)), 30, 0.58),
        0.05,
        sun,
    )


def _reading(guest: Guest) -> _Built:
    seed = int(guest.rng.integers(1 << 20))
    parts = _room(guest.rng, guest.accent, guest.radius + 42, guest.radius + 260)
    for x, wide, high, z in ((-28, 44, 60, 120), (32, 60, 46, 128)):
        parts += moved(
            props.framed_print(
                wide,
                high,
                materials.timber("#2b2622", seed, contrast=0.4),
                "#ece5d6",
                _spines(guest.rng, 4),
                seed + int(x),
            ),
            (x, guest.radius + 41, z),
        )
    parts += moved(props.books(_spines(guest.rng, 4), seed), (guest.radius + 26, 6, 0), 25, 1.15)
    parts.append(
        _moved(
            props.rug(
                2 * guest.radius + 130,
                0,
                materials.fabric("#a79a86", seed, "#c9beab", tile=15.0, threads=24),
                round_shape=True,
            ),
            (0, -12, -0.95),
            0,
        )
    )
    parts += moved(
        [props.curtain(95, 290, materials.fabric("#ddd3c2", seed + 1, tile=10.0), seed)],
        (-guest.radius - 78, guest.radius + 34, 0),
    )
    if guest.companion:
        parts += moved(guest.companion, (guest.radius + 52, 14, 0), -30)
    return (
        parts,
        Angle(float(guest.rng.uniform(-24, -8)), float(guest.rng.uniform(8, 13)), 30, 0.62),
        0.06,
        None,
    )


def _hall(guest: Guest) -> _Built:
    seed = int(guest.rng.integers(1 << 20))
    parts = _room(guest.rng, guest.accent, guest.radius + 20, guest.radius + 170)
    panel = materials.plain(_tint(guest.accent, 0.93), 0.6)
    for x in (-150, -50, 50, 150):
        for z, high in ((18, 78), (108, 150)):
            for dx, dz, w, h in ((-40, 0, 2.2, high), (40, 0, 2.2, high)):
                parts.append(
                    Part(
                        shapes.rounded_box((w, 1.6, h), 0.5).moved((x + dx, guest.radius + 19.4, z + dz)),
                        panel,
                    )
                )
            for edge in (z, z + high - 2.2):
                parts.append(
                    Part(shapes.rounded_box((80, 1.6, 2.2), 0.5).moved((x, guest.radius + 19.4, edge)), panel)
                )
    basket = shapes.revolve(shapes.vessel_profile(shapes.curve([(15, 0), (18, 14), (17, 32)], 16), 0.9))
    basket = basket.with_uvs(basket.uvs * [110.0, 80.0])
    parts.append(Part(basket.moved((guest.radius + 34, 2, 0)), materials.cane("#b98f57", seed)))
    parts += moved(props.branch(80, seed, "#8a9270", 18, 9.0), (guest.radius + 34, 2, 6))
    if guest.companion:
        parts += moved(guest.companion, (-guest.radius - 45, 0, 0), 30)
    sun = Sun((-0.55, -0.75, 0.5), (2.6, 2.3, 1.85), 0.8)
    parts += props.window_shade(sun.direction, 430, 180 + guest.tall, (2, 4), slats=0)
    return (
        parts,
        Angle(float(guest.rng.uniform(-14, 12)), float(guest.rng.uniform(5, 10)), 30, 0.62),
        0.05,
        sun,
    )


def _set(guest: Guest) -> _Built:
    unit = max(guest.radius, guest.tall * 0.5)
    parts = [props.sweep(unit * 2.6, unit * 3.6, guest.accent)]
    arch = shapes.rounded_box((unit * 1.7, unit * 0.35, unit * 2.5), unit * 0.17)
    parts.append(
        Part(arch.moved((unit * 1.25, unit * 2.0, 0), turn=-12), materials.paint(_tint(guest.accent, 0.84)))
    )
    block = shapes.disc_box(unit * 0.62, unit * 0.55, unit * 0.02)
    parts.append(Part(block.moved((-unit * 1.75, unit * 1.1, 0)), materials.paint(_tint(guest.accent, 1.1))))
    if guest.companion:
        parts += moved(guest.companion, (-unit * 1.75, unit * 1.1, unit * 0.55))
    sun = Sun((-0.78, -0.5, 0.7), (3.4, 3.1, 2.7), 1.4)
    return (
        parts,
        Angle(float(guest.rng.uniform(14, 30)), float(guest.rng.uniform(10, 15)), 26, 0.62),
        0.03,
        sun,
    )


def _moved(part: Part, to: tuple[float, float, float], turn: float) -> Part:
    return Part(part.mesh.moved(to, turn=turn), part.finish)


_TABLES = {
    "window": _window,
    "breakfast": _breakfast,
    "shelf": _shelf,
    "counter": _counter,
    "sideboard": _sideboard,
    "paper": _paper,
}
_ROOMS = {"sunny": _sunny, "dining": _dining, "reading": _reading, "hall": _hall, "set": _set}
