// The search page, alive: as you type, facets, pictures, more, details. Without it the page still works.

import { number, t } from "./language.js";
import * as states from "./state.js";
import { enliven } from "./item.js";
import { createLog } from "./log.js";
import { createRegion } from "./region.js";
import { createRenderer } from "./render.js";
import { createSaved } from "./saved.js";
import { createSelection } from "./select.js";
import { createSuggestions } from "./suggest.js";

const PAUSE_MS = 180;
const $ = (id) => document.getElementById(id);
const page = JSON.parse($("layout").dataset.page);
const renderer = createRenderer(page);
const log = createLog(page.log);
const selection = createSelection($("hits"));

let state = states.read(location.search);
let drawn = state;
let image = null; // the uploaded picture: it cannot lie in an address, so it lives as long as the page
let next = null;
let asking = null;
let pause = 0;

async function ask({ path, pairs }, signal, file, headers = {}) {
  let reply;
  try {
    if (file) {
      const form = new FormData();
      form.append("image", file, file.name || "picture");
      for (const [name, value] of pairs) form.append(name, value);
      reply = await fetch(path, { method: "POST", body: form, signal, headers });
    } else {
      reply = await fetch(`${path}?${new URLSearchParams(pairs)}`, { signal, headers });
    }
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw { title: t("no answer"), detail: t("The service cannot be reached. Is it still running?"), passing: true };
  }
  const body = await reply.json().catch(() => ({ title: t("no answer"), detail: t("status {status}", reply) }));
  if (!reply.ok) throw { ...body, passing: reply.status === 503 };
  return body;
}

// What passes by itself, such as an engine that starts again, is asked once more, ever less often.
const FIRST_RETRY_MS = 1500;
const LAST_RETRY_MS = 30000;
let retry = 0;
let patience = FIRST_RETRY_MS;

function askAgainLater() {
  retry = setTimeout(run, patience);
  patience = Math.min(2 * patience, LAST_RETRY_MS);
}

// Only the newest question counts: an older one is called off, and its answer is never shown.
async function run() {
  clearTimeout(pause);
  clearTimeout(retry);
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  const refined = renderer.controls(state, image);
  renderer.busy(true);
  try {
    const facets = page.facets[states.sideOf(state)];
    const asked = states.asked(state, facets, { picture: Boolean(image) });
    const headers = log.headers({ words: state.get("q") && !image && !states.isSimilar(state) });
    const answer = await ask(asked, mine.signal, image?.file, headers);
    if (asking !== mine) return;
    log.answered(answer);
    next = answer.next;
    failed = false;
    patience = FIRST_RETRY_MS;
    watchEnd();
    await renderer.answer(state, answer, { image, refined, current: () => asking === mine });
    if (asking !== mine) return;
    drawn = state;
    if (answer.total === 0 && state.get("q") && !image) await offerSpelling(mine.signal);
  } catch (error) {
    if (asking === mine && error.name !== "AbortError") {
      renderer.trouble(error);
      if (error.passing) askAgainLater();
    }
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
    renderer.trouble({ title: t("not a picture"), detail: t("Drop, paste or choose a picture file.") });
    return;
  }
  forget();
  image = { file, name: file.name || t("this picture"), url: URL.createObjectURL(file) };
  $("upload").value = "";
  go(states.without(state, ...states.PICTURED, "q", "sort"));
}

// Further hits come by themselves as the end of the list comes near; after so many a reader is asked, so that
// what stands below the list can be reached.
const BY_ITSELF = 1000;
const AHEAD = "900px";
const GHOSTS = 12;

async function more({ asked: wanted = true } = {}) {
  const button = $("more");
  if (!next || button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  const mine = asking;
  const came = renderer.awaitMore(GHOSTS);
  try {
    // Counts are of all hits, whatever the page: those of the first one stand.
    const asked = states.asked(state, [], { picture: Boolean(image), after: next });
    const answer = await ask(asked, mine?.signal, image?.file);
    if (asking !== mine) return;
    next = answer.next;
    came();
    const first = renderer.further(answer);
    if (wanted) first?.querySelector("a").focus({ preventScroll: true });
  } catch (error) {
    // What is there stays there; the button lets a reader try again.
    if (error.name !== "AbortError") $("notice").textContent = error.detail ?? error.title;
    $("notice").hidden = error.name === "AbortError";
    failed = true;
  } finally {
    came();
    button.ariaBusy = "false";
    watchEnd();
  }
}

let failed = false;
const end = new IntersectionObserver(
  ([seen]) => seen.isIntersecting && !failed && $("hits").childElementCount < BY_ITSELF && more({ asked: false }),
  { rootMargin: AHEAD },
);

// Observed anew, it tells at once whether the end is in sight still.
function watchEnd() {
  end.disconnect();
  if (next) end.observe($("more"));
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
  enliven(item);
  $("detail").setAttribute("aria-label", item.dataset.title);
  if (push) history[push === "replace" ? "replaceState" : "pushState"]({ detail: true }, "", href);
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

// From one hit to another: the neighbour in the list, or the one above or below.
function neighbour(card, key) {
  const cards = [...$("hits").querySelectorAll(".card:not(.ghost)")];
  const at = cards.indexOf(card);
  if (key === "ArrowLeft" || key === "ArrowRight") return cards[at + (key === "ArrowRight" ? 1 : -1)];
  const { left, top } = card.getBoundingClientRect();
  const ordered = key === "ArrowDown" ? cards.slice(at + 1) : cards.slice(0, at).reverse();
  return ordered.find((one) => {
    const place = one.getBoundingClientRect();
    return Math.abs(place.left - left) < 2 && place.top !== top;
  });
}

const cardOf = (href) => [...$("hits").querySelectorAll("a.open")].find((link) => link.href === href)?.closest(".card");

function step(key) {
  if ($("detail").open) {
    const next = cardOf(location.href) && neighbour(cardOf(location.href), key);
    if (next) open(next.querySelector(".open").href, { push: "replace" });
    return Boolean(next);
  }
  const card = document.activeElement.closest?.(".card") ?? null;
  const to = card ? neighbour(card, key) : $("hits").querySelector(".card:not(.ghost)");
  to?.querySelector(".open").focus();
  return Boolean(to);
}

const plain = (event) => event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || !plain(event)) return;
  if ("language" in link.dataset) {
    const kept = new URLSearchParams(location.search);
    kept.set("lang", link.dataset.language);
    location.assign(`${location.pathname}?${kept}`);
  } else if (link.id === "more") {
    failed = false;
    more();
  } else if ("zoom" in link.dataset) link.closest(".stage").toggleAttribute("data-zoomed");
  else if ("open" in link.dataset) {
    log.opened(link.closest("#hits > .card"));
    open(link.href);
  } else if ("side" in link.dataset || "state" in link.dataset) {
    // Facets are those of the last answer; what was changed since then stays changed.
    const linked = states.read(link.search);
    const wanted = link.closest("#facets") && states.sideOf(linked) === states.sideOf(state) ? states.rebased(linked, drawn, state) : linked;
    // An uploaded picture stays while it is refined; it goes with its own close button or another question.
    const refining = link.closest(".panel, #chips, .switch, .order, #empty") !== null;
    if (!refining) forget();
    shut();
    go(wanted).then(() => refining || scrollTo({ top: 0 }));
  } else return;
  event.preventDefault();
});

