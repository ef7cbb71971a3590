"""Meshes from a few motions: revolve a profile, sweep a section along a path, round a box, bend a sheet.

Units are centimetres, z is up, the front of a product looks towards negative y. Every solid is closed:
welding its vertices by position leaves no edge with other than two faces. Vertices may be doubled along
texture seams, which is why normals are computed on the welded surface and shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

WELD_DECIMALS: Final = 5


@dataclass(frozen=True, slots=True)
class Mesh:
    """A triangle mesh: vertices (n, 3), unit normals (n, 3), texture coordinates (n, 2), faces (m, 3)."""

    vertices: Floats
    normals: Floats
    uvs: Floats
    faces: Ints

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """The lowest and the highest corner of the box around the mesh."""
        return self.vertices.min(axis=0), self.vertices.max(axis=0)

    def moved(
        self,
        to: Sequence[float] = (0.0, 0.0, 0.0),
        *,
        turn: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
        scale: float | Sequence[float] = 1.0,
    ) -> Mesh:
        """Scale, rotate by roll (about y), pitch (about x) and turn (about z), in degrees, then translate."""
        factor = np.broadcast_to(np.asarray(scale, dtype=np.float64), (3,))
        rotation = _rotation(2, turn) @ _rotation(0, pitch) @ _rotation(1, roll)
        vertices = (self.vertices * factor) @ rotation.T + np.asarray(to, dtype=np.float64)
        normals = _unit((self.normals / factor) @ rotation.T)
        return Mesh(vertices, normals, self.uvs, self.faces)

    def with_uvs(self, uvs: Floats) -> Mesh:
        """The same surface under other texture coordinates."""
        return Mesh(self.vertices, self.normals, uvs, self.faces)


def build(vertices: Floats, faces: Ints, uvs: Floats) -> Mesh:
    """A mesh with smooth normals; triangles that welding makes degenerate are left out."""
    keys = weld(vertices)
    corners = keys[faces]
    good = (
        (corners[:, 0] != corners[:, 1]) & (corners[:, 1] != corners[:, 2]) & (corners[:, 2] != corners[:, 0])
    )
    faces, corners = faces[good], corners[good]
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    area = np.cross(b - a, c - a)
    summed = np.zeros((int(keys.max()) + 1, 3))
    for i in range(3):
        np.add.at(summed, corners[:, i], area)
    return Mesh(vertices, _unit(summed[keys]), uvs, faces)


def weld(vertices: Floats) -> Ints:
    """For each vertex the number of its position, equal for vertices at the same place (to 1e-5 cm)."""
    rounded = np.round(vertices, WELD_DECIMALS) + 0.0  # adding zero turns -0.0 into 0.0
    _, keys = np.unique(rounded, axis=0, return_inverse=True)
    return np.asarray(keys, dtype=np.int64).reshape(-1)


def join(*meshes: Mesh) -> Mesh:
    """Several meshes as one; their surfaces stay apart."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.uvs for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=False)]),
    )


def curve(points: Sequence[Sequence[float]], steps: int = 12) -> Floats:
    """A centripetal-looking Catmull-Rom curve through the points, both ends included; any dimension."""
    p = np.asarray(points, dtype=np.float64)
    padded = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for p0, p1, p2, p3 in zip(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], strict=True):
        pieces.append(
            0.5
            * (
                2 * p1
                + (p2 - p0) * t
                + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
                + (3 * p1 - p0 - 3 * p2 + p3) * t**3
            )
        )
    return np.vstack([*pieces, p[-1:]])


