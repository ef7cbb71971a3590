"""How each family of the range is put together; every product calls one of these with its own measures.

Each function returns the parts of one product, standing on z = 0 and facing negative y, in centimetres.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from discovery.demo.render import materials, shapes, textures
from discovery.demo.render.darkroom import Part
from discovery.demo.render.materials import Finish
from discovery.demo.render.shapes import Floats, Mesh

Points: TypeAlias = Sequence[Sequence[float]]
Parts: TypeAlias = tuple[Part, ...]
Painter: TypeAlias = Callable[[Floats], Finish]


def glazed(colour: str, seed: int, *, shiny: bool = False, **details: object) -> Painter:
    """A painter of vessels: given the profile it makes the glaze in that vessel's texture coordinates."""

    def paint(profile: Floats) -> Finish:
        picture = textures.glaze(profile, colour, seed, **details)  # type: ignore[arg-type]  # passed through as given
        return materials.gloss(picture) if shiny else materials.satin(picture)

    return paint


def bare(finish: Finish) -> Painter:
    """A painter that covers the whole vessel with one finish."""
    return lambda _profile: finish


def vessel(
    outline: Points,
    thickness: float,
    painter: Painter,
    *,
    flutes: int = 0,
    flute_depth: float = 0.0,
    twist: float = 0.0,
    square: float = 0.0,
    oval: float = 1.0,
    straight: float | None = None,
    flute_range: tuple[float, float] = (0.05, 0.9),
) -> Part:
    """A hollow vessel of revolution; ``straight`` fillets the outline by that radius, in place of a curve."""
    outer = shapes.curve(outline, 14) if straight is None else _dense(shapes.fillet(outline, straight, 8))
    profile = shapes.vessel_profile(outer, thickness)
    mesh = shapes.revolve(
        profile,
        flutes=flutes,
        flute_depth=flute_depth,
        twist=twist,
        square=square,
        oval=oval,
        flute_range=flute_range,
    )
    return Part(mesh, painter(profile))


def mug(
    outline: Points,
    painter: Painter,
    handle: Finish | None,
    *,
    thickness: float = 0.36,
    grip: str = "ear",
    grip_size: float = 0.5,
    grip_span: tuple[float, float] = (0.25, 0.8),
    straight: float | None = None,
    flutes: int = 0,
    flute_depth: float = 0.0,
    square: float = 0.0,
) -> Parts:
    """A cup with or without a handle: ``grip`` is ear, loop, square, strap or none."""
    body = vessel(
        outline, thickness, painter, straight=straight, flutes=flutes, flute_depth=flute_depth, square=square
    )
    if handle is None or grip == "none":
        return (body,)
    outer = np.asarray(outline, dtype=np.float64)
    height = float(outer[:, 1].max())
    low, high = grip_span[0] * height, grip_span[1] * height
    r_low, r_high = (float(np.interp(z, outer[:, 1], outer[:, 0])) - 0.25 for z in (low, high))
    reach = 0.42 * height
    edge = max(r_low, r_high)
    if grip == "ear":
        line = shapes.curve(
            [
                (r_high, 0, high),
                (edge + reach * 0.62, 0, high + 0.25),
                (edge + reach * 0.86, 0, high - 0.32 * (high - low)),
                (edge + reach * 0.52, 0, low + 0.2 * (high - low)),
                (r_low, 0, low),
            ]
        )
    elif grip == "loop":
        middle, radius = (low + high) / 2, (high - low) / 2
        angle = np.linspace(0.5 * np.pi, -0.5 * np.pi, 33)
        line = np.column_stack(
            [edge - 0.3 + radius * 1.15 * np.cos(angle), 0 * angle, middle + radius * np.sin(angle)]
        )
    else:
        corner = [
            (r_high, 0, high),
            (edge + reach * 0.78, 0, high),
            (edge + reach * 0.78, 0, low),
            (r_low, 0, low),
        ]
        line = shapes.fillet(corner, 1.3 if grip == "square" else 2.2, 9)
    width = shapes.tube(line, grip_size, flat=1.9 if grip == "strap" else 1.25)
    return body, Part(width, handle)


