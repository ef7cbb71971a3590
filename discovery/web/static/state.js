// The state of the page is its address, in the grammar of the API; this module only reads and rewrites it.

const REFINING = ["filter.", "not.", "or."];

// What says which picture is asked about, and of which part of it.
export const PICTURED = ["asset", "product", "region"];

export const isRefinement = (name) => REFINING.some((prefix) => name.startsWith(prefix));
export const sideOf = (state) => (state.get("in") === "products" ? "products" : "assets");
export const isSimilar = (state) => state.has("asset") || state.has("product");
export const layoutOf = (state, known) => (known.includes(state.get("view")) ? state.get("view") : "grid");
export const isFolded = (state) => sideOf(state) === "products" && state.get("variants") !== "show";

export function read(search) {
  return new URLSearchParams(search);
}

export function address(state) {
  const kept = [...state].filter(([name, value]) => value && !(name === "in" && value === "assets"));
  return kept.length ? `/?${new URLSearchParams(kept)}` : "/";
}

export function change(state, edit) {
  const next = new URLSearchParams(state);
  next.delete("after");
  edit(next);
  return next;
}

export const without = (state, ...names) => change(state, (next) => names.forEach((name) => next.delete(name)));

export function withValue(state, name, value) {
  return change(state, (next) => (value ? next.set(name, value) : next.delete(name)));
}

export const withAlso = (state, name, value) => change(state, (next) => next.append(name, value));

export function toggled(state, name, value) {
  const pairs = [...state].filter(([key]) => key !== "after");
  const rest = pairs.filter(([key, given]) => !(key === name && given === value));
  return new URLSearchParams(rest.length < pairs.length ? rest : [...pairs, [name, value]]);
}

// What a link changes, made of another state than the one it was drawn for.
export function rebased(wanted, drawn, state) {
  const has = (one, [name, value]) => one.has(name, value);
  const kept = [...state].filter((pair) => pair[0] !== "after" && (has(wanted, pair) || !has(drawn, pair)));
  const added = [...wanted].filter((pair) => !has(drawn, pair) && !has(state, pair));
  return new URLSearchParams([...kept, ...added]);
}

export function withoutPair(state, position) {
  return new URLSearchParams([...state].filter(([name], number) => number !== position && name !== "after"));
}

export function cleared(state) {
  return new URLSearchParams([...state].filter(([name]) => !isRefinement(name) && name !== "after"));
}

export function onSide(state, side) {
  const kept = [...state].filter(([name]) => ["q", ...PICTURED, "view"].includes(name));
  return new URLSearchParams([...kept, ["in", side]]);
}

// What the API is asked for, given the state of the page.
export function asked(state, facets, { picture = false, after = null } = {}) {
  const similar = picture || isSimilar(state);
  const dropped = ["variants", "facets", "view", "after"];
  if (similar) dropped.push("q", "sort", "mode", "as_words");
  if (picture) dropped.push("asset", "product");
  if (!similar) dropped.push("region");
  const pairs = [...state].filter(([name, value]) => value && !dropped.includes(name));
  if (isFolded(state)) pairs.push(["filter.variant", "false"]);
  if (facets.length) pairs.push(["facets", facets.map((facet) => facet.field).join(",")]);
  if (after) pairs.push(["after", after]);
  return { path: similar ? "/api/v1/similar" : "/api/v1/search", pairs };
}
