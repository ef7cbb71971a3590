"""Pictures are opened here and nowhere else: under limits, upright, in sRGB, flattened on white."""

from __future__ import annotations

import functools
import io
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from discovery.config import ImageSettings
from discovery.errors import FieldProblem, ImageUnreadable, InputInvalid
from discovery.vision.deadline import DeadlinePassedError, TimedBytes, within
from discovery.vision.sniffing import describe_bytes

# Pillow's own limit is one number for the whole process and warns instead of refusing; ours is
# checked below for every picture, from the header, before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

# Pillow also warns of every oddity in a broken EXIF block; what matters of it is in the file's metadata
# warnings, by file, and need not be printed by the library.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

# A progressive JPEG may repeat scans over the whole picture for a few bytes each; libjpeg-turbo's own
# advice against such bombs is a limit of this size ("-maxscans").
MOST_SCANS = 500

# The shared small version keeps at least this many pixels on its longer and shorter edge, so that
# thumbnails of 256 and model inputs of 224 are still made by scaling down.
SMALL_LONGER = 320
SMALL_SHORTER = 256

THUMBNAIL_QUALITY = 80
# The fastest: method 4 takes 4 times as long and makes files 28 % smaller (100 photographs, 768 px).
THUMBNAIL_METHOD = 0

_ORIENTATION_TAG = 0x0112
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
_REDUCIBLE = ("RGB", "L", "CMYK", "RGBA", "LA")


