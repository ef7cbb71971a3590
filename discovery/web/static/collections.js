// Collections: made, edited, put in order by hand or by keys, shared, taken away.

import { call } from "./api.js";
import { t, tn } from "./language.js";
import { tell } from "./told.js";

const $ = (id) => document.getElementById(id);
const API = "/api/v1/collections";
const one = $("collection");
const LINK_DAYS = 28;
const DAY_MS = 24 * 3600 * 1000;

$("make")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const made = await call("POST", API, { name: event.target.elements.name.value.trim() });
    location.assign(made.links.page);
  } catch (error) {
    tell(error);
  }
});

const cards = () => [...$("items").querySelectorAll(".card")];
const refOf = (card) => ({ [card.dataset.kind]: card.dataset.id });
let version = one?.dataset.version;
let undoing = null;

// Changes are sent one after the other, each upon what the one before left behind.
let last = Promise.resolve();

function arrange(body) {
  const sent = last.then(async () => {
    const { collection } = await call("POST", `${one.dataset.self}/items`, body, { "If-Match": `"${version}"` });
    version = collection.version;
    $("count").textContent = tn("{count} item", "{count} items", collection.count);
  });
  last = sent.catch((error) => {
    tell(error);
    offerUndo(null);
  });
  return last;
}

function offerUndo(how) {
  undoing = how;
  $("undo-line").hidden = !how;
}

function place(card, at, { undo = true } = {}) {
  const order = cards();
  const from = order.indexOf(card);
  const to = Math.max(0, Math.min(at, order.length - 1));
  if (to === from) return;
  const others = order.filter((other) => other !== card);
  $("items").insertBefore(card, others[to] ?? null);
  if (undo) offerUndo(() => place(card, from, { undo: false }));
  arrange({ add: [refOf(card)], at: to });
  tell(t("{name} stands at {place} now", { name: card.dataset.name, place: to + 1 }));
}

function remove(card) {
  const order = cards();
  const at = order.indexOf(card);
  (order[at + 1] ?? order[at - 1])?.querySelector(".open").focus();
  card.remove();
  arrange({ remove: [refOf(card)] });
  tell(t("{name} is taken out", { name: card.dataset.name }));
  offerUndo(() => {
    $("items").insertBefore(card, cards()[at] ?? null);
    card.querySelector(".open").focus();
    arrange({ add: [refOf(card)], at });
  });
}

$("undo")?.addEventListener("click", () => {
  const how = undoing;
  offerUndo(null);
  tell("");
  how?.();
});

if ($("edit")) {
  $("items").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const card = event.target.closest(".card");
    if (!button) return;
    if ("remove" in button.dataset) remove(card);
    else {
      place(card, cards().indexOf(card) + Number(button.dataset.move));
      button.focus();
    }
  });
  $("items").addEventListener("keydown", (event) => {
    const card = event.target.closest(".card");
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.altKey && step) {
      place(card, cards().indexOf(card) + step);
      card.querySelector(".open").focus();
    } else if (event.key === "Delete") remove(card);
    else return;
    event.preventDefault();
  });

  let dragged = null;
  $("items").addEventListener("dragstart", (event) => {
    dragged = event.target.closest(".card");
    dragged?.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged?.dataset.name ?? "");
  });
  $("items").addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const over = event.target.closest(".card");
    for (const card of cards()) card.classList.toggle("over", card === over && over !== dragged);
  });
  $("items").addEventListener("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const over = event.target.closest(".card");
    if (over) place(dragged, cards().indexOf(over));
  });
  $("items").addEventListener("dragend", () => {
    for (const card of cards()) card.classList.remove("dragged", "over");
    dragged = null;
  });

  for (const button of document.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  $("edit").addEventListener("click", () => {
    for (const name of ["name", "owner", "note"]) $("edit-form").elements[name].value = one.dataset[name];
    $("edit-told").textContent = "";
    $("edit-dialog").showModal();
  });
  $("edit-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const { name, owner, note } = event.target.elements;
    const body = { name: name.value.trim(), owner: owner.value.trim() || null, note: note.value.trim() || null };
    try {
      await last;
      await call("PATCH", one.dataset.self, body, { "If-Match": `"${version}"` });
      location.reload();
    } catch (error) {
      $("edit-told").textContent = error.message;
    }
  });
  $("drop-it").addEventListener("click", () => {
    $("edit-dialog").close();
    $("drop-dialog").returnValue = "no";
    $("drop-dialog").showModal();
  });
  $("drop-dialog").addEventListener("close", async () => {
    if ($("drop-dialog").returnValue !== "yes") return;
    try {
      await last;
      await call("DELETE", one.dataset.self, undefined, { "If-Match": `"${version}"` });
      location.assign("/collections");
    } catch (error) {
      tell(error);
    }
  });

  // A link ends by itself unless somebody says otherwise.
  $("share").addEventListener("click", () => {
    const { until } = $("share-form").elements;
    until.value ||= new Date(Date.now() + LINK_DAYS * DAY_MS).toISOString().slice(0, 10);
    $("share-dialog").showModal();
  });
  $("share-dialog").addEventListener("close", () => $("made").hidden || location.reload());
  $("share-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const { note, until } = event.target.elements;
    try {
      const { token } = await call("POST", `${one.dataset.self}/shares`, { note: note.value.trim() || null, until: until.value || null });
      note.value = "";
      $("link").value = `${location.origin}/shared/${token}`;
      $("made").hidden = false;
      $("share-told").textContent = t("The link is made. Copy it now: it is shown this once.");
      $("link").focus();
      $("link").select();
    } catch (error) {
      $("share-told").textContent = error.message;
    }
  });
  $("shares").addEventListener("click", async (event) => {
    const share = event.target.closest("button")?.closest("li");
    if (!share) return;
    try {
      await call("DELETE", `${one.dataset.self}/shares/${share.dataset.share}`);
      share.remove();
      $("share-told").textContent = t("The link is taken back: it leads nowhere now.");
    } catch (error) {
      $("share-told").textContent = error.message;
    }
  });
}
