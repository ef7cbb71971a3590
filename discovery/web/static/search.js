// The search page, alive: as you type, facets, pictures, more, details. Without it the page still works.

import * as states from "./state.js";
import { createRenderer } from "./render.js";

const PAUSE_MS = 180;
const $ = (id) => document.getElementById(id);
const page = JSON.parse($("layout").dataset.page);
const renderer = createRenderer(page);

let state = states.read(location.search);
let image = null; // the uploaded picture: it cannot lie in an address, so it lives as long as the page
let next = null;
let asking = null;
let pause = 0;

document.documentElement.classList.add("script");

async function ask({ path, pairs }, signal, file) {
  let reply;
  try {
    if (file) {
      const form = new FormData();
      form.append("image", file, file.name || "picture");
      for (const [name, value] of pairs) form.append(name, value);
      reply = await fetch(path, { method: "POST", body: form, signal });
    } else {
      reply = await fetch(`${path}?${new URLSearchParams(pairs)}`, { signal });
    }
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw { title: "no answer", detail: "The service cannot be reached. Is it still running?" };
  }
  const body = await reply.json().catch(() => ({ title: "no answer", detail: `status ${reply.status}` }));
  if (!reply.ok) throw body;
  return body;
}

// Only the newest question counts: an older one is called off, and its answer is never shown.
async function run() {
  clearTimeout(pause);
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  const refined = renderer.controls(state, image);
  renderer.busy(true);
  try {
    const facets = page.facets[states.sideOf(state)];
    const answer = await ask(states.asked(state, facets, { picture: Boolean(image) }), mine.signal, image?.file);
    if (asking !== mine) return;
    next = answer.next;
    renderer.answer(state, answer, { image, refined });
    if (answer.total === 0 && state.get("q") && !image) await offerSpelling(mine.signal);
  } catch (error) {
    if (asking === mine && error.name !== "AbortError") renderer.trouble(error);
  } finally {
    if (asking === mine) renderer.busy(false);
  }
}

async function offerSpelling(signal) {
  const asked = { path: "/api/v1/suggest", pairs: [["q", state.get("q")], ["in", states.sideOf(state)]] };
  const { did_you_mean: better } = await ask(asked, signal);
  if (better) renderer.suggestion(state, better);
}

function go(changed, { typing = false } = {}) {
  state = changed;
  const replaces = typing && history.state?.typing;
  history[replaces ? "replaceState" : "pushState"]({ typing }, "", states.address(state));
  return run();
}

function forget() {
  if (image) URL.revokeObjectURL(image.url);
  image = null;
}

function similarTo(file) {
  if (!file?.type.startsWith("image/")) {
    renderer.trouble({ title: "not a picture", detail: "Drop, paste or choose a picture file." });
    return;
  }
  forget();
  image = { file, name: file.name || "this picture", url: URL.createObjectURL(file) };
  $("upload").value = "";
  go(states.without(state, "asset", "product", "q", "sort"));
}

async function more() {
  const button = $("more");
  if (!next || button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  const mine = asking;
  try {
    const facets = page.facets[states.sideOf(state)];
    const asked = states.asked(state, facets, { picture: Boolean(image), after: next });
    const answer = await ask(asked, mine?.signal, image?.file);
    if (asking !== mine) return;
    next = answer.next;
    renderer.further(answer)?.querySelector("a").focus({ preventScroll: true });
  } catch (error) {
    if (error.name !== "AbortError") renderer.trouble(error);
  } finally {
    button.ariaBusy = "false";
  }
}

// Details are the item's own page, laid over the results; its address is the item's address. One that
// arrives after the reader has gone on is not shown.
let visit = 0;

async function open(href, { push = true } = {}) {
  visit += 1;
  const mine = visit;
  const reply = await fetch(href, { headers: { Accept: "text/html" } }).catch(() => null);
  const item = reply && new DOMParser().parseFromString(await reply.text(), "text/html").getElementById("item");
  if (mine !== visit) return;
  if (!item) {
    location.assign(href);
    return;
  }
  $("detail-body").replaceChildren(document.adoptNode(item));
  $("detail").setAttribute("aria-label", item.dataset.title);
  if (push) history.pushState({ detail: true }, "", href);
  if (!$("detail").open) $("detail").showModal();
  $("detail").scrollTop = 0;
  document.title = `${item.dataset.title} · Discovery`;
}

function shut() {
  visit += 1;
  if (!$("detail").open) return;
  $("detail").close();
  $("detail-body").replaceChildren();
}

const plain = (event) => event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || !plain(event)) return;
  if (link.id === "more") more();
  else if ("open" in link.dataset) open(link.href);
  else if ("side" in link.dataset || "state" in link.dataset) {
    const wanted = states.read(link.search);
    // An uploaded picture stays while it is refined; it goes with its own close button or another question.
    const refining = link.closest("#facets, #chips, .switch, .order, #empty") !== null;
    if (!refining) forget();
    shut();
    go(wanted).then(() => refining || scrollTo({ top: 0 }));
  } else return;
  event.preventDefault();
});

$("search").addEventListener("input", (event) => {
  if (event.target.name !== "q") return;
  const words = event.target.value;
  clearTimeout(pause);
  pause = setTimeout(() => {
    forget();
    go(states.withValue(states.without(state, "asset", "product"), "q", words), { typing: true });
  }, PAUSE_MS);
});

$("search").addEventListener("submit", (event) => {
  event.preventDefault();
  forget();
  const words = event.target.elements.q.value;
  go(states.withValue(states.without(state, "asset", "product"), "q", words), { typing: history.state?.typing });
});

$("sort").addEventListener("change", (event) => go(states.withValue(state, "sort", event.target.value)));
$("upload").addEventListener("change", (event) => event.target.files[0] && similarTo(event.target.files[0]));
$("detail-close").addEventListener("click", () => history.back());
$("detail").addEventListener("cancel", (event) => {
  event.preventDefault();
  history.back();
});
$("detail").addEventListener("click", (event) => event.target === $("detail") && history.back());

addEventListener("popstate", () => {
  if (location.pathname !== "/") {
    open(location.href, { push: false });
    return;
  }
  const wasOpen = $("detail").open;
  shut();
  const before = states.address(state);
  state = states.read(location.search);
  if (wasOpen && states.address(state) === before) {
    document.title = `${state.get("q") || "Search"} · Discovery`;
    return;
  }
  forget();
  $("search").elements.q.value = state.get("q") ?? "";
  run();
});

addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
  if (!file) return;
  event.preventDefault();
  similarTo(file);
});

let depth = 0; // dragenter and dragleave come in pairs, one for each element passed
const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragenter", (event) => {
  if (!holdsFile(event)) return;
  depth += 1;
  $("drop").hidden = false;
});
addEventListener("dragleave", (event) => {
  if (!holdsFile(event)) return;
  depth -= 1;
  if (depth <= 0) $("drop").hidden = true;
});
addEventListener("dragover", (event) => holdsFile(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!holdsFile(event)) return;
  event.preventDefault();
  depth = 0;
  $("drop").hidden = true;
  similarTo(event.dataTransfer.files[0]);
});

addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, dialog");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    $("search").elements.q.focus();
  }
});

// The server has already rendered this state; only what it cannot hand over is taken from its page.
next = $("more").hidden ? null : new URL($("more").href).searchParams.get("after");
