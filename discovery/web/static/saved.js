// Searches that somebody keeps: listed, gone to, kept, taken away.

import { call } from "./api.js";
import { t } from "./language.js";

const $ = (id) => document.getElementById(id);

function tell(text) {
  $("saved-told").textContent = text;
}

function entry(search) {
  const node = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: search.links.page, textContent: search.name });
  link.dataset.state = "";
  const drop = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: t("Remove") });
  drop.setAttribute("aria-label", t("Remove {name}", { name: search.name }));
  drop.addEventListener("click", () => call("DELETE", search.links.self).then(list, (error) => tell(error.message)));
  node.append(link, drop);
  if (search.broken) node.append(Object.assign(document.createElement("p"), { className: "quiet", textContent: search.broken.reason }));
  return node;
}

async function list() {
  try {
    const { searches } = await call("GET", "/api/v1/searches");
    $("saved-list").replaceChildren(...searches.map(entry));
    tell(searches.length ? "" : t("Nothing is kept yet."));
  } catch (error) {
    tell(error.message);
  }
}

// `asked()` is what the API is asked for now, as pairs; nothing where it cannot be kept.
export function createSaved({ asked }) {
  $("saved").addEventListener("toggle", () => {
    $("save").hidden = asked() === null;
    if ($("saved").open) list();
  });
  $("save").addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = event.target.elements.name.value.trim();
    const pairs = asked().filter(([key]) => key !== "facets");
    try {
      await call("POST", "/api/v1/searches", { name, address: new URLSearchParams(pairs).toString() });
      event.target.reset();
      await list();
    } catch (error) {
      tell(error.message);
    }
  });
  document.addEventListener("click", (event) => {
    if (!$("saved").contains(event.target) || event.target.closest("#saved-list a")) $("saved").open = false;
  });
  $("saved").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !$("saved").open) return;
    $("saved").open = false;
    $("saved").querySelector("summary").focus();
    event.stopPropagation();
  });
}