def bottle(
    outline: Points,
    painter: Painter,
    *,
    thickness: float = 0.3,
    stopper: Finish | None = None,
    stopper_shape: str = "plug",
    flutes: int = 0,
    flute_depth: float = 0.0,
    twist: float = 0.0,
    square: float = 0.0,
    straight: float | None = None,
    collar: Finish | None = None,
) -> Parts:
    """A bottle or carafe; ``stopper_shape`` is plug, ball or cap."""
    body = vessel(
        outline,
        thickness,
        painter,
        flutes=flutes,
        flute_depth=flute_depth,
        twist=twist,
        square=square,
        straight=straight,
    )
    parts = [body]
    mouth, top = (float(v) for v in np.asarray(outline)[-1])
    inner = mouth - thickness - 0.03
    if stopper is not None:
        if stopper_shape == "plug":
            line = [
                (0, -1.6),
                (inner * 0.92, -1.6),
                (inner, 0.05),
                (mouth * 1.02, 0.25),
                (mouth * 1.06, 1.7),
                (0, 1.75),
            ]
        elif stopper_shape == "ball":
            ball = mouth * 1.35
            angle = np.linspace(-0.42 * np.pi, 0.5 * np.pi, 22)
            line = [(0, -1.5), (inner, -1.5), (inner, 0.1)]
            line += [(ball * np.cos(a), ball * 0.95 + ball * np.sin(a)) for a in angle[:-1]] + [
                (0, ball * 1.95)
            ]
        else:
            line = [(0, 0.02), (mouth * 1.12, 0.02), (mouth * 1.12, 3.0), (mouth * 1.0, 3.3), (0, 3.3)]
        rounded = shapes.fillet(line, 0.35) if stopper_shape != "ball" else np.asarray(line, dtype=np.float64)
        cap = shapes.from_front(shapes.revolve(rounded, 72)).moved((0, 0, top))
        parts.append(Part(cap, stopper))
    if collar is not None:
        ring = shapes.revolve(
            shapes.fillet([(0, -0.5), (mouth * 1.13, -0.5), (mouth * 1.13, 0.0), (0, 0.0)], 0.1), 72
        )
        parts.append(Part(ring.moved((0, 0, top)), collar))
    return tuple(parts)


