"""The only module that touches the renderer: scene descriptions in, developed 8-bit pictures out.

Mitsuba 3 traces paths on the CPU; the noise that is left is taken away by a filter guided by albedo, normal
and depth, and the exposure is developed with a soft shoulder. The same scene gives the same picture on the
same machine.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery.demo.render.materials import Finish
from discovery.demo.render.shapes import Floats, Mesh

PASS_SAMPLES: Final = 4
GUIDE_SAMPLES: Final = 4
BLURRED_GUIDE_SAMPLES: Final = 9
FIREFLY_LIMIT: Final = 10.0  # a pass brighter than this in one pixel is a stray caustic, not light
GLASS_DEPTH: Final = 12
OPAQUE_DEPTH: Final = 5
WHITE: Final = {"type": "rgb", "value": [0.9, 0.9, 0.9]}

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Part:
    """A surface and what it is made of."""

    mesh: Mesh
    finish: Finish


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera at ``eye`` looking at ``target`` (cm); ``view`` is its vertical angle, ``blur`` its radius.

    The picture is ``width`` by ``height`` pixels; the lens is focused ``focus`` cm away, on the target when
    None.
    """

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    view: float
    width: int
    height: int
    blur: float = 0.0
    focus: float | None = None


@dataclass(frozen=True, slots=True)
class Sun:
    """A small bright disc far away in ``direction``, of linear RGB ``strength`` (irradiance)."""

    direction: tuple[float, float, float]
    strength: tuple[float, float, float]
    spread: float = 0.6


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything in front of the camera.

    ``sky`` is an environment map (h, w, 3), up at row 0, the camera's side (-y) in its middle column. With
    ``packshot`` the exposure makes the white backdrop white; otherwise it is set for the picture's mean,
    times ``exposure``.
    """

    parts: Sequence[Part]
    camera: Camera
    sky: Floats
    sun: Sun | None = None
    exposure: float = 1.0
    packshot: bool = False
    samples: int = 16
    sky_turn: float = 0.0
    warmth: float = 0.0


class Darkroom:
    """Renders scenes; loading the renderer is put off until the first one."""

    def __init__(self, variant: str = "llvm_ad_rgb") -> None:
        self._variant = variant

    @cached_property
    def _mi(self) -> Any:
        mi = importlib.import_module("mitsuba")
        mi.set_variant(self._variant)
        return mi

    @cached_property
    def _dr(self) -> Any:
        return importlib.import_module("drjit")

    def develop(self, scene: Scene, seed: int) -> Bytes:
        """The finished picture (height, width, 3) of a scene."""
        mi = self._mi
        camera = scene.camera
        loaded = self._load(scene)
        surfaces = self._load(scene, guide=True)
        guides = np.nan_to_num(
            np.asarray(mi.render(surfaces, spp=_guide_samples(camera), seed=seed), dtype=np.float64)
        )[..., -7:]
        passes = max(scene.samples // PASS_SAMPLES, 2)
        colour = np.zeros((camera.height, camera.width, 3))
        square = np.zeros_like(colour)
        for number in range(passes):
            shot = np.asarray(
                mi.render(loaded, spp=PASS_SAMPLES, seed=seed * 1009 + number), dtype=np.float64
            )
            light = np.minimum(np.nan_to_num(shot[..., :3]), FIREFLY_LIMIT)
            colour += light / passes
            square += light**2 / passes
        variance = np.maximum(square - colour**2, 0) / (passes - 1)
        clean = smooth(colour, variance, guides)
        return tone(clean, scene.exposure * _meter(clean, guides, scene.packshot), scene.warmth)

    def _load(self, scene: Scene, *, guide: bool = False) -> Any:
        loaded = self._mi.load_dict(self._describe(scene, guide=guide))
        # Values that the compiler cannot see do not change the kernel: the views of one product share it.
        parameters = self._mi.traverse(loaded)
        for name in list(parameters.keys()):
            self._dr.make_opaque(parameters[name])
        return loaded

    def _describe(self, scene: Scene, *, guide: bool = False) -> dict[str, Any]:
        mi, camera = self._mi, scene.camera
        transform = mi.ScalarTransform4f
        eye, target = np.array(camera.eye), np.array(camera.target)
        focus = camera.focus if camera.focus is not None else float(np.linalg.norm(target - eye))
        has_glass = any(part.finish.model == "glass" for part in scene.parts)
        # The environment map's own up is y; ours is z.
        upright = transform().rotate([0, 0, 1], scene.sky_turn) @ transform().rotate([1, 0, 0], 90)
        description: dict[str, Any] = {
            "type": "scene",
            "integrator": {"type": "aov", "aovs": "albedo:albedo,normal:sh_normal,depth:depth"}
            if guide
            else {"type": "path", "max_depth": GLASS_DEPTH if has_glass else OPAQUE_DEPTH, "rr_depth": 4},
            "sensor": {
                "type": "thinlens",
                "fov": camera.view,
                "fov_axis": "y",
                "to_world": transform().look_at(list(camera.eye), list(camera.target), [0, 0, 1]),
                "film": {
                    "type": "hdrfilm",
                    "width": camera.width,
                    "height": camera.height,
                    "pixel_format": "rgb",
                    "rfilter": {"type": "gaussian", "stddev": 0.45},
                },
                "sampler": {
                    "type": "multijitter",
                    "sample_count": _guide_samples(camera) if guide else PASS_SAMPLES,
                },
                "aperture_radius": max(camera.blur, 1e-4),
                "focus_distance": focus,
            },
            "sky": {
                "type": "envmap",
                "bitmap": mi.Bitmap(np.ascontiguousarray(scene.sky, dtype=np.float32)),
                "to_world": upright,
            },
        }
        if scene.sun is not None:
            toward = np.array(scene.sun.direction) / np.linalg.norm(scene.sun.direction)
            distance = 3000.0
            radius = distance * np.tan(np.radians(scene.sun.spread))
            radiance = [float(s) * distance**2 / (np.pi * radius**2) for s in scene.sun.strength]
            description["sun"] = {
                "type": "sphere",
                "center": [float(c) for c in toward * distance],
                "radius": float(radius),
                "emitter": {"type": "area", "radiance": {"type": "rgb", "value": radiance}},
            }
        for number, part in enumerate(scene.parts):
            description[f"part{number:03d}"] = self._shape(part, guide)
        return description

    def _shape(self, part: Part, guide: bool) -> Any:
        mi, mesh, finish = self._mi, part.mesh, part.finish
        properties = mi.Properties()
        if finish.model == "light" and not guide:
            properties["mesh_emitter"] = mi.load_dict(
                {"type": "area", "radiance": {"type": "rgb", "value": list(map(float, finish.colour))}}
            )
        else:
            properties["mesh_bsdf"] = mi.load_dict(self._bsdf(finish, guide))
        shape = mi.Mesh(
            "part",
            vertex_count=len(mesh.vertices),
            face_count=len(mesh.faces),
            has_vertex_normals=True,
            has_vertex_texcoords=True,
            props=properties,
        )
        parameters = mi.traverse(shape)
        parameters["vertex_positions"] = mesh.vertices.astype(np.float32).ravel()
        parameters["vertex_normals"] = mesh.normals.astype(np.float32).ravel()
        parameters["vertex_texcoords"] = mesh.uvs.astype(np.float32).ravel()
        parameters["faces"] = mesh.faces.astype(np.uint32).ravel()
        parameters.update()
        return shape

    def _bsdf(self, finish: Finish, guide: bool) -> dict[str, Any]:
        mi = self._mi
        scale = mi.ScalarTransform3f().scale([1 / finish.tile[0], 1 / finish.tile[1]])

        def bitmap(array: Floats, channels: int) -> dict[str, Any]:
            data = np.ascontiguousarray(array.reshape(*array.shape[:2], channels), dtype=np.float32)
            return {"type": "bitmap", "bitmap": mi.Bitmap(data), "raw": True, "to_uv": scale}

        colour: dict[str, Any] = {"type": "rgb", "value": list(map(float, np.clip(finish.colour, 0, 0.98)))}
        if finish.picture is not None:
            colour = bitmap(finish.picture, 3)
        inner: dict[str, Any]
        if guide or finish.model == "matt":
            # What lies behind glass or in a mirror has no guide: those count as white.
            clear = guide and (finish.model == "glass" or finish.metallic > 0.5)
            return {
                "type": "twosided",
                "bsdf": {"type": "diffuse", "reflectance": WHITE if clear else colour},
            }
        if finish.model == "glass":
            return {"type": "dielectric", "int_ior": 1.5, "specular_transmittance": colour}
        if finish.model == "thin":
            inner = {
                "type": "principledthin",
                "base_color": colour,
                "roughness": finish.roughness,
                "diff_trans": 2 * finish.through,
                "eta": 1.3,
            }
            return inner
        inner = {
            "type": "principled",
            "base_color": colour,
            "roughness": finish.roughness,
            "metallic": finish.metallic,
            "specular": finish.specular,
            "sheen": finish.sheen,
            "sheen_tint": 0.5,
        }
        if finish.bump is not None and finish.bump_height:
            inner = {
                "type": "bumpmap",
                "arbitrary": bitmap(finish.bump, 1),
                "scale": finish.bump_height,
                "bsdf": inner,
            }
        return {"type": "twosided", "bsdf": inner}


def smooth(light: Floats, variance: Floats, guides: Floats, strides: Sequence[int] = (1, 3, 7)) -> Floats:
    """Take the noise off: an edge-avoiding à-trous filter on the light without the surfaces' own colour.

    ``light`` and ``variance`` (of the mean) are (h, w, 3); ``guides`` (h, w, 7) are albedo, normal, depth.
    Neighbours count by likeness of guides and, within the noise, of light. After Dammertz et al.,
    "Edge-Avoiding À-Trous Wavelet Transform for fast Global Illumination Filtering" (HPG 2010).
    """
    albedo = np.maximum(guides[..., :3], 0.04).astype(np.float32)
    depth = np.log(np.maximum(guides[..., 6:], 1e-3))
    features = np.concatenate([albedo / 0.08, guides[..., 3:6] / 0.22, depth / 0.02], axis=-1).astype(
        np.float32
    )
    h, w = light.shape[:2]
    out = light.astype(np.float32) / albedo
    noise = box_mean((variance / albedo**2).mean(axis=-1), 3).astype(np.float32)
    kernel = np.array([1, 4, 6, 4, 1], dtype=np.float32) / 16
    for turn, stride in enumerate(strides):
        pad = 2 * stride
        edges = ((pad, pad), (pad, pad), (0, 0))
        source, guide = np.pad(out, edges, mode="reflect"), np.pad(features, edges, mode="reflect")
        brightness = np.stack([box_mean(out.mean(axis=-1), 1)], axis=-1).astype(np.float32)
        bright = np.pad(brightness, edges, mode="reflect")[..., 0]
        tolerance = 1 / (noise * (1.2 / (1 + turn)) + 1e-5)
        total, summed = np.zeros((h, w), dtype=np.float32), np.zeros((h, w, 3), dtype=np.float32)
        for i in range(5):
            for j in range(5):
                rows, columns = slice(i * stride, i * stride + h), slice(j * stride, j * stride + w)
                unlike = guide[rows, columns] - features
                distance = np.einsum("ijk,ijk->ij", unlike, unlike)
                distance += (bright[rows, columns] - brightness[..., 0]) ** 2 * tolerance
                weight = kernel[i] * kernel[j] * np.exp(-0.5 * distance)
                summed += weight[..., None] * source[rows, columns]
                total += weight
        out = summed / total[..., None]
    return np.asarray(out * albedo, dtype=np.float64)


def _guide_samples(camera: Camera) -> int:
    return BLURRED_GUIDE_SAMPLES if camera.blur else GUIDE_SAMPLES


def _meter(light: Floats, guides: Floats, packshot: bool) -> float:
    brightness = light.mean(axis=-1)
    if packshot:
        white = guides[..., :3].min(axis=-1) > 0.82
        lit = brightness[white] if int(white.sum()) > 500 else brightness
        return 0.97 / float(np.quantile(lit, 0.6))
    middle = float(np.exp(np.log(np.maximum(brightness, 1e-3)).mean()))
    # Bright things keep their drawing: a lit shade or a white vase before a dark wall.
    return min(0.30 / middle, 1.15 / float(np.quantile(brightness, 0.96)))


def box_mean(field: Floats, reach: int) -> Floats:
    """The mean of (h, w) over a square of ``2 * reach + 1`` pixels."""
    size = 2 * reach + 1
    for axis in (0, 1):
        edges = [(reach + 1, reach) if a == axis else (0, 0) for a in (0, 1)]
        running = np.cumsum(np.pad(field, edges, mode="reflect"), axis=axis, dtype=np.float64)
        field = (
            np.take(running, range(size, running.shape[axis]), axis)
            - np.take(running, range(running.shape[axis] - size), axis)
        ) / size
    return field


def tone(light: Floats, exposure: float, warmth: float = 0.0) -> Bytes:
    """Develop linear light to sRGB bytes: exposure, white balance, a shoulder, a touch of contrast."""
    x = light * exposure * np.array([1 + warmth, 1.0, 1 - warmth])
    knee = 0.75
    over = np.maximum(x - knee, 0)
    x = np.where(x > knee, knee + (1 - knee) * (1 - np.exp(-over / (1 - knee))), x)
    srgb = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055)
    curve = srgb + 0.06 * (srgb - 0.5) * srgb * (1 - srgb) * 4
    return np.asarray(np.clip(np.round(curve * 255), 0, 255), dtype=np.uint8)