def fillet(points: Sequence[Sequence[float]], radius: float | Sequence[float], steps: int = 6) -> Floats:
    """A polyline with its inner corners rounded; ``radius`` is one for all or one for each inner corner."""
    p = np.asarray(points, dtype=np.float64)
    radii = np.broadcast_to(np.asarray(radius, dtype=np.float64), (max(len(p) - 2, 0),))
    out = [p[:1]]
    t = np.linspace(0, 1, steps)[:, None]
    for before, corner, after, r in zip(p[:-2], p[1:-1], p[2:], radii, strict=True):
        inward, outward = before - corner, after - corner
        reach_in = min(r, 0.5 * float(np.linalg.norm(inward)))
        reach_out = min(r, 0.5 * float(np.linalg.norm(outward)))
        start = corner + _unit(inward) * reach_in
        end = corner + _unit(outward) * reach_out
        out.append((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)
    out.append(p[-1:])
    return np.vstack(out)


def vessel_profile(outer: Floats, thickness: float, floor: float | None = None) -> Floats:
    """The closed profile of a vessel: up the outer wall, over a round lip, down the inner wall to the axis.

    ``outer`` is (n, 2) of radius and height from foot to rim. The inner wall follows at ``thickness``; the
    floor is ``floor`` thick (the wall's own thickness and a half by default).
    """
    floor = 1.5 * thickness if floor is None else floor
    tangent = _unit(np.gradient(outer, axis=0))
    normal = np.column_stack([tangent[:, 1], -tangent[:, 0]])
    inner = outer - normal * thickness
    base = float(outer[:, 1].min())
    inner[:, 0] = np.maximum(inner[:, 0], 0.05)
    keep = inner[:, 1] > base + floor + 0.3 * thickness
    inner = inner[keep]
    middle = (outer[-1] + inner[-1]) / 2
    angle = np.linspace(0, np.pi, 9)[1:-1, None]
    side, along = (outer[-1] - inner[-1]) / 2, tangent[-1] * thickness / 2
    lip = middle + np.cos(angle) * side + np.sin(angle) * along
    bottom = fillet([inner[0], (inner[0, 0] * 0.92, base + floor), (0.0, base + floor)], thickness)
    return np.vstack([[(0.0, base)], outer, lip, inner[::-1], bottom[1:]])


def revolve(
    profile: Floats,
    segments: int = 112,
    *,
    flutes: int = 0,
    flute_depth: float = 0.0,
    twist: float = 0.0,
    square: float = 0.0,
    oval: float = 1.0,
    flute_range: tuple[float, float] = (0.0, 1.0),
) -> Mesh:
    """Turn a profile (n, 2) of radius and height around the z axis.

    A profile that begins and ends on the axis gives a closed solid. ``flutes`` ribs of relative
    ``flute_depth`` run up between the relative heights of ``flute_range``, turning by ``twist`` degrees
    from bottom to top; ``square`` pulls the circle towards a square, ``oval`` squeezes it along y. Texture
    coordinates are (angle, arc length), 0 to 1.
    """
    if flutes:
        segments = max(segments, flutes * 8)
    angle = np.linspace(0, 2 * np.pi, segments + 1)
    radius, height = profile[:, 0], profile[:, 1]
    low, high = float(height.min()), float(height.max())
    level = (height - low) / max(high - low, 1e-9)
    grid_angle, grid_level = np.meshgrid(angle, level)
    factor = np.ones_like(grid_angle)
    if flutes:
        first, last = flute_range
        ease = np.clip((grid_level - first) / 0.06, 0, 1) * np.clip((last - grid_level) / 0.06, 0, 1)
        wave = np.cos(flutes * (grid_angle + np.radians(twist) * grid_level))
        factor -= flute_depth * ease * (0.5 - 0.5 * wave)
    if square:
        exponent = 2 + 6 * square
        factor *= (np.abs(np.cos(grid_angle)) ** exponent + np.abs(np.sin(grid_angle)) ** exponent) ** (
            -1 / exponent
        )
    reach = radius[:, None] * factor
    # The last column repeats the first exactly, so that the seam welds.
    cosine, sine = np.cos(angle), np.sin(angle)
    cosine[-1], sine[-1] = cosine[0], sine[0]
    reach[:, -1] = reach[:, 0]
    vertices = np.stack(
        [reach * cosine, oval * reach * sine, np.broadcast_to(height[:, None], reach.shape)], axis=-1
    )
    steps = np.linalg.norm(np.diff(profile, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)]) / max(float(steps.sum()), 1e-9)
    uvs = np.stack(np.broadcast_arrays(angle[None, :] / (2 * np.pi), along[:, None]), axis=-1)
    return build(vertices.reshape(-1, 3), _grid_faces(len(profile), segments + 1), uvs.reshape(-1, 2))


