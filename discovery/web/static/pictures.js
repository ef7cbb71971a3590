// A picture that cannot be had (its file or its thumbnail is gone) leaves a mark, not a hole.

import { t } from "./language.js";

const SVG = "http://www.w3.org/2000/svg";

function leaveMark(image) {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", "/static/icons.svg#file");
  icon.append(use);
  const said = Object.assign(document.createElement("span"), { textContent: t("not to be had") });
  const mark = Object.assign(document.createElement("span"), { className: "placeholder" });
  mark.append(icon, said);
  image.replaceWith(mark);
}

const isPicture = (node) => node instanceof HTMLImageElement && node.matches(".picture, .thumb img");

// Errors of pictures do not bubble, but they can be caught on their way down.
document.addEventListener("error", (event) => isPicture(event.target) && leaveMark(event.target), true);
// A copy: the list of the document's pictures gets shorter with each mark.
for (const image of [...document.images]) {
  if (isPicture(image) && image.getAttribute("src") && image.complete && !image.naturalWidth) leaveMark(image);
}
