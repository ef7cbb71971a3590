// A part of a picture, drawn as a frame over it: x, y, width and height as shares of the picture's.

import { t } from "./language.js";

const STEP = 0.02;
const LEAST = 0.05;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const rounded = (value) => Math.round(value * 1000) / 1000;

export function createRegion(dialog, { chosen }) {
  const picture = dialog.querySelector("img");
  const box = dialog.querySelector(".frame-box");
  let [x, y, width, height] = [0.2, 0.2, 0.6, 0.6];
  let from = null;

  function draw() {
    for (const [name, value] of Object.entries({ left: x, top: y, width, height })) {
      box.style.setProperty(name, `${100 * value}%`);
    }
    const share = (value) => `${Math.round(100 * value)} %`;
    box.setAttribute("aria-label", t("from {x} and {y}, {width} wide and {height} high", {
      x: share(x), y: share(y), width: share(width), height: share(height),
    }));
  }

  function at(event) {
    const place = picture.getBoundingClientRect();
    return [(event.clientX - place.left) / place.width, (event.clientY - place.top) / place.height].map((one) => clamp(one, 0, 1));
  }

  dialog.querySelector(".frame-of").addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    from = at(event);
    event.currentTarget.setPointerCapture(event.pointerId);
    event.preventDefault();
    box.focus();
  });
  dialog.querySelector(".frame-of").addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = at(event);
    [x, y] = [Math.min(from[0], to[0]), Math.min(from[1], to[1])];
    [width, height] = [Math.abs(from[0] - to[0]), Math.abs(from[1] - to[1])].map((one) => Math.max(one, LEAST));
    [x, y] = [Math.min(x, 1 - width), Math.min(y, 1 - height)];
    draw();
  });
  dialog.querySelector(".frame-of").addEventListener("pointerup", () => { from = null; });

  box.addEventListener("keydown", (event) => {
    const [across, down] = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key] ?? [0, 0];
    if (!across && !down) return;
    if (event.shiftKey) {
      width = clamp(width + across, LEAST, 1 - x);
      height = clamp(height + down, LEAST, 1 - y);
    } else {
      x = clamp(x + across, 0, 1 - width);
      y = clamp(y + down, 0, 1 - height);
    }
    draw();
    event.preventDefault();
  });

  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "part") chosen([x, y, width, height].map(rounded).join(","));
    else if (dialog.returnValue === "whole") chosen("");
  });

  return {
    open(source, region) {
      const given = (region ?? "").split(",").map(Number);
      if (region && given.length === 4 && given.every(Number.isFinite)) [x, y, width, height] = given;
      picture.src = source;
      dialog.returnValue = "";
      draw();
      dialog.showModal();
      box.focus();
    },
  };
}