def tube(
    path: Sequence[Sequence[float]] | Floats,
    radius: float | Sequence[float] | Floats,
    *,
    sides: int = 20,
    flat: float = 1.0,
    ring: bool = False,
) -> Mesh:
    """Sweep a circle (or an ellipse, ``flat`` times as thick) along a path (n, 3); the ends are round.

    With ``ring`` the path is closed on itself. No two steps may turn by a right angle or more. Texture
    coordinates are centimetres: around, along.
    """
    p = np.asarray(path, dtype=np.float64)
    r = np.array(np.broadcast_to(np.asarray(radius, dtype=np.float64), (len(p),)))
    if ring:
        p, r = np.vstack([p, p[:1]]), np.append(r, r[0])
        tangent = _unit(
            np.vstack([p[1:] - p[:-1], p[1:2] - p[:1]]) + np.vstack([p[:1] - p[-2:-1], p[1:] - p[:-1]])
        )
    else:
        dome = np.linspace(np.pi / 2, 0, 5)[:-1]
        first, last = _unit(p[0] - p[1]), _unit(p[-1] - p[-2])
        start = p[0] + np.outer(np.sin(dome) * r[0] * 0.6, first)
        end = p[-1] + np.outer(np.sin(dome[::-1]) * r[-1] * 0.6, last)
        p = np.vstack([start, p, end])
        r = np.concatenate([np.cos(dome) * r[0], r, np.cos(dome[::-1]) * r[-1]])
        r[0] = r[-1] = 0.0
        tangent = _unit(np.gradient(p, axis=0))
    across = np.zeros_like(p)
    guess = np.array([0.0, 1.0, 0.0]) if abs(tangent[0, 1]) < 0.9 else np.array([1.0, 0.0, 0.0])
    for i, direction in enumerate(tangent):
        guess = _unit(guess - direction * float(guess @ direction))
        across[i] = guess
    up = np.cross(tangent, across)
    if ring:
        across[-1], up[-1] = across[0], up[0]
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    cosine, sine = np.cos(angle), np.sin(angle)
    cosine[-1], sine[-1] = cosine[0], sine[0]
    offset = across[:, None] * cosine[None, :, None] + flat * up[:, None] * sine[None, :, None]
    vertices = p[:, None] + r[:, None, None] * offset
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(p, axis=0), axis=1))])
    around = angle / (2 * np.pi) * (2 * np.pi * float(r.max()))
    uvs = np.stack(np.broadcast_arrays(around[None, :], length[:, None]), axis=-1)
    return build(vertices.reshape(-1, 3), _grid_faces(len(p), sides + 1), uvs.reshape(-1, 2))


def rounded_box(size: Sequence[float], radius: float, steps: int = 5, inner: int = 6) -> Mesh:
    """A box of (x, y, z) centimetres with round edges, standing centred on z = 0.

    Texture coordinates are centimetres with the second one along the longest side, so that grain runs
    lengthwise.
    """
    half = np.asarray(size, dtype=np.float64) / 2
    radius = min(radius, float(half.min()) * 0.999)
    core = half - radius
    # Samples along one side: a quarter circle by its sine, the flat part, a quarter circle.
    bow = np.tan(np.linspace(-np.pi / 4, 0, steps + 1))[:-1]
    longest = int(np.argmax(half))
    pieces = []
    for axis in range(3):
        first, second = [a for a in range(3) if a != axis]
        for sign in (-1.0, 1.0):
            lines = []
            for a in (first, second):
                flat = np.linspace(-core[a], core[a], inner + 1)
                lines.append(np.concatenate([-core[a] + radius * bow, flat, core[a] - radius * bow[::-1]]))
            ga, gb = np.meshgrid(lines[0], lines[1], indexing="ij")
            p = np.zeros((*ga.shape, 3))
            p[..., first], p[..., second], p[..., axis] = ga, gb, sign * half[axis]
            anchor = np.clip(p, -core, core)
            normal = _unit(p - anchor)
            vertices = (anchor + radius * normal).reshape(-1, 3)
            faces = _grid_faces(*ga.shape)
            if (axis == 1) == (sign < 0):
                faces = faces[:, ::-1]
            along = longest if longest != axis else first
            across = second if along == first else first
            uvs = np.column_stack([vertices[:, across] + 7.3 * axis, vertices[:, along] + 11.1 * axis])
            pieces.append((vertices, faces, uvs))
    starts = np.cumsum([0, *(len(v) for v, _, _ in pieces)])
    vertices = np.concatenate([v for v, _, _ in pieces])
    faces = np.concatenate([f + s for (_, f, _), s in zip(pieces, starts, strict=False)])
    uvs = np.concatenate([u for _, _, u in pieces])
    return build(vertices + np.array([0.0, 0.0, half[2]]), faces, uvs)


