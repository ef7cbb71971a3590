// The audit's pages: runs and jobs that are asked for, and findings dealt with one by one or together, by keys too.

import { call } from "./api.js";
import { language, t, tn } from "./language.js";
import { tell } from "./told.js";

const $ = (id) => document.getElementById(id);
const API = "/api/v1";
const EVERY_MS = 1500;

const pause = () => new Promise((resolve) => setTimeout(resolve, EVERY_MS));

// A run of the audit is followed to its end; then the page is shown anew with what came of it.
const STATES = { queued: () => t("The audit waits for its turn."), running: () => t("The audit runs.") };

async function follow(address) {
  for (;;) {
    const { state } = await call("GET", address);
    if (!STATES[state]) break;
    if ($("told").textContent !== STATES[state]()) tell(STATES[state]());
    await pause();
  }
  location.reload();
}

async function run(body) {
  for (const id of ["run", "accept"]) if ($(id)) $(id).disabled = true;
  try {
    await follow(body ? (await call("POST", `${API}/audits/runs`, body)).links.self : `${API}/audits/runs/${$("run").dataset.watch}`);
  } catch (error) {
    tell(error);
    for (const id of ["run", "accept"]) if ($(id)) $(id).disabled = false;
  }
}

if ($("run")?.dataset.watch) run(null);
$("run")?.addEventListener("click", () => run({}));
$("accept")?.addEventListener("click", () => run({ accept: true }));

// A job that is asked for waits for a scheduler; then it is followed to its end.
async function followJob(id) {
  for (;;) {
    const { jobs } = await call("GET", `${API}/jobs`);
    const { asked, running } = jobs.find((one) => one.id === id);
    if (!asked && !running) break;
    const since = running ? Math.round((Date.now() - new Date(running.started)) / 1000) : 0;
    tell(running ? tn("It runs, for {count} second now.", "It runs, for {count} seconds now.", since) : t("It waits for its turn; a scheduler must run."));
    await pause();
  }
  location.reload();
}

const watched = document.querySelector("[data-follow][data-watch]");
if (watched) followJob(watched.dataset.job).catch((error) => tell(error));

for (const button of document.querySelectorAll("[data-job]")) {
  button.addEventListener("click", async () => {
    try {
      await call("POST", `${API}/jobs/${encodeURIComponent(button.dataset.job)}/run`);
      button.disabled = true;
      if ("follow" in button.dataset) await followJob(button.dataset.job);
      else tell(t("It is asked for and waits for its turn. Load the page again to see how it stands."));
    } catch (error) {
      tell(error);
    }
  });
}

// Findings.
const rows = [...document.querySelectorAll(".row")];
const path = (row) => `${API}/audits/findings/${row.dataset.id}`;
const box = (row) => row.querySelector(".pick input");
const day = (text) => new Date(`${text}T00:00`).toLocaleDateString(language, { dateStyle: "long" });
const LABELS = {
  open: () => t("Open"),
  acknowledged: () => t("Acknowledged"),
  waived: () => t("Waived"),
  resolved: () => t("Resolved"),
};
let at = -1;
let undoing = [];

function stand({ state, owner, due, waived_until: until }) {
  return [
    until ? t("Waived until {day}", { day: day(until) }) : LABELS[state](),
    owner && t("with {owner}", { owner }),
    due && t("due {day}", { day: day(due) }),
  ].filter(Boolean).join(" · ");
}

function show(place) {
  if (!rows[place]) return;
  rows[at]?.removeAttribute("aria-current");
  at = place;
  rows[at].setAttribute("aria-current", "true");
  rows[at].focus({ preventScroll: true });
  rows[at].scrollIntoView({ block: "nearest" });
}

function count() {
  const chosen = rows.filter((row) => box(row).checked).length;
  $("chosen").textContent = chosen ? tn("{count} selected", "{count} selected", chosen) : "";
  $("every").checked = chosen === rows.length;
  $("every").indeterminate = chosen > 0 && chosen < rows.length;
}

// What is done, and what it says beforehand.
const DEEDS = {
  assign: {
    title: (n) => tn("Assign {count} finding", "Assign {count} findings", n),
    needs: ["owner"],
    says: () => t("From then on it is in the mails to this owner."),
  },
  due: { title: (n) => tn("Set a due date for {count} finding", "Set a due date for {count} findings", n), needs: ["due"], says: () => "" },
  waive: {
    title: (n) => tn("Waive {count} finding", "Waive {count} findings", n),
    needs: ["waived_until", "note"],
    says: () => t("It is left in peace until that day, and comes back then if it is still so."),
  },
  resolve: {
    title: (n) => tn("Resolve {count} finding", "Resolve {count} findings", n),
    needs: [],
    says: () => t("The next audit opens it again if it is still so."),
    body: { state: "resolved" },
  },
};

