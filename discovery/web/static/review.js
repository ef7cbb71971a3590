// Fast triage: one case after the other, by keys, each decision kept at once and undoable.

import { call } from "./api.js";
import { number, t, tn } from "./language.js";
import { tell } from "./told.js";

const $ = (id) => document.getElementById(id);
const cases = [...document.querySelectorAll(".case")];
const WORDS = {
  accept: () => t("Accepted"),
  refuse: () => t("Refused"),
  merge: () => t("One stands for all of them now"),
  keep_both: () => t("Both are kept"),
};
const DOERS = { a: "accept", r: "refuse", m: "merge", b: "keep_both" };
// The review page is all cases, and its arrows go through them; elsewhere arrows scroll unless a case has the focus.
const left = $("left");
const kept = new WeakSet();
let at = 0;
let looking = false;

function show(place, { focus = true } = {}) {
  if (!cases[place]) return;
  cases[at]?.removeAttribute("aria-current");
  at = place;
  cases[at].setAttribute("aria-current", "true");
  if (focus) cases[at].focus({ preventScroll: true });
  if (focus) cases[at].scrollIntoView({ block: "nearest" });
}

const waiting = () => cases.filter((one) => !one.dataset.said).length;

function count() {
  if (left) left.textContent = tn("{count} waits on this page", "{count} wait on this page", waiting());
}

// What is said of a case shows at once; that it is kept, once the service has it.
function mark(node, decision, sku) {
  if (decision) Object.assign(node.dataset, { said: decision, saidSku: sku ?? "" });
  else delete node.dataset.said;
  for (const button of node.querySelectorAll("[data-decide]")) button.disabled = Boolean(decision);
  count();
}

function settled(node) {
  const done = node.querySelector(".done");
  done.hidden = !node.dataset.said;
  if (node.dataset.said) done.querySelector("span").textContent = WORDS[node.dataset.said]();
}

const turns = new WeakMap();

// Keys are faster than replies: nobody waits for one, and the words on one case reach the service in their order.
function inTurn(node, send, back) {
  node.setAttribute("aria-busy", "true");
  const turn = (turns.get(node) ?? Promise.resolve()).then(send).catch((error) => {
    if (turns.get(node) === turn) back();
    tell(`${node.getAttribute("aria-label")}: ${error.message}`, true);
  });
  turns.set(node, turn);
  return turn.then(() => {
    if (turns.get(node) !== turn) return;
    node.removeAttribute("aria-busy");
    settled(node);
  });
}

const linkWord = (node, decision, sku) => ({ asset: node.dataset.asset, sku, decision });

// Before files are replaced by one, what that does is shown.
async function agreed(title, lines) {
  $("preview-title").textContent = title;
  $("preview-list").replaceChildren(
    ...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })),
  );
  $("preview").returnValue = "no";
  $("preview").showModal();
  await new Promise((resolve) => $("preview").addEventListener("close", resolve, { once: true }));
  return $("preview").returnValue === "yes";
}

function effectOf({ asset, other, keywords, links }, node) {
  const name = (id) => node.querySelector(`a[href$="${CSS.escape(encodeURIComponent(id))}"] img`)?.alt ?? id;
  const gains = [
    links.length ? t("shows {skus} from then on", { skus: links.join(", ") }) : "",
    keywords.length ? t("gains the keywords {words}", { words: keywords.join(", ") }) : "",
  ].filter(Boolean);
  const replaced = t("{name} is replaced by {other}", { name: name(asset), other: name(other) });
  return gains.length ? `${replaced}: ${gains.join("; ")}` : replaced;
}

async function mergeAgreed(node) {
  const word = { group: node.dataset.group, decision: "merge", preview: true };
  const { effects } = await call("POST", "/api/v1/duplicates/decisions", word);
  const title = tn("{count} file is replaced", "{count} files are replaced", effects.length);
  return agreed(title, effects.map((one) => effectOf(one, node)));
}

function send(node, decision, sku) {
  if (node.dataset.asset) return call("POST", "/api/v1/links/decisions", linkWord(node, decision, sku));
  return call("POST", "/api/v1/duplicates/decisions", { group: node.dataset.group, decision });
}

async function decide(node, decision, sku = node.dataset.sku) {
  if (node.dataset.said || looking) return;
  tell("");
  if (decision === "merge") {
    looking = true;
    try {
      if (!(await mergeAgreed(node))) return;
    } catch (error) {
      return tell(error);
    } finally {
      looking = false;
    }
  }
  mark(node, decision, sku);
  const place = cases.indexOf(node);
  const next = cases.findIndex((one, after) => after > place && !one.dataset.said);
  show(next < 0 ? place : next);
  await inTurn(node, async () => {
    await send(node, decision, sku);
    kept.add(node);
  }, () => mark(node));
}

async function undo(node) {
  const { said: decision, saidSku: sku } = node.dataset;
  if (!decision || looking) return;
  tell("");
  mark(node);
  show(cases.indexOf(node));
  await inTurn(node, async () => {
    if (!kept.has(node)) return;
    if (node.dataset.asset) await send(node, "withdraw", sku);
    else await call("POST", "/api/v1/duplicates/decisions", { assets: node.dataset.members.split(" "), decision: "undo" });
    kept.delete(node);
  }, () => mark(node, decision, sku));
}

function difference(node) {
  const pair = node.querySelector("[data-pair]");
  if (!pair) return;
  pair.toggleAttribute("data-over");
  node.querySelector("[data-difference]").setAttribute("aria-pressed", String(pair.hasAttribute("data-over")));
}

async function acceptSure(least) {
  const sure = cases.filter((one) => !one.dataset.said && one.dataset.sku && Number(one.dataset.probability) >= least);
  const lines = sure.map((one) => t("{name} shows {sku}", { name: one.getAttribute("aria-label"), sku: one.dataset.sku }));
  const title = tn("{count} link is accepted", "{count} links are accepted", sure.length);
  if (!sure.length || !(await agreed(title, lines))) return;
  try {
    await call("POST", "/api/v1/links/decisions", { decisions: sure.map((one) => linkWord(one, "accept", one.dataset.sku)) });
    for (const one of sure) {
      mark(one, "accept", one.dataset.sku);
      kept.add(one);
      settled(one);
    }
    tell(t("{count} accepted", { count: number(sure.length) }));
  } catch (error) {
    tell(error);
  }
}

document.addEventListener("click", (event) => {
  const node = event.target.closest(".case");
  if (node) show(cases.indexOf(node), { focus: false });
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.decide) decide(node, button.dataset.decide, button.dataset.sku ?? node.dataset.sku);
  else if ("undo" in button.dataset) undo(node);
  else if ("difference" in button.dataset) difference(node);
  else if (button.id === "all") acceptSure(Number(button.dataset.least));
});

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("preview").open) return;
  if (event.target.closest("input, select, textarea") || !cases.length) return;
  const key = event.key.toLowerCase();
  if (key.startsWith("arrow") && !left && !event.target.closest(".case")) return;
  const node = cases[at];
  const offered = DOERS[key] && node.querySelector(`.actions [data-decide="${DOERS[key]}"]`);
  if (offered) decide(node, DOERS[key]);
  else if (key === "j" || event.key === "ArrowDown") show(at + 1);
  else if (key === "k" || event.key === "ArrowUp") show(at - 1);
  else if (key === "d") difference(node);
  else if (key === "u") undo(node.dataset.said ? node : (cases.slice(0, at).reverse().find((one) => one.dataset.said) ?? node));
  else return;
  event.preventDefault();
});

show(0, { focus: false });