def chair(
    frame: Finish,
    seat: Finish,
    *,
    back: str = "panel",
    back_finish: Finish | None = None,
    width: float = 46,
    depth: float = 45,
    seat_height: float = 45,
    back_height: float = 80,
    leg: float = 1.7,
    splay: float = 4.0,
    padded: bool = False,
    round_seat: bool = False,
    seat_thickness: float = 3.0,
    arms: bool = False,
    stretchers: bool = False,
    spindles: int = 7,
    lean: float = 9.0,
    metal: bool = False,
) -> Parts:
    """A chair: legs, seat and one of the backs panel, spindle, hoop, ladder, shell or pad."""
    backing = back_finish or frame
    parts: list[Part] = []
    half_w, half_d = width / 2 - leg - 1.5, depth / 2 - leg - 1.5
    taper = 1.0 if metal else 0.62
    under = seat_height - (seat_thickness if not padded else seat_thickness * 0.6)
    feet = []
    for sx in (-1, 1):
        for sy in (-1, 1):
            foot = (sx * (half_w + splay), sy * (half_d + splay * (1.3 if sy > 0 else 0.8)), 0.4)
            head = (sx * half_w, sy * half_d, under)
            feet.append((foot, head))
            parts.append(
                Part(
                    shapes.tube([foot, _between(foot, head, 0.5), head], [leg * taper, leg * 0.9, leg]), frame
                )
            )
    if stretchers:
        for a, b in ((0, 1), (2, 3)):
            p, q = _between(*feet[a], 0.42), _between(*feet[b], 0.42)
            parts.append(Part(shapes.tube([p, _between(p, q, 0.5), q], leg * 0.55), frame))
        p, q = (
            _between(_between(*feet[0], 0.42), _between(*feet[1], 0.42), 0.5),
            _between(_between(*feet[2], 0.42), _between(*feet[3], 0.42), 0.5),
        )
        parts.append(Part(shapes.tube([p, _between(p, q, 0.5), q], leg * 0.55), frame))
    if round_seat:
        slab = shapes.disc_box(
            width / 2, seat_thickness, seat_thickness * 0.45, oval=depth / width, square=0.15
        )
    elif padded:
        slab = shapes.cushion((width, depth, seat_thickness), 0.3)
    else:
        slab = _saddle(
            shapes.rounded_box((width, depth, seat_thickness), min(seat_thickness * 0.48, 2.0), inner=14), 1.2
        )
    parts.append(Part(slab.moved((0, 0, seat_height - seat_thickness)), seat))
    if padded and not metal:
        rail = shapes.rounded_box((width - 3, depth - 3, 3.2), 0.8)
        parts.append(Part(rail.moved((0, 0, under - 3.0)), frame))
    rear = depth / 2 - 2.2
    slope = np.tan(np.radians(lean))
    rise = back_height - seat_height

    def at(x: float, z: float, bow: float = 0.0) -> tuple[float, float, float]:
        return (x, rear + slope * (z - seat_height) + bow, z)

    post_x = width / 2 - 3.2
    if back in ("panel", "ladder", "pad"):
        for sx in (-1, 1):
            line = [
                at(sx * post_x, seat_height - 4),
                at(sx * post_x, seat_height + rise / 2),
                at(sx * (post_x - 0.6), back_height),
            ]
            parts.append(Part(shapes.tube(shapes.curve(line, 6), np.linspace(leg, leg * 0.72, 13)), frame))
    if back == "panel":
        board = shapes.bend(shapes.rounded_box((width - 1, 1.7, rise * 0.42), 0.8, inner=20), 62)
        parts.append(Part(board.moved(at(0, seat_height + rise * 0.58, 1.2), pitch=-lean), backing))
    elif back == "ladder":
        for share in (0.28, 0.56, 0.86):
            slat = shapes.bend(shapes.rounded_box((width - 5.5, 1.3, rise * 0.13), 0.6, inner=20), 60)
            parts.append(Part(slat.moved(at(0, seat_height + rise * share, 0.6), pitch=-lean), backing))
    elif back == "pad":
        pad = shapes.cushion((width - 2, rise * 0.72, 6.5), 0.25).moved(pitch=90)
        parts.append(Part(pad.moved(at(0, seat_height + rise * 0.62, -1.5), pitch=-lean), backing))
    elif back == "spindle":
        top = [
            at(-post_x - 1, back_height - 1.5, -3.5),
            at(-post_x * 0.5, back_height, 0.6),
            at(0, back_height + 0.4, 1.8),
            at(post_x * 0.5, back_height, 0.6),
            at(post_x + 1, back_height - 1.5, -3.5),
        ]
        parts.append(Part(shapes.tube(shapes.curve(top, 8), 1.25, flat=1.7), backing))
        for x in np.linspace(-1, 1, spindles):
            bow = 1.8 - 5.0 * x * x
            line = [
                at(x * (post_x - 4), seat_height - 1, -2.2 - 2.0 * x * x),
                at(x * post_x * 0.96, back_height - 1, bow),
            ]
            stick = [line[0], _between(line[0], line[1], 0.4), line[1]]
            parts.append(Part(shapes.tube(stick, [0.75, 0.95, 0.6], sides=14), frame))
    elif back == "hoop":
        angle = np.linspace(np.pi, 0, 41)
        line = [
            at(
                post_x * 1.02 * np.cos(a),
                seat_height - 2 + (rise + 2) * np.sin(a) ** 0.7,
                -7.5 * np.cos(a) ** 2,
            )
            for a in angle
        ]
        parts.append(Part(shapes.tube(line, leg * 0.78), frame))
        pane = shapes.bend(_oval_panel(width * 0.66, rise * 0.62, 1.4), 60)
        parts.append(Part(pane.moved(at(0, seat_height + rise * 0.24, 0.4), pitch=-lean), backing))
    elif back == "shell":
        parts.append(
            Part(_shell(width, depth, rise, lean).moved((0, 0, seat_height - seat_thickness * 0.5)), backing)
        )
    if arms:
        for sx in (-1, 1):
            front = (sx * (width / 2 + 0.5), -depth / 2 + 7, seat_height + 20)
            line = [(sx * (width / 2 - 1), -depth / 2 + 6, under), front]
            parts.append(
                Part(shapes.tube([line[0], _between(line[0], line[1], 0.5), line[1]], leg * 0.7), frame)
            )
            rest = [
                (front[0], front[1] - 2, front[2] + 0.8),
                (sx * (width / 2 + 1.5), 4, seat_height + 21.5),
                at(sx * (post_x + 0.5), seat_height + 22),
            ]
            parts.append(Part(shapes.tube(shapes.curve(rest, 8), 1.35, flat=1.8), frame))
    return tuple(parts)