const words = $("search").elements.q;
const suggestions = createSuggestions(words, $("suggestions"), {
  ask: async (typed, signal) => {
    const pairs = [["q", typed], ["in", states.sideOf(state)]];
    return (await ask({ path: "/api/v1/suggest", pairs }, signal)).suggestions;
  },
  describe: ({ kind, field, count }) => {
    const kinds = { asset: t("Asset"), product: t("Product"), facet: field && renderer.labelOf(state, field) };
    return [kinds[kind], count === null ? "" : number(count)].filter(Boolean).join(" · ");
  },
  choose: (one) => {
    clearTimeout(pause);
    if (one.kind === "asset" || one.kind === "product") {
      open(`/${one.kind}s/${encodeURIComponent(one.id)}`);
      return;
    }
    forget();
    const bare = states.without(state, ...states.PICTURED);
    words.value = one.kind === "query" ? one.text : "";
    go(
      one.kind === "query"
        ? states.withValue(bare, "q", one.text)
        : states.withAlso(states.without(bare, "q"), `filter.${one.field}`, one.text),
    );
  },
});

$("search").addEventListener("input", (event) => {
  if (event.target !== words) return;
  const typed = words.value;
  clearTimeout(pause);
  pause = setTimeout(() => {
    forget();
    go(states.withValue(states.without(state, ...states.PICTURED), "q", typed), { typing: true });
  }, PAUSE_MS);
});

$("search").addEventListener("submit", (event) => {
  event.preventDefault();
  forget();
  suggestions.close();
  const asked = states.withValue(states.without(state, ...states.PICTURED), "q", words.value);
  go(asked, { typing: history.state?.typing });
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
    document.title = `${state.get("q") || t("Search")} · Discovery`;
    return;
  }
  forget();
  words.value = state.get("q") ?? "";
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

$("facets").addEventListener("input", (event) => event.target.matches(".narrow input") && renderer.narrow(event.target));
$("ranges").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = [...event.target.querySelectorAll("[type=number]")];
  go(given.reduce((changed, { name, value }) => states.withValue(changed, name, value), state));
});
const region = createRegion($("region"), { chosen: (part) => go(states.withValue(state, "region", part)) });
$("part").addEventListener("click", () => {
  const source = $("query-picture").src;
  region.open(image ? source : `${source}${source.includes("?") ? "&" : "?"}size=${page.sizes.at(-1)}`, state.get("region"));
});
createSaved({
  asked: () => (image || states.isSimilar(state) ? null : states.asked(state, page.facets[states.sideOf(state)]).pairs),
});
$("help-open").addEventListener("click", () => $("help").showModal());

addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const elsewhere = $("help").open || $("region").open || $("collect").open;
  const card = document.activeElement.closest?.(".card");
  let done = false;
  if (event.key === "?" && !elsewhere) {
    $("help").showModal();
    done = true;
  } else if (event.key === "/" && !$("detail").open && !elsewhere) {
    words.focus();
    done = true;
  } else if (event.key.startsWith("Arrow") && !elsewhere && ($("detail").open ? /Left|Right/.test(event.key) : card)) {
    done = step(event.key);
  } else if (event.key.toLowerCase() === "s" && card && !$("detail").open) {
    card.querySelector(".similar")?.click();
    done = true;
  } else if (event.key.toLowerCase() === "x" && card && !$("detail").open) {
    selection.toggle(card, { range: event.shiftKey });
    done = true;
  } else if (event.key.toLowerCase() === "c" && selection.size() && !elsewhere && !$("detail").open) {
    selection.open();
    done = true;
  } else if (event.key === "Escape" && selection.size() && !elsewhere && !$("detail").open) {
    selection.clear();
    done = true;
  } else if (event.key.toLowerCase() === "z" && $("detail").open) {
    $("detail-body").querySelector("[data-zoom]")?.click();
    done = true;
  }
  if (done) event.preventDefault();
});

// The server has already rendered this state; only what it cannot hand over is taken from its page.
next = $("more").hidden ? null : new URL($("more").href).searchParams.get("after");
watchEnd();
if ("passing" in $("trouble").dataset) askAgainLater();
