from collections.abc import Callable

import numpy as np
import pytest

from discovery.demo.render import designs, materials, scenes, shapes
from discovery.demo.render.products import PRODUCTS, by_sku
from discovery.demo.render.shapes import Mesh
from discovery.demo.render.shots import scene_of, shot_list

MUG = [(2.8, 0.0), (3.9, 0.4), (4.3, 3.0), (4.1, 9.0)]

SOLIDS: dict[str, Callable[[], Mesh]] = {
    "vessel": lambda: shapes.revolve(shapes.vessel_profile(shapes.curve(MUG), 0.36)),
    "fluted vessel": lambda: shapes.revolve(
        shapes.vessel_profile(shapes.curve(MUG), 0.36), flutes=20, flute_depth=0.06, twist=90
    ),
    "tube": lambda: shapes.tube(shapes.curve([(0, 0, 0), (3, 0, 4), (0, 0, 8)]), 0.5),
    "ring": lambda: shapes.tube(
        [(9 * np.cos(a), 9 * np.sin(a), 0) for a in np.arange(24) * np.pi / 12], 0.6, ring=True
    ),
    "rounded box": lambda: shapes.rounded_box((4, 6, 10), 0.6),
    "cushion": lambda: shapes.cushion((40, 44, 12)),
    "slab": lambda: shapes.disc_box(20, 3, 0.8, oval=0.7),
    "bent board": lambda: shapes.bend(shapes.rounded_box((44, 1.7, 14), 0.8, inner=16), 60),
}


def edges_with_other_than_two_faces(mesh: Mesh) -> int:
    corners = shapes.weld(mesh.vertices)[mesh.faces]
    edges = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    return int((counts != 2).sum())


def volume(mesh: Mesh) -> float:
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize("name", SOLIDS)
def test_a_solid_is_watertight_and_faces_outward(name: str) -> None:
    mesh = SOLIDS[name]()
    assert edges_with_other_than_two_faces(mesh) == 0
    assert volume(mesh) > 0


@pytest.mark.parametrize("name", SOLIDS)
def test_normals_are_unit_vectors(name: str) -> None:
    mesh = SOLIDS[name]()
    assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(1.0, abs=1e-6)
    assert mesh.normals.shape == mesh.vertices.shape
    assert len(mesh.uvs) == len(mesh.vertices)


def test_a_box_has_the_size_asked_for_and_stands_on_the_ground() -> None:
    low, high = shapes.rounded_box((4, 6, 10), 0.6).bounds
    assert low == pytest.approx([-2, -3, 0])
    assert high == pytest.approx([2, 3, 10])


def test_moving_keeps_normals_square_to_the_surface() -> None:
    mesh = shapes.rounded_box((4, 6, 10), 0.6).moved((1, 2, 3), turn=30, pitch=20, scale=(1, 2, 1))
    rebuilt = shapes.build(mesh.vertices, mesh.faces, mesh.uvs)
    assert np.einsum("ij,ij->i", mesh.normals, rebuilt.normals).min() > 0.9


def test_a_curve_passes_through_its_points() -> None:
    points = np.array(MUG)
    line = shapes.curve(MUG, steps=10)
    assert line[::10] == pytest.approx(points)


def test_a_vessel_is_hollow_with_walls_of_its_thickness() -> None:
    solid = shapes.revolve(shapes.curve([(0.0, 0.0), *MUG, (0.0, 9.0)]))
    hollow = shapes.revolve(shapes.vessel_profile(shapes.curve(MUG), 0.36))
    assert 0.1 * volume(solid) < volume(hollow) < 0.4 * volume(solid)


def test_a_camera_holds_every_point_within_its_share_of_the_frame() -> None:
    points = scenes.cloud(by_sku("CH-601").make(False))
    angle = scenes.Angle(36, 24, 20, 0.76)
    camera = scenes.frame(points, angle, (512, 640))
    eye, target = np.array(camera.eye), np.array(camera.target)
    back = (eye - target) / np.linalg.norm(eye - target)
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    local = points - eye
    depth = -local @ back
    half = np.tan(np.radians(camera.view / 2))
    vertical = np.abs(local @ np.cross(back, right) / depth / half).max()
    horizontal = np.abs(local @ right / depth / (half * 512 / 640)).max()
    assert max(vertical, horizontal) == pytest.approx(0.76, abs=0.02)


@pytest.mark.parametrize(
    "sku", {product.family: product.sku for product in PRODUCTS if not product.hanging}.values()
)
def test_every_product_stands_on_the_ground_in_a_believable_size(sku: str) -> None:
    product = by_sku(sku)
    points = scenes.cloud(product.make(False))
    assert np.isfinite(points).all()
    # Legs end in a dome that sinks into the floor by less than a centimetre.
    assert -1.0 <= points[:, 2].min() <= 1.0
    assert 3 < np.ptp(points[:, 2]) < 200


def test_the_same_shot_is_the_same_scene_every_time() -> None:
    shot = next(iter(shot_list()))
    first, second = scene_of(shot), scene_of(shot)
    assert first.camera == second.camera
    assert all(
        np.array_equal(a.mesh.vertices, b.mesh.vertices)
        for a, b in zip(first.parts, second.parts, strict=True)
    )


def test_lamps_are_lit_only_when_asked() -> None:
    def lights(lit: bool) -> int:
        return sum(part.finish.model == "light" for part in by_sku("LP-501").make(lit))

    assert lights(True) == 1
    assert lights(False) == 0


def test_glazes_are_painted_within_the_range_of_colours() -> None:
    profile = shapes.vessel_profile(shapes.curve(MUG), 0.36)
    finish = designs.glazed("#b35a38", 1, speckle=0.9, inside="#d8c9ae")(profile)
    assert finish.picture is not None
    assert finish.picture.min() > 0
    assert finish.picture.max() < 1
    assert materials.oak(1).picture is materials.oak(1).picture