def lounge(
    frame: Finish,
    fabric: Finish,
    *,
    width: float = 70,
    depth: float = 74,
    arms: str = "wood",
    puff: float = 0.3,
) -> Parts:
    """A low armchair: seat and back cushions in a wooden or a steel frame, or in upholstered arms."""
    parts = [Part(shapes.cushion((width - 12, depth - 18, 17), puff).moved((0, -3, 25), pitch=3), fabric)]
    parts.append(
        Part(
            shapes.cushion((width - 12, 54, 16), puff)
            .moved(pitch=90)
            .moved((0, depth / 2 - 14, 63), pitch=-20),
            fabric,
        )
    )
    for sx in (-1, 1):
        x = sx * (width / 2 - 3)
        if arms == "wood":
            for y, top in ((-depth / 2 + 4, 53), (depth / 2 - 6, 50)):
                parts.append(
                    Part(
                        shapes.tube([(x, y * 1.04, 0.4), (x, y * 1.02, 28), (x, y, top)], [1.4, 2.0, 1.7]),
                        frame,
                    )
                )
            rest = shapes.rounded_box((6.5, depth - 4, 2.6), 1.2).moved((x, 0, 52), pitch=-2)
            parts.append(Part(rest, frame))
            parts.append(Part(shapes.rounded_box((2.4, depth - 12, 5), 1).moved((x, 0, 20)), frame))
        elif arms == "steel":
            loop = shapes.fillet(
                [
                    (x, depth / 2 - 8, 54),
                    (x, -depth / 2 + 2, 56),
                    (x, -depth / 2 + 6, 1.2),
                    (x, depth / 2 - 2, 1.2),
                    (x, depth / 2 - 8, 54),
                ],
                7,
                9,
            )
            parts.append(Part(shapes.tube(loop, 1.2), frame))
        else:
            parts.append(Part(shapes.cushion((13, depth - 6, 42), 0.12, radius=6).moved((x, 0, 11)), fabric))
            for y in (-depth / 2 + 8, depth / 2 - 8):
                peg = [(x * 0.94, y, z) for z in (0.4, 6.0, 12.0)]
                parts += [Part(shapes.tube(peg, [1.5, 1.9, 2.2]), frame)]
    rail = shapes.rounded_box((width - 8, 3, 4.5), 1)
    parts += [Part(rail.moved((0, y, 20)), frame) for y in (-depth / 2 + 6, depth / 2 - 12)]
    return tuple(parts)


def stool(
    frame: Finish,
    seat: Finish,
    *,
    height: float = 45,
    width: float = 36,
    depth: float | None = None,
    legs: int = 4,
    leg: float = 1.7,
    splay: float = 5.0,
    thickness: float = 3.2,
    padded: bool = False,
    square: float = 0.0,
    rest: float | None = None,
    rest_finish: Finish | None = None,
    base: str = "legs",
) -> Parts:
    """A stool: legs, a drum, a pedestal or a sled under a seat; ``rest`` is the height of a foot ring."""
    parts: list[Part] = []
    deep = depth or width
    under = height - thickness
    if padded:
        line = shapes.fillet(
            [
                (0, 0),
                (width / 2, 0),
                (width / 2, thickness),
                (width * 0.3, thickness * 1.12),
                (0, thickness * 1.18),
            ],
            thickness * 0.5,
            10,
        )
        top = shapes.from_above(shapes.revolve(line, 128, square=square, oval=deep / width))
    elif depth is not None:
        top = _saddle(shapes.rounded_box((width, deep, thickness), 1.4, inner=16), 1.6)
    else:
        top = shapes.disc_box(width / 2, thickness, thickness * 0.4, square=square)
    parts.append(Part(top.moved((0, 0, under)), seat))
    if base == "legs":
        corners = []
        for i in range(legs):
            angle = 2 * np.pi * (i + 0.5) / legs - np.pi / 2 + (np.pi / 6 if legs == 3 else 0)
            head_r = width * 0.34
            if depth is not None:
                direction = np.array(
                    [np.sign(np.cos(angle)) * (width / 2 - 4), np.sign(np.sin(angle)) * (deep / 2 - 4)]
                )
            else:
                direction = np.array([np.cos(angle), np.sin(angle)]) * head_r * (1.15 if legs == 4 else 1.0)
            outward = direction / np.linalg.norm(direction)
            head = (*direction, under + 0.3)
            foot = (*(direction + outward * splay), 0.3)
            corners.append((foot, head))
            parts.append(
                Part(
                    shapes.tube([foot, _between(foot, head, 0.5), head], [leg * 0.7, leg * 0.92, leg]), frame
                )
            )
        if rest is not None:
            ring = [_between(foot, head, (rest - foot[2]) / (head[2] - foot[2])) for foot, head in corners]
            for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
                parts.append(Part(shapes.tube([a, _between(a, b, 0.5), b], leg * 0.55), rest_finish or frame))
    elif base == "drum":
        waist = shapes.curve([(width * 0.42, 0), (width * 0.30, height * 0.48), (width * 0.42, under)], 20)
        parts.append(
            Part(shapes.from_front(shapes.revolve(np.vstack([[(0, 0)], waist, [(0, under)]]), 112)), frame)
        )
    elif base == "pedestal":
        line = shapes.fillet(
            [
                (0, 0),
                (width * 0.5, 0),
                (width * 0.5, 1.2),
                (2.6, 3.0),
                (2.2, under - 3),
                (width * 0.28, under),
                (0, under),
            ],
            [0.3, 0.8, 6, 4, 0.3],
        )
        parts.append(Part(shapes.revolve(line, 96), frame))
        if rest is not None:
            around = np.linspace(0, 2 * np.pi, 49)[:-1]
            loop = np.column_stack(
                [width * 0.42 * np.cos(around), width * 0.42 * np.sin(around), 0 * around + rest]
            )
            parts.append(Part(shapes.tube(loop, 0.9, ring=True), rest_finish or frame))
            for turn in (0, 90):
                bar = shapes.tube([(-width * 0.42, 0, rest), (0, 0, rest), (width * 0.42, 0, rest)], 0.7)
                parts.append(Part(bar.moved(turn=turn), rest_finish or frame))
    else:
        for sx in (-1, 1):
            x = sx * (width / 2 - 3)
            loop = shapes.fillet(
                [
                    (x, -deep / 2 + 3, under),
                    (x, -deep / 2 + 1, 0.9),
                    (x, deep / 2 - 1, 0.9),
                    (x, deep / 2 - 3, under),
                ],
                4,
                8,
            )
            parts.append(Part(shapes.tube(loop, leg), frame))
        level = height * 0.3 if rest is None else rest
        parts.append(
            Part(
                shapes.tube(
                    [(-width / 2 + 3, 0, level), (0, 0, level), (width / 2 - 3, 0, level)], leg * 0.8
                ),
                frame,
            )
        )
        for sx in (-1, 1):
            side = [
                (sx * (width / 2 - 3), -deep / 2 + 2, level),
                (sx * (width / 2 - 3), 0, level),
                (sx * (width / 2 - 3), deep / 2 - 2, level),
            ]
            parts.append(Part(shapes.tube(side, leg * 0.8), frame))
    return tuple(parts)