async function asked(deed, some) {
  const { title, needs, says } = DEEDS[deed];
  const form = $("act-form");
  form.reset();
  $("act-title").textContent = title(some.length);
  $("act-says").textContent = says();
  for (const label of form.querySelectorAll("[data-for]")) {
    const used = label.dataset.for === deed;
    label.hidden = !used;
    label.querySelector("input").required = used;
  }
  const now = new Date();
  const today = new Date(now - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
  for (const input of form.querySelectorAll("[type=date]")) input.min = today;
  $("act-list").replaceChildren(...some.map((row) => {
    const { owner, note } = JSON.parse(row.dataset.finding);
    const loses = [
      deed === "assign" && owner && t("so far with {owner}", { owner }),
      deed === "waive" && note && t("replaces the note “{note}”", { note }),
    ].filter(Boolean);
    return Object.assign(document.createElement("li"), { textContent: [row.dataset.name, ...loses].join(" – ") });
  }));
  $("act").returnValue = "no";
  $("act").showModal();
  await new Promise((resolve) => $("act").addEventListener("close", resolve, { once: true }));
  if ($("act").returnValue !== "yes") return null;
  const given = Object.fromEntries(needs.map((name) => [name, form.elements[name].value]));
  return DEEDS[deed].body ?? given;
}

// One after the other; what is already done stays done and can be undone when a later one fails.
async function change(row, body, version) {
  const before = JSON.parse(row.dataset.finding);
  const after = await call("PATCH", path(row), body, version ? { "If-Match": `"${version}"` } : {});
  const now = Object.fromEntries(Object.keys(before).map((name) => [name, after[name]]));
  row.dataset.finding = JSON.stringify(now);
  row.querySelector("[data-slot=stand]").textContent = stand(now);
  const back = Object.fromEntries(Object.entries(before).filter(([name, value]) => value !== now[name]));
  if (back.waived_until === null) back.state ??= before.state;
  return { row, back, version: after.version };
}

async function act(deed) {
  const picked = rows.filter((row) => box(row).checked);
  const some = picked.length ? picked : rows[at] ? [rows[at]] : [];
  if (!some.length) return tell(t("Select something first."), true);
  tell("");
  const body = await asked(deed, some);
  if (!body) return some[0].focus({ preventScroll: true });
  const done = [];
  let failed = "";
  for (const row of some) {
    try {
      done.push(await change(row, body));
      box(row).checked = false;
    } catch (error) {
      failed = t("{name} was not changed: {why}", { name: row.dataset.name, why: error.message });
      break;
    }
  }
  undoing = done.filter(({ back }) => Object.keys(back).length);
  $("undo").hidden = !undoing.length;
  count();
  tell([tn("{count} finding is changed.", "{count} findings are changed.", done.length), failed].filter(Boolean).join(" "), Boolean(failed));
  (done.at(-1)?.row ?? some[0]).focus({ preventScroll: true });
}

async function undo() {
  const left = undoing;
  undoing = [];
  $("undo").hidden = true;
  const kept = [];
  let failed = "";
  for (const one of left) {
    try {
      await change(one.row, one.back, one.version);
    } catch (error) {
      kept.push(one);
      failed = t("{name} was not changed: {why}", { name: one.row.dataset.name, why: error.message });
    }
  }
  if (left.length) tell([tn("{count} finding is as before.", "{count} findings are as before.", left.length - kept.length), failed].filter(Boolean).join(" "), Boolean(failed));
}

if ($("rows")) {
  document.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row && rows.indexOf(row) !== at && !event.target.closest("a")) {
      rows[at]?.removeAttribute("aria-current");
      at = rows.indexOf(row);
      row.setAttribute("aria-current", "true");
    }
    const button = event.target.closest("button");
    if (button?.dataset.do) act(button.dataset.do);
    else if (button?.id === "undo") undo();
    else if (button?.id === "keys-open") $("keys").showModal();
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "every") for (const row of rows) box(row).checked = event.target.checked;
    if (event.target.closest(".pick, .doing")) count();
  });
  const DOERS = { a: "assign", d: "due", w: "waive", r: "resolve" };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("select, textarea, input:not([type=checkbox])")) return;
    const key = event.key.toLowerCase();
    if (event.key === "?") $("keys").showModal();
    else if (!rows.length) return;
    else if (key === "j" || event.key === "ArrowDown") show(Math.min(at + 1, rows.length - 1));
    else if (key === "k" || event.key === "ArrowUp") show(Math.max(at - 1, 0));
    else if (key === "x" && rows[at]) {
      box(rows[at]).checked = !box(rows[at]).checked;
      count();
    } else if (DOERS[key]) act(DOERS[key]);
    else if (key === "u") undo();
    else if (event.key === "Enter" && event.target === rows[at]) rows[at].querySelector(".what a")?.click();
    else return;
    event.preventDefault();
  });
}