@dataclass(frozen=True, slots=True)
class Picture:
    """One opened picture.

    ``image`` is RGB, upright, in sRGB, and may be smaller than the original when a target was given;
    ``width`` and ``height`` are the original's, in pixels, after orientation. ``format`` is lowercase
    ("jpeg"). ``small`` is ``image`` reduced by a whole factor, made once and shared by all that needs
    few pixels (hashes, colours, small thumbnails, models). ``kept`` is for what is worked out from it once
    and asked for more than once.
    """

    image: Image.Image
    width: int
    height: int
    format: str
    mime: str
    frames: int
    small: Image.Image = field(init=False, repr=False, compare=False)
    kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        longer, shorter = max(self.image.size), min(self.image.size)
        factor = min(longer // SMALL_LONGER, shorter // SMALL_SHORTER)
        object.__setattr__(self, "small", self.image.reduce(factor) if factor > 1 else self.image)


def open_picture(data: bytes, limits: ImageSettings, *, target: int | None = None) -> Picture:
    """Open the first frame of ``data`` as a :class:`Picture`.

    ``target`` is the edge in pixels that the caller needs; a larger picture is decoded at a half, a
    quarter or an eighth as long as twice that many pixels remain on its shorter edge.

    Raises:
        ImageUnreadable: for anything that is not a whole picture within ``limits``; the detail says
            what was wrong and what the bytes look like. No other error leaves, whatever the bytes.
    """
    if len(data) > limits.max_bytes:
        raise ImageUnreadable(f"the file has {len(data):,} bytes; at most {limits.max_bytes:,} are opened")
    if not data:
        raise ImageUnreadable("the file is empty")
    try:
        return within(limits.timeout_seconds, lambda deadline: _open(data, limits, target, deadline))
    except DeadlinePassedError:
        raise ImageUnreadable(f"opening it took longer than {limits.timeout_seconds:g} s") from None
    except ImageUnreadable:
        raise
    except MemoryError:
        raise ImageUnreadable("it does not fit into memory") from None
    except Exception as error:  # decoders raise nearly anything on hostile bytes
        raise ImageUnreadable(f"it looks like {describe_bytes(data)}, but {_reason(error)}") from error


def thumbnail(picture: Picture, size: int) -> bytes:
    """Return ``picture`` as WebP with a longest edge of at most ``size`` pixels; never enlarged."""
    source = picture.small if size <= max(picture.small.size) else picture.image
    scale = size / max(source.size)
    if scale < 1:
        wanted = (max(1, round(source.width * scale)), max(1, round(source.height * scale)))
        source = source.resize(wanted, Image.Resampling.BICUBIC, reducing_gap=1.5)
    buffer = io.BytesIO()
    source.save(buffer, "WEBP", quality=THUMBNAIL_QUALITY, method=THUMBNAIL_METHOD)
    return buffer.getvalue()


def crop(picture: Picture, region: tuple[float, float, float, float]) -> Picture:
    """Return the part of ``picture`` that ``region`` names: x, y, width, height, each 0 to 1.

    Raises:
        InputInvalid: for a region that is empty or leaves the picture.
    """
    x, y, width, height = region
    inside = x >= 0 and y >= 0 and x + width <= 1 + 1e-6 and y + height <= 1 + 1e-6
    if not (inside and width > 0 and height > 0):
        problem = FieldProblem(
            "region",
            "expected [x, y, width, height], each 0 to 1, inside the picture and not empty",
        )
        raise InputInvalid(f"region: {problem.message}, found {list(region)}", (problem,))
    image = picture.image
    left, top = min(int(x * image.width), image.width - 1), min(int(y * image.height), image.height - 1)
    right = min(image.width, max(left + 1, round((x + width) * image.width)))
    bottom = min(image.height, max(top + 1, round((y + height) * image.height)))
    return Picture(
        image=image.crop((left, top, right, bottom)),
        width=max(1, round(width * picture.width)),
        height=max(1, round(height * picture.height)),
        format=picture.format,
        mime=picture.mime,
        frames=1,
    )


def _open(data: bytes, limits: ImageSettings, target: int | None, deadline: float) -> Picture:
    try:
        image = Image.open(TimedBytes(data, deadline), formats=limits.formats)
    except UnidentifiedImageError:
        raise ImageUnreadable(_unidentified(data, limits)) from None
    width, height = image.size
    if width * height > limits.max_pixels:
        raise ImageUnreadable(
            f"it has {width:,} x {height:,} pixels; at most {limits.max_pixels:,} are decoded"
        )
    if width < 1 or height < 1:
        raise ImageUnreadable("it has no pixels")
    frames = getattr(image, "n_frames", 1)
    if frames > limits.max_frames:
        raise ImageUnreadable(f"it has {frames:,} frames; at most {limits.max_frames:,} are allowed")
    name = "JPEG" if image.format == "MPO" else str(image.format)
    if name == "JPEG":
        scans = data.count(b"\xff\xda")
        if scans > MOST_SCANS:
            raise ImageUnreadable(f"it has {scans:,} scans; at most {MOST_SCANS:,} are decoded")
        if target is not None:
            image.draft(None, (2 * target, 2 * target))
    image.load()
    orientation = _orientation(image)
    loaded: Image.Image = image
    if target is not None and image.mode in _REDUCIBLE:
        factor = min(image.size) // (2 * target)
        loaded = image.reduce(factor) if factor > 1 else image
    rgb = _flattened(loaded, image.info)
    if orientation in _TRANSPOSITIONS:
        rgb = rgb.transpose(_TRANSPOSITIONS[orientation])
    if orientation in _SIDEWAYS:
        width, height = height, width
    return Picture(rgb, width, height, name.lower(), Image.MIME.get(name, "application/octet-stream"), frames)


def _unidentified(data: bytes, limits: ImageSettings) -> str:
    likeness = describe_bytes(data)
    if likeness.endswith("picture"):
        return (
            f"it looks like {likeness}, but its header is broken or its format is not opened "
            f"(images.formats: {', '.join(limits.formats)})"
        )
    return f"it is no picture that can be opened: it looks like {likeness}"


def _reason(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return f"it is truncated ({text})"
    return f"it cannot be decoded ({text})"


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF block must not cost the picture
        return 1
    return value if isinstance(value, int) else 1


def _flattened(image: Image.Image, info: dict[Any, Any]) -> Image.Image:
    """Return 8-bit sRGB without transparency, from any mode that Pillow decodes to."""
    image = _eight_bit(image)
    if image.mode in ("P", "PA") or "transparency" in info:
        image = image.convert("RGBA" if image.mode == "PA" or "transparency" in info else "RGB")
    elif image.mode in ("LA", "La", "RGBa"):
        image = image.convert("RGBA")
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    rgb = _in_srgb(image.convert("RGB") if alpha else image, info.get("icc_profile"))
    if alpha is None or alpha.getextrema()[0] == 255:
        return rgb
    white = Image.new("RGB", rgb.size, (255, 255, 255))
    white.paste(rgb, mask=alpha)
    return white


def _eight_bit(image: Image.Image) -> Image.Image:
    if not (image.mode.startswith("I") or image.mode == "F"):
        return image
    samples = np.asarray(image, dtype=np.float64)
    samples = np.where(np.isfinite(samples), samples, 0.0)
    if image.mode == "F":
        # Floating point has no agreed range; the picture's own is the only one known.
        low, high = float(samples.min()), float(samples.max())
        samples = (samples - low) * (255.0 / (high - low)) if high > low else np.zeros_like(samples)
    else:
        samples = samples * (255.0 / max(65535.0, float(samples.max())))
    return Image.fromarray(np.clip(np.rint(samples), 0, 255).astype(np.uint8))


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    if isinstance(profile, bytes) and profile and image.mode in ("RGB", "CMYK", "L", "LAB"):
        transform = _transform(profile, image.mode)
        if transform is not None:
            return transform.apply(image)
    if image.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return ImageCms.buildTransform(lab, ImageCms.createProfile("sRGB"), "LAB", "RGB").apply(image)
    return image if image.mode == "RGB" else image.convert("RGB")


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform to sRGB, or ``None`` where none is needed or the profile is broken."""
    try:
        source = ImageCms.getOpenProfile(io.BytesIO(profile))
        if mode == "RGB" and "srgb" in ImageCms.getProfileDescription(source).lower():
            return None
        return ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