def table(
    frame: Finish,
    top: Finish,
    *,
    width: float = 160,
    depth: float = 85,
    height: float = 74,
    thickness: float = 3.0,
    shape: str = "rectangle",
    base: str = "legs",
    leg: float = 3.2,
    splay: float = 4.0,
    inset: float = 9.0,
    shelf: float | None = None,
) -> Parts:
    """A table: a rectangle, round, oval or pill on legs, a pedestal, a drum, trestles, a sled or slabs."""
    parts: list[Part] = []
    under = height - thickness
    if shape == "rectangle":
        slab = shapes.rounded_box((width, depth, thickness), min(1.1, thickness * 0.45), inner=10)
    else:
        square = {"round": 0.0, "oval": 0.12, "pill": 0.5}[shape]
        slab = shapes.disc_box(width / 2, thickness, thickness * 0.42, oval=depth / width, square=square)
        slab = slab.with_uvs(slab.uvs[:, ::-1].copy())
    parts.append(Part(slab.moved((0, 0, under)), top))
    reach = 0.72 if shape in ("round", "oval") else 1.0
    hx, hy = (width / 2 - inset) * reach, (depth / 2 - inset) * reach
    if base == "legs":
        for sx in (-1, 1):
            for sy in (-1, 1):
                foot, head = (sx * (hx + splay), sy * (hy + splay), 0.4), (sx * hx, sy * hy, under)
                parts.append(
                    Part(
                        shapes.tube([foot, _between(foot, head, 0.5), head], [leg * 0.6, leg * 0.85, leg]),
                        frame,
                    )
                )
        if shape == "rectangle":
            parts.append(Part(shapes.rounded_box((2 * hx, 2.2, 7), 0.5).moved((0, -hy, under - 7)), frame))
            parts.append(Part(shapes.rounded_box((2 * hx, 2.2, 7), 0.5).moved((0, hy, under - 7)), frame))
    elif base == "pedestal":
        line = [
            (0, 0),
            (width * 0.27, 0),
            (width * 0.27, 1.6),
            (leg * 1.6, 7),
            (leg, height * 0.5),
            (leg * 1.5, under - 5),
            (width * 0.16, under),
            (0, under),
        ]
        parts.append(
            Part(shapes.from_front(shapes.revolve(shapes.fillet(line, [0.4, 1, 9, 20, 8, 2]), 112)), frame)
        )
    elif base == "drum":
        mesh = shapes.revolve(
            shapes.fillet([(0, 0), (width * 0.3, 0), (width * 0.3, under), (0, under)], 0.6),
            160,
            flutes=28,
            flute_depth=0.05,
            oval=depth / width,
            flute_range=(-0.2, 1.2),
        )
        parts.append(Part(shapes.from_front(mesh), frame))
    elif base == "trestle":
        for sx in (-1, 1):
            for sy in (-1, 1):
                foot, head = (sx * (hx - 4), sy * (hy + 4), 0.5), (sx * (hx - 12), sy * 7, under)
                parts.append(Part(shapes.tube([foot, _between(foot, head, 0.5), head], leg * 0.8), frame))
            bar = [
                (sx * (hx - 8), -hy * 0.62, height * 0.3),
                (sx * (hx - 8), 0, height * 0.3),
                (sx * (hx - 8), hy * 0.62, height * 0.3),
            ]
            parts.append(Part(shapes.tube(bar, leg * 0.6), frame))
        parts.append(Part(shapes.rounded_box((2 * hx - 10, 3, 8), 0.6).moved((0, 0, under - 8)), frame))
    elif base == "sled":
        for sx in (-1, 1):
            x = sx * hx
            loop = shapes.fillet([(x, -hy, under), (x, -hy, 1), (x, hy, 1), (x, hy, under)], 4, 8)
            parts.append(Part(shapes.tube(loop, leg), frame))
    elif base == "cross":
        for turn in (45, 135):
            board = shapes.rounded_box((min(width, depth) * 0.72, leg, under), 0.7)
            parts.append(Part(shapes.from_front(board).moved(turn=turn), frame))
    else:
        for sx in (-1, 1):
            slab_leg = shapes.rounded_box((leg * 1.6, depth * 0.72, under), leg * 0.75)
            parts.append(Part(shapes.from_front(slab_leg).moved((sx * hx * 0.9, 0, 0)), frame))
    if shelf is not None:
        lower = (
            shapes.disc_box(width * 0.38, 1.8, 0.7)
            if shape == "round"
            else shapes.rounded_box((2 * hx, 2 * hy, 2.0), 0.7)
        )
        parts.append(Part(lower.moved((0, 0, shelf)), top))
    return tuple(parts)


