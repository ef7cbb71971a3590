// Selecting hits, by click, by shift and click, by keys, and collecting them.

import { call } from "./api.js";
import { t, tn } from "./language.js";

const $ = (id) => document.getElementById(id);
const API = "/api/v1/collections";
const MOST_AT_ONCE = 1000;

export function createSelection(hits) {
  const chosen = new Map(); // what is selected stays so while results come and go
  let anchor = null;

  const keyOf = (card) => card.querySelector(".open").dataset.key;
  const idOf = (card) => keyOf(card).replace(/^card:/, "");
  const box = (card) => card.querySelector(".pick input");
  const cards = () => [...hits.querySelectorAll(".card:not(.ghost)")].filter(box);

  function mark(card) {
    const selected = chosen.has(keyOf(card));
    box(card).checked = selected;
    card.toggleAttribute("data-selected", selected);
  }

  function count() {
    $("selection").hidden = chosen.size === 0;
    $("selected").textContent = chosen.size ? tn("{count} selected", "{count} selected", chosen.size) : "";
    hits.toggleAttribute("data-selecting", chosen.size > 0);
  }

  function put(card, selected) {
    if (selected) chosen.set(keyOf(card), { [card.dataset.kind]: idOf(card) });
    else chosen.delete(keyOf(card));
    mark(card);
  }

  // With shift, all between the last one and this one.
  function toggle(card, { range = false } = {}) {
    const selected = !chosen.has(keyOf(card));
    const order = cards();
    const from = range && anchor ? order.findIndex((one) => keyOf(one) === anchor) : -1;
    const to = order.indexOf(card);
    const some = from < 0 ? [card] : order.slice(Math.min(from, to), Math.max(from, to) + 1);
    for (const one of some) put(one, from < 0 ? selected : true);
    anchor = keyOf(card);
    count();
  }

  function clear() {
    chosen.clear();
    anchor = null;
    for (const card of cards()) mark(card);
    count();
  }

  hits.addEventListener("click", (event) => {
    const label = event.target.closest(".pick");
    if (!label || event.target.tagName !== "INPUT") return;
    toggle(label.closest(".card"), { range: event.shiftKey });
  });
  // Shift and a click on a label would select text.
  hits.addEventListener("mousedown", (event) => event.shiftKey && event.target.closest(".pick") && event.preventDefault());
  new MutationObserver(() => {
    for (const card of cards()) mark(card);
  }).observe(hits, { childList: true });

  async function open() {
    $("collect-told").textContent = "";
    try {
      const { collections } = await call("GET", API);
      const options = collections.map((one) => Object.assign(document.createElement("option"), { value: one.id, textContent: one.name }));
      const fresh = Object.assign(document.createElement("option"), { value: "", textContent: t("A new collection") });
      $("collect-form").elements.into.replaceChildren(fresh, ...options);
      into();
      // What was searched for is often what it is called; typing takes its place.
      const { name } = $("collect-form").elements;
      name.value ||= document.querySelector(".words").value.trim();
      $("collect").showModal();
      if (!name.closest("label").hidden) name.select();
    } catch (error) {
      $("selected").textContent = error.message;
    }
  }

  function into() {
    const { into: where, name } = $("collect-form").elements;
    name.closest("label").hidden = Boolean(where.value);
    name.required = !where.value;
  }

  $("collect-form").elements.into.addEventListener("change", into);
  $("collect-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const { into: where, name } = event.target.elements;
    const items = [...chosen.values()];
    try {
      let page;
      let added = 0;
      let id = where.value;
      if (!id) {
        const made = await call("POST", API, { name: name.value.trim(), items: items.slice(0, MOST_AT_ONCE) });
        [id, page] = [made.id, made.links.page];
        added = made.count;
      }
      for (let from = where.value ? 0 : MOST_AT_ONCE; from < items.length; from += MOST_AT_ONCE) {
        const told = await call("POST", `${API}/${encodeURIComponent(id)}/items`, { add: items.slice(from, from + MOST_AT_ONCE) });
        page = told.collection.links.page;
        added += told.added;
      }
      $("collect").close();
      event.target.reset();
      clear();
      const link = Object.assign(document.createElement("a"), { href: page, textContent: t("Open the collection") });
      $("collected").replaceChildren(tn("{count} item is collected.", "{count} items are collected.", added), " ", link);
      $("collected").hidden = false;
    } catch (error) {
      $("collect-told").textContent = error.message;
    }
  });
  $("collect-close").addEventListener("click", () => $("collect").close());
  $("collect-open").addEventListener("click", open);
  $("select-none").addEventListener("click", clear);
  $("select-all").addEventListener("click", () => {
    for (const card of cards()) put(card, true);
    count();
  });

  return { toggle, clear, open, size: () => chosen.size };
}