def cushion(size: Sequence[float], puff: float = 0.35, radius: float | None = None) -> Mesh:
    """A padded box: rounded, fuller in the middle by the share ``puff``, standing on z = 0."""
    x, y, z = (float(s) for s in size)
    box = rounded_box((x, y, z), radius if radius is not None else z * 0.45, steps=7, inner=18)
    v = box.vertices.copy()
    swell = (1 - (2 * v[:, 0] / x) ** 4).clip(0) * (1 - (2 * v[:, 1] / y) ** 4).clip(0)
    above = (v[:, 2] - z / 2) / (z / 2)
    v[:, 2] += above.clip(0) * swell * puff * z
    return build(v, box.faces, box.uvs)


def disc_box(radius: float, thickness: float, edge: float, *, oval: float = 1.0, square: float = 0.0) -> Mesh:
    """A round slab standing on z = 0 with a rounded edge; texture coordinates are centimetres from above."""
    line = fillet([(0.0, 0.0), (radius, 0.0), (radius, thickness), (0.0, thickness)], edge)
    rim = int(np.argmax(line[:, 0] > 0))
    inner = np.linspace(0, 1, 8)[1:-1, None]
    line = np.vstack(
        [
            line[:1],
            inner * line[rim],
            line[1:-1],
            inner[::-1] * line[-2] + (1 - inner[::-1]) * line[-1],
            line[-1:],
        ]
    )
    return from_above(revolve(line, 128, oval=oval, square=square))


def from_above(mesh: Mesh) -> Mesh:
    """Texture coordinates in centimetres seen from above, sheared by height so that sides are not smeared."""
    v = mesh.vertices
    return mesh.with_uvs(np.column_stack([v[:, 0] + 0.6 * v[:, 2], v[:, 1] + 0.8 * v[:, 2]]))


def from_front(mesh: Mesh) -> Mesh:
    """Texture coordinates in centimetres seen from the front: grain runs up."""
    v = mesh.vertices
    return mesh.with_uvs(np.column_stack([v[:, 0] + 0.7 * v[:, 1], v[:, 2] + 0.2 * v[:, 1]]))


def bend(mesh: Mesh, radius: float) -> Mesh:
    """Wrap a mesh around a vertical axis ``radius`` cm in front of it (towards negative y)."""
    v = mesh.vertices
    angle = v[:, 0] / radius
    reach = radius + v[:, 1]
    vertices = np.column_stack([reach * np.sin(angle), reach * np.cos(angle) - radius, v[:, 2]])
    return build(vertices, mesh.faces, mesh.uvs)


def sheet(heights: Floats, size: tuple[float, float]) -> Mesh:
    """An open surface over (x, y) centimetres, centred, from a grid of heights (n, m); cloth and leaves."""
    rows, columns = heights.shape
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, columns) * size[0], np.linspace(-0.5, 0.5, rows) * size[1])
    vertices = np.stack([x, y, heights], axis=-1).reshape(-1, 3)
    return build(vertices, _grid_faces(rows, columns), vertices[:, :2].copy())


def leaf(length: float, width: float, droop: float, *, fold: float = 0.15, tip: float = 0.6) -> Mesh:
    """A leaf from the origin along x, bending down by ``droop`` cm at its tip, folded a little at its rib."""
    t = np.linspace(0, 1, 18)
    s = np.linspace(-1, 1, 9)
    outline = width / 2 * np.sin(np.pi * t**tip) ** 0.8
    grid_t, grid_s = np.meshgrid(t, s)
    grid_w = np.broadcast_to(outline, grid_t.shape)
    x = grid_t * length
    y = grid_s * grid_w
    z = -droop * grid_t**2 + fold * np.abs(grid_s) * grid_w
    vertices = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    uvs = np.stack([grid_s * 0.5 + 0.5, grid_t], axis=-1).reshape(-1, 2)
    return build(vertices, _grid_faces(len(s), len(t)), uvs)


def _grid_faces(rows: int, columns: int) -> Ints:
    index = np.arange(rows * columns, dtype=np.int64).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def _rotation(axis: int, degrees: float) -> Floats:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = [a for a in range(3) if a != axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = (-s, s) if axis != 1 else (s, -s)
    return matrix


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12))