def bulb(radius: float, radiance: float) -> Part:
    """A lit or an unlit frosted bulb."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 17)
    ball = shapes.revolve(np.column_stack([radius * np.cos(angle).clip(0), radius * np.sin(angle)]), 32)
    finish = materials.glow("#ffdcae", radiance) if radiance else materials.plain("#f3efe6", 0.3)
    return Part(ball, finish)


def _at(part: Part, to: Sequence[float], turn: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Part:
    return replace(part, mesh=part.mesh.moved(to, turn=turn, pitch=pitch, roll=roll))


def lamp(
    kind: str,
    body: Finish | Painter,
    shade: Finish,
    metal: Finish,
    *,
    lit: bool,
    outline: Points = ((5, 0), (7, 4), (5, 14), (2, 22)),
    shade_size: tuple[float, float, float] = (9, 15, 18),
    height: float = 45,
    pleats: int = 0,
    square: float = 0.0,
    flutes: int = 0,
) -> Parts:
    """A lamp: base (vessel and shade), dome, globe, floor, tripod, pendant, lantern or task.

    ``shade_size`` is (upper radius, lower radius, height); ``lit`` turns the bulb on.
    """
    upper, lower, tall = shade_size
    parts: list[Part] = []
    power = 6.5 if lit else 0.0

    def open_shade(z: float, depth: float = 0.035) -> Part:
        line = np.column_stack([np.linspace(lower, upper, 24), np.linspace(z, z + tall, 24)])
        mesh = shapes.revolve(
            line, 128, flutes=pleats, flute_depth=depth if pleats else 0.0, square=square, flute_range=(-1, 2)
        )
        return Part(mesh.with_uvs(mesh.uvs * [3.0, 1.0]), shade)

    def dome(z: float, thickness: float = 0.35) -> Part:
        angle = np.linspace(0, np.pi / 2 - 0.06, 26)
        outer = np.column_stack([lower * np.cos(angle) ** 0.85, z + tall * np.sin(angle)])
        profile = np.vstack(
            [
                outer,
                [(0, z + tall)],
                [(0, z + tall - thickness)],
                (outer * [1, 1] - [thickness, thickness])[::-1],
            ]
        )
        profile = profile[profile[:, 0] >= 0]
        closed = np.vstack([profile, profile[:1]])
        return Part(shapes.revolve(closed, 112, flutes=flutes, flute_depth=0.03 if flutes else 0.0), shade)

    def stem(points: Points, radius: float) -> Part:
        return Part(shapes.tube(shapes.curve(points, 10), radius, sides=18), metal)

    def foot(radius: float, thick: float, finish: Finish) -> Part:
        return Part(shapes.disc_box(radius, thick, min(0.5, thick * 0.45)), finish)

    if kind == "base":
        painter = body if callable(body) else bare(body)
        holder = vessel(outline, 0.6, painter, flutes=flutes, flute_depth=0.05 if flutes else 0.0)
        top = float(np.asarray(outline)[-1][1])
        parts += [
            holder,
            stem([(0, 0, top - 2), (0, 0, top + 2), (0, 0, top + 6)], 0.7),
            _at(bulb(2.6, power), (0, 0, top + 10)),
        ]
        parts.append(open_shade(top + 2))
    elif kind == "dome":
        solid = body if isinstance(body, Finish) else metal
        parts += [
            foot(lower * 0.62, 2.0, solid),
            stem([(0, 0, 1.5), (0, 0, height * 0.5), (0, 0, height - 3)], 1.1),
        ]
        parts += [dome(height - tall), _at(bulb(2.4, power), (0, 0, height - tall * 0.45))]
    elif kind == "globe":
        solid = body if isinstance(body, Finish) else metal
        line = shapes.fillet(
            [(0, 0), (outline[0][0], 0), (outline[0][0], outline[0][1]), (0, outline[0][1])], 0.6
        )
        parts.append(
            Part(
                shapes.from_above(
                    shapes.revolve(line, 96, flutes=flutes, flute_depth=0.06 if flutes else 0.0)
                ),
                solid,
            )
        )
        top = float(outline[0][1])
        parts.append(
            Part(
                shapes.revolve(
                    shapes.fillet(
                        [(0, top), (lower * 0.42, top), (lower * 0.42, top + 1.2), (0, top + 1.2)], 0.2
                    ),
                    72,
                ),
                metal,
            )
        )
        opal = materials.plain("#f6f3ec", 0.12, 0.5)
        if lit:
            opal = Finish(textures.linear("#f4ead8"), model="thin", roughness=0.3, through=0.6)
            parts.append(_at(bulb(2.6, power), (0, 0, top + lower + 0.4)))
        parts.append(_at(Part(bulb(lower, 0.0).mesh, opal), (0, 0, top + lower + 0.4)))
    elif kind == "floor":
        solid = body if isinstance(body, Finish) else metal
        parts.append(foot(14, 2.2, solid))
        parts.append(
            stem(
                [
                    (0, 0, 1.5),
                    (0, 0, height * 0.6),
                    (2, 0, height * 0.93),
                    (16, 0, height),
                    (30, 0, height * 0.93),
                ],
                0.85,
            )
        )
        parts += [
            _at(dome(-tall), (30, 0, height * 0.93 + 0.5)),
            _at(bulb(2.8, power), (30, 0, height * 0.93 - tall * 0.6)),
        ]
    elif kind == "tripod":
        solid = body if isinstance(body, Finish) else metal
        for i in range(3):
            angle = 2 * np.pi * i / 3 + 0.4
            p = (22 * np.cos(angle), 22 * np.sin(angle), 0.4)
            q = (2.2 * np.cos(angle), 2.2 * np.sin(angle), height - tall)
            parts.append(Part(shapes.tube([p, _between(p, q, 0.5), q], [1.0, 1.4, 1.5]), solid))
        parts += [
            foot_at(foot(4, 2, metal), height - tall - 1),
            stem([(0, 0, height - tall), (0, 0, height - tall + 4), (0, 0, height - tall + 8)], 0.8),
        ]
        parts += [_at(bulb(3.2, power), (0, 0, height - tall * 0.45)), open_shade(height - tall + 1)]
    elif kind in ("pendant", "lantern"):
        if kind == "pendant":
            parts += [dome(height - tall), _at(bulb(2.8, power), (0, 0, height - tall * 0.5))]
        else:
            slope = np.linspace(-np.pi / 2 + 0.22, np.pi / 2 - 0.22, 60)
            ribs = 1 + 0.012 * np.cos(slope * 34)
            line = np.column_stack(
                [lower * np.cos(slope) ** 0.9 * ribs, height - tall / 2 + tall / 2 * np.sin(slope)]
            )
            mesh = shapes.revolve(line, 128)
            parts += [
                Part(mesh.with_uvs(mesh.uvs * [3.0, 2.0]), shade),
                _at(bulb(4.0, power), (0, 0, height - tall / 2)),
            ]
        parts.append(
            Part(
                shapes.revolve(
                    shapes.fillet(
                        [(0, height - 0.4), (2.1, height - 0.4), (1.4, height + 4), (0, height + 4)], 0.4
                    ),
                    48,
                ),
                metal,
            )
        )
        parts.append(
            Part(
                shapes.tube([(0, 0, height + 3), (0, 0, height + 20), (0, 0, height + 60)], 0.25, sides=10),
                metal,
            )
        )
    else:
        solid = body if isinstance(body, Finish) else metal
        elbow, wrist = (-9.0, 0.0, height * 0.62), (13.0, 0.0, height * 0.95)
        parts += [
            foot(8.5, 2.4, solid),
            stem([(0, 0, 2), (-4.5, 0, height * 0.31), elbow], 0.6),
            stem([elbow, (2, 0, height * 0.785), wrist], 0.6),
        ]
        for joint in (elbow, wrist):
            parts.append(
                Part(
                    shapes.tube(
                        [(joint[0], -1.3, joint[2]), (joint[0], 0, joint[2]), (joint[0], 1.3, joint[2])], 1.1
                    ),
                    solid,
                )
            )
        parts += [_at(dome(-tall), (wrist[0] + 2, 0, wrist[2]), roll=-24)]
        parts.append(_at(bulb(2.0, power), (wrist[0] + 0.2, 0, wrist[2] - tall * 0.6)))
    return tuple(parts)


def foot_at(part: Part, z: float) -> Part:
    """A part lifted to a height."""
    return _at(part, (0, 0, z))


def _between(a: Sequence[float], b: Sequence[float], share: float) -> tuple[float, float, float]:
    x, y, z = (float(p) + share * (float(q) - float(p)) for p, q in zip(a, b, strict=True))
    return (x, y, z)


def _dense(line: Floats, step: float = 0.25) -> Floats:
    """A polyline with points at most ``step`` apart, so that offsets and flutes have something to move."""
    out = [line[:1]]
    for a, b in pairwise(line):
        count = max(int(np.ceil(float(np.linalg.norm(b - a)) / step)), 1)
        out.append(a + (b - a) * np.linspace(0, 1, count + 1)[1:, None])
    return np.vstack(out)


def _saddle(mesh: Mesh, depth: float) -> Mesh:
    """A seat hollowed a little in the middle of its upper side."""
    v = mesh.vertices.copy()
    low, high = mesh.bounds
    x, y = 2 * v[:, 0] / (high[0] - low[0]), 2 * v[:, 1] / (high[1] - low[1])
    upper = (v[:, 2] - low[2]) / (high[2] - low[2])
    v[:, 2] -= depth * upper * (1 - x**2).clip(0) * (1 - (y * 0.9) ** 2).clip(0)
    return shapes.build(v, mesh.faces, mesh.uvs)


def _oval_panel(width: float, height: float, thickness: float) -> Mesh:
    disc = shapes.disc_box(width / 2, thickness, thickness * 0.4, oval=height / width, square=0.1)
    mesh = disc.moved(pitch=90).moved((0, thickness / 2, height / 2))
    return shapes.from_front(mesh)


def _shell(width: float, depth: float, rise: float, lean: float) -> Mesh:
    """An upholstered bucket: a thick sheet that rises around the sides and the back of a seat."""
    angle = np.linspace(-2.35, 2.35, 73)
    top = rise * (0.30 + 0.70 * np.cos(angle / 2.35 * np.pi / 2) ** 1.2)
    thick = 2.6
    rows = []
    for share, offset in (
        (0.0, 0.0),
        (0.03, 0.8),
        (0.12, 1.0),
        (0.5, 1.0),
        (0.88, 1.0),
        (0.97, 0.8),
        (1.0, 0.0),
        (0.97, -0.8),
        (0.88, -1.0),
        (0.5, -1.0),
        (0.12, -1.0),
        (0.03, -0.8),
    ):
        z = share * top
        out = np.tan(np.radians(lean)) * z * np.clip(np.cos(angle), 0, 1) + offset * thick
        flare = 0.10 * z
        x = (width / 2 + out * 0.3 + offset * thick * 0.7 + flare) * np.sin(angle)
        y = (depth / 2 + out + flare) * np.cos(angle)
        rows.append(np.column_stack([x, y, z]))
    rows.append(rows[0])
    grid = np.stack(rows)
    middle = grid[:-1].mean(axis=0)
    caps = [np.broadcast_to(middle[i], (len(rows), 3)) for i in (0, -1)]
    full = np.concatenate([caps[0][:, None], grid, caps[1][:, None]], axis=1)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(full[6], axis=0), axis=1))])
    height = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(full[:, 37], axis=0), axis=1))])
    uvs = np.stack(np.broadcast_arrays(length[None, :], height[:, None]), axis=-1).reshape(-1, 2)
    index = np.arange(full.shape[0] * full.shape[1]).reshape(full.shape[:2])
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return shapes.build(full.reshape(-1, 3), faces.astype(np.int64), uvs)
