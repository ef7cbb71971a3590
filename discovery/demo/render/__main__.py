"""Remake the demo catalogue: ``python -m discovery.demo.render``.

Takes the pictures that are not there yet into a folder of negatives (PNG), so that it can be stopped and
run again, then writes the catalogue from them: JPEGs with metadata, the product table and the list of
troubles.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from PIL import Image

from discovery.demo import CATALOGUE
from discovery.demo.render import catalogue
from discovery.demo.render.darkroom import Darkroom
from discovery.demo.render.shots import scene_of, shot_list


def main() -> int:
    """Run the steps that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m discovery.demo.render", description="Remake the demo catalogue."
    )
    parser.add_argument(
        "--negatives", type=Path, default=Path("build/negatives"), help="where rendered pictures are kept"
    )
    parser.add_argument("--output", type=Path, default=CATALOGUE, help="where the catalogue is written")
    parser.add_argument(
        "--only", default="", help="take only shots whose key contains this; no catalogue is written"
    )
    parser.add_argument("--preview", action="store_true", help="small and quick; no catalogue is written")
    parser.add_argument(
        "--no-render", action="store_true", help="only write the catalogue from the negatives there are"
    )
    parser.add_argument(
        "--variant", default="llvm_ad_rgb", help="the renderer's variant; scalar_rgb needs no LLVM library"
    )
    options = parser.parse_args()
    if not options.no_render:
        take_pictures(options.negatives, options.only, options.preview, options.variant)
    if not (options.only or options.preview):
        catalogue.write(options.negatives, options.output)
    return 0


def take_pictures(negatives: Path, only: str, preview: bool, variant: str) -> None:
    """Render the shots that have no negative yet; progress goes to standard error."""
    negatives.mkdir(parents=True, exist_ok=True)
    wanted = [
        shot for shot in shot_list() if only in shot.key and not (negatives / f"{shot.key}.png").exists()
    ]
    darkroom = Darkroom(variant)
    began = time.monotonic()
    for number, shot in enumerate(wanted, 1):
        picture = darkroom.develop(scene_of(shot, preview=preview), shot.seed)
        unfinished = negatives / f"{shot.key}.part"
        Image.fromarray(picture).save(unfinished, format="PNG")
        unfinished.replace(negatives / f"{shot.key}.png")
        pace = (time.monotonic() - began) / number
        left = pace * (len(wanted) - number) / 60
        sys.stderr.write(f"{number}/{len(wanted)} {shot.key} · {pace:.1f} s each · {left:.0f} min left\n")


if __name__ == "__main__":
    sys.exit(main())
