// From replies of the API to the page. Markup comes from the templates that the server rendered into it;
// values are set as text and attributes only, never as markup.

import { number, t, tn } from "./language.js";
import * as states from "./state.js";

const $ = (id) => document.getElementById(id);
const copy = (id) => $(`${id}-template`).content.firstElementChild.cloneNode(true);
const UNESCAPED = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'", "&#x2F;": "/" };
const ESCAPED = new RegExp(Object.keys(UNESCAPED).join("|"), "g");
const slot = (node, name) => node.querySelector(`[data-slot="${name}"]`);

export function createRenderer(page) {
  function picture(link, alt, width, height) {
    const wide = width || 4;
    const high = height || 5;
    const longest = Math.max(wide, high);
    const sized = (size) => `${link}${link.includes("?") ? "&" : "?"}size=${size}`;
    const sources = page.sizes.map((size) => `${sized(size)} ${Math.max(1, Math.round((size * wide) / longest))}w`);
    return { src: sized(page.sizes[0]), srcset: sources.join(", "), width: wide, height: high, alt };
  }

  function assetView(asset) {
    const { media, links } = asset;
    const plain = asset.title || asset.filename;
    const size = media.width ? `${media.width} × ${media.height}` : "";
    return {
      plain,
      href: `/assets/${encodeURIComponent(asset.id)}`,
      meta: [media.format.toUpperCase(), size].filter(Boolean).join(" · "),
      note: [...new Set(asset.products.slice(0, 2).map((link) => link.sku))].join(", "),
      image: links.thumbnail && picture(links.thumbnail, asset.alt_text || plain, media.width, media.height),
      placeholder: media.format || media.type,
      similar: links.similar && states.address(new URLSearchParams({ asset: asset.id })),
      tint: media.colours.map((colour) => colour.hex),
    };
  }

  function productView(product) {
    const { links } = product;
    const count = product.completeness.asset_count;
    const money = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
    const price =
      product.price === null ? "" : `${number(product.price, money)} ${product.currency || ""}`.trim();
    return {
      plain: product.name,
      href: `/products/${encodeURIComponent(product.sku)}`,
      meta: [product.sku, product.brand].filter(Boolean).join(" · "),
      note: price || tn("{count} picture", "{count} pictures", count),
      image: links.thumbnail && picture(links.thumbnail, product.name, null, null),
      placeholder: t("no picture"),
      similar: links.similar && states.address(new URLSearchParams({ product: product.sku, in: "products" })),
    };
  }

  // Until a picture is there, its colours are.
  function tint(frame, picture, colours = []) {
    if (!colours.length || picture.complete) return;
    const [first, second = first] = colours;
    frame.style.setProperty("background-image", `linear-gradient(160deg, ${second}66, ${first}66)`);
    picture.addEventListener("load", () => frame.style.removeProperty("background-image"), { once: true });
  }

  // A title in parts, the matching ones marked, where a passage of the reply is the whole title. The engine
  // escapes five characters and adds the marks; nothing else in a passage is markup.
  function titleNodes(highlight, title) {
    for (const fragment of Object.values(highlight).flat()) {
      const parts = fragment.split(/<\/?mark>/).map((text) => text.replace(ESCAPED, (one) => UNESCAPED[one]));
      if (parts.join("") !== title) continue;
      return parts.map((text, place) => {
        if (place % 2 === 0) return document.createTextNode(text);
        return Object.assign(document.createElement("mark"), { textContent: text });
      });
    }
    return [document.createTextNode(title)];
  }

  function card(hit) {
    const view = hit.kind === "asset" ? assetView(hit.asset) : productView(hit.product);
    const node = copy("card");
    node.dataset.kind = hit.kind;
    const open = node.querySelector(".open");
    open.href = view.href;
    open.dataset.key = `card:${hit.id}`;
    const image = node.querySelector("img");
    if (view.image) {
      Object.assign(image, view.image);
      tint(node.querySelector(".frame"), image, view.tint);
      node.querySelector(".placeholder").remove();
    } else {
      image.remove();
      slot(node, "placeholder").textContent = view.placeholder;
    }
    slot(node, "title").replaceChildren(...titleNodes(hit.highlight, view.plain));
    slot(node, "meta").textContent = view.meta;
    slot(node, "note").textContent = view.note;
    const pick = node.querySelector(".pick input");
    pick.dataset.key = `pick:${hit.id}`;
    pick.setAttribute("aria-label", t("Select {name}", { name: view.plain }));
    const similar = node.querySelector(".similar");
    if (view.similar) {
      similar.href = view.similar;
      similar.setAttribute("aria-label", t("Find similar to {name}", { name: view.plain }));
    } else {
      similar.remove();
    }
    return node;
  }

  function value(state, choice, one, depth) {
    const given = String(one.value);
    const label = page.flags[choice.field]?.[given] ?? one.label;
    const node = copy("value");
    node.className = `depth-${depth}`;
    const link = node.querySelector("a");
    link.href = states.address(states.toggled(state, `filter.${choice.field}`, given));
    link.dataset.key = `value:${choice.field}:${given}`;
    if (one.selected) link.setAttribute("aria-current", "true");
    node.querySelector(".swatch").dataset.colour = choice.colours ? given.toLowerCase() : "";
    slot(node, "label").textContent = choice.tree ? label.split("/").at(-1) : label;
    slot(node, "count").textContent = number(one.count);
    return node;
  }

  const byPath = (a, b) => {
    const left = String(a.value).split("/");
    const right = String(b.value).split("/");
    for (let level = 0; level < Math.min(left.length, right.length); level += 1) {
      if (left[level] !== right[level]) return left[level] < right[level] ? -1 : 1;
    }
    return left.length - right.length;
  };

  // Of hundreds of values a reader looks at few: those of what is folded are drawn when it is opened.
  const undrawn = new WeakMap();

  function drawn(details) {
    if (!details.open) return;
    undrawn.get(details)?.();
    undrawn.delete(details);
  }

  function fill(details, draw) {
    undrawn.set(details, () => details.querySelector(":scope > ul").replaceChildren(...draw()));
    details.addEventListener("toggle", () => drawn(details));
  }

  function facet(state, choice, given) {
    const values = choice.tree ? [...given].sort(byPath) : given;
    const depthOf = (one) => (choice.tree ? String(one.value).split("/").length : 0);
    const top = Math.min(...values.map(depthOf));
    const nodes = (some) => some.map((one) => value(state, choice, one, Math.min(depthOf(one) - top, 3)));
    const node = copy("facet");
    node.dataset.key = `facet:${choice.field}`;
    node.open = !choice.folded || given.some((one) => one.selected);
    node.querySelector("summary").dataset.key = `summary:${choice.field}`;
    slot(node, "label").textContent = choice.label;
    const limit = values.length <= page.shown + 2 ? values.length : page.shown;
    fill(node, () => nodes(values.slice(0, limit)));
    const more = node.querySelector(".more");
    const narrow = node.querySelector(".narrow");
    if (limit === values.length) {
      more.remove();
      narrow.remove();
    } else {
      const words = narrow.querySelector("input");
      words.dataset.key = `narrow:${choice.field}`;
      words.setAttribute("aria-label", t("Search in {facet}", { facet: choice.label }));
      more.dataset.key = `more:${choice.field}`;
      more.querySelector("summary").dataset.key = `more-summary:${choice.field}`;
      slot(more, "more").textContent = t("{count} more", { count: number(values.length - limit) });
      fill(more, () => nodes(values.slice(limit)));
    }
    return node;
  }

  function facets(state, answered, total) {
    const groups = new Map();
    for (const choice of page.facets[states.sideOf(state)]) {
      const values = answered[choice.field] ?? [];
      if (!values.some((one) => one.selected || one.count < total)) continue;
      if (!groups.has(choice.group)) groups.set(choice.group, []);
      groups.get(choice.group).push(facet(state, choice, values));
    }
    const nodes = [...groups].map(([label, found]) => {
      const node = copy("group");
      slot(node, "label").textContent = label;
      node.append(...found);
      return node;
    });
    keepingPlace($("facets"), () => $("facets").replaceChildren(...nodes));
  }

  // A facet with many values shows those that hold what is typed into it, wherever they stand.
  function narrow(input) {
    const facet = input.closest(".facet");
    const wanted = input.value.trim().toLowerCase();
    const more = facet.querySelector(".more");
    if (more && wanted) {
      more.open = true;
      drawn(more);
    }
    for (const label of facet.querySelectorAll(".value .label")) {
      label.closest("li").hidden = !label.textContent.toLowerCase().includes(wanted);
    }
  }

  // Focus, folded facets and what is typed into them survive a new rendering: all are known by their keys.
  function keepingPlace(parent, render) {
    const typed = [...parent.querySelectorAll("input[data-key]")].filter((node) => node.value);
    const folded = new Map(
      [...parent.querySelectorAll("details")].map((node) => [node.dataset.key, node.open]),
    );
    const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    render();
    for (const node of parent.querySelectorAll("details")) {
      node.open = folded.get(node.dataset.key) ?? node.open;
      drawn(node);
    }
    for (const { value: words, dataset } of typed) {
      const node = parent.querySelector(`[data-key="${CSS.escape(dataset.key)}"]`);
      if (node) narrow(Object.assign(node, { value: words }));
    }
    if (focused) parent.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  function labelOf(state, field) {
    const side = states.sideOf(state);
    const told = page.facets[side].find((one) => one.field === field)?.chip ?? page.ranges[side][field];
    if (told) return told;
    const code = field.split(".").at(-1).replaceAll("_", " ");
    return code.charAt(0).toUpperCase() + code.slice(1);
  }

  function chips(state) {
    const nodes = [];
    [...state].forEach(([name, given], position) => {
      if (!states.isRefinement(name)) return;
      const kind = name.slice(0, name.indexOf("."));
      let field = name.slice(kind.length + 1);
      let sign = kind === "not" ? t("not") : "";
      const dot = field.lastIndexOf(".");
      if (dot > 0 && field.slice(dot + 1) in page.operators) {
        sign = page.operators[field.slice(dot + 1)];
        field = field.slice(0, dot);
      }
      const told = page.flags[field]?.[given] ?? (given.split("/").at(-1) || given);
      const node = copy("chip");
      const link = node.querySelector("a");
      link.href = states.address(states.withoutPair(state, position));
      link.dataset.key = `chip:${name}:${given}`;
      slot(node, "label").textContent = labelOf(state, field);
      slot(node, "value").textContent = `${sign} ${told}`.trim();
      nodes.push(node);
    });
    const clear = $("clear").parentElement;
    $("chips").replaceChildren(...nodes, clear);
    $("chips").hidden = nodes.length === 0;
    $("clear").href = states.address(states.cleared(state));
    $("filter-count").textContent = nodes.length || "";
    return nodes.length;
  }

  // Everything that follows from the address alone; it needs no reply.
  function controls(state, image) {
    const side = states.sideOf(state);
    const similar = Boolean(image) || states.isSimilar(state);
    for (const link of document.querySelectorAll("[data-side]")) {
      link.href = states.address(states.onSide(state, link.dataset.side));
      if (link.dataset.side === side) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const words = $("search").elements.q;
    if (document.activeElement !== words) words.value = state.get("q") ?? "";
    const carried = [...state].filter(([name]) => !["q", "sort", ...states.PICTURED, "after"].includes(name));
    $("carried").replaceChildren(
      ...carried.map(([name, given]) => Object.assign(document.createElement("input"), { type: "hidden", name, value: given })),
    );
    const chosen = state.get("sort") ?? "";
    $("sort").replaceChildren(
      ...page.sorts[side].map((name) => {
        const given = name === "relevance" ? "" : name;
        return new Option(page.sortLabels[name], given, false, given === chosen);
      }),
    );
    $("sort").disabled = similar;
    $("sort-label").hidden = similar;
    const folded = states.isFolded(state);
    $("variants").hidden = side !== "products";
    $("variants").textContent = folded ? t("Show variants") : t("Fold variants");
    $("variants").href = states.address(states.withValue(state, "variants", folded ? "show" : ""));
    $("query").hidden = !similar;
    $("query-close").href = states.address(states.without(state, ...states.PICTURED));
    const named = state.get("asset") ?? state.get("product") ?? "";
    $("query-name").textContent = image ? image.name : named;
    const shown = image ? image.url : state.has("asset") ? `/api/v1/assets/${encodeURIComponent(named)}/thumbnail` : "";
    $("query-picture").hidden = !shown;
    $("part").hidden = !shown;
    if (shown) $("query-picture").src = shown;
    document.title = `${state.get("q") || t("Search")} · Discovery`;
    const layout = states.layoutOf(state, page.views);
    $("hits").dataset.view = layout;
    for (const link of $("views").children) {
      const { viewName } = link.dataset;
      link.href = states.address(states.withValue(state, "view", viewName === "grid" ? "" : viewName));
      if (viewName === layout) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    for (const form of $("ranges").querySelectorAll("form")) {
      form.hidden = form.dataset.sideOf !== side;
      for (const input of form.querySelectorAll("[type=number]")) {
        if (document.activeElement !== input) input.value = state.get(input.name) ?? "";
      }
    }
    return chips(state);
  }

  function understood(state, answer) {
    const nodes = answer.understood.filter((part) => part.applied).map((part) => {
      const node = copy("chip");
      const link = node.querySelector("a");
      link.href = states.address(states.withAlso(state, "as_words", part.text));
      link.dataset.key = `chip:understood:${part.text}`;
      slot(node, "label").textContent = `${labelOf(state, part.field)}:`;
      slot(node, "value").textContent = part.text;
      return node;
    });
    $("understood").replaceChildren(...nodes);
    $("understood").hidden = nodes.length === 0;
  }

  function summary(state, answer, similar) {
    const side = states.sideOf(state);
    const total = Object.assign(document.createElement("span"), { className: "total", textContent: number(answer.total) });
    const noun = page.nouns[side][answer.total === 1 ? 0 : 1];
    $("status").replaceChildren(total, ` ${noun} `);
    if (state.get("q") || similar) {
      const how = Object.assign(document.createElement("span"), { className: "quiet", textContent: page.modes[answer.mode] ?? "" });
      $("status").append(how);
    }
    understood(state, answer);
    $("corrected").querySelector("strong").textContent = answer.corrected ?? "";
    $("corrected").hidden = !answer.corrected;
    $("notice").textContent = answer.fallback_reason ?? "";
    $("notice").hidden = !answer.fallback_reason;
  }

  function emptiness(state, answer, refined, similar) {
    $("empty").hidden = answer.total > 0;
    if (answer.total > 0) return;
    $("empty-hint").textContent = refined
      ? t("Nothing passes these filters. Take one away, or clear them all.")
      : similar
        ? t("Nothing here looks enough like this picture.")
        : state.get("q")
          ? t("Nothing holds these words, and nothing looks like them.")
          : t("Nothing is indexed here yet.");
    $("did-you-mean").hidden = true;
    $("empty-variants").hidden = !states.isFolded(state);
    $("empty-variants").href = states.address(states.withValue(state, "variants", "show"));
    $("empty-clear").hidden = refined === 0;
    $("empty-clear").href = states.address(states.cleared(state));
  }

  // Cards without content, where the next ones will stand.
  function ghosts(count) {
    const nodes = Array.from({ length: count }, () =>
      Object.assign(document.createElement("li"), { className: "card ghost", ariaHidden: "true" }),
    );
    for (const node of nodes) {
      for (const part of ["frame", "title", "meta"]) {
        node.append(Object.assign(document.createElement("span"), { className: part }));
      }
    }
    return nodes;
  }

  function hits(answer, append) {
    const nodes = answer.hits.map(card);
    if (append) $("hits").append(...nodes);
    else $("hits").replaceChildren(...nodes);
    $("more").hidden = !answer.next;
    return nodes;
  }

  return {
    controls,
    labelOf,
    // Hits come first, facets in a task of their own: a key that is pressed meanwhile is answered in between.
    async answer(state, answer, { image = null, refined = 0, current = () => true } = {}) {
      const similar = Boolean(image) || states.isSimilar(state);
      $("trouble").hidden = true;
      summary(state, answer, similar);
      hits(answer, false);
      emptiness(state, answer, refined, similar);
      await new Promise((soon) => setTimeout(soon));
      if (current()) facets(state, answer.facets, answer.total);
    },
    further(answer) {
      return hits(answer, true)[0];
    },
    suggestion(state, text) {
      const link = $("did-you-mean").querySelector("a");
      link.textContent = text;
      link.href = states.address(states.withValue(state, "q", text));
      $("did-you-mean").hidden = false;
    },
    trouble(problem) {
      $("trouble").hidden = false;
      slot($("trouble"), "title").textContent = problem.title;
      slot($("trouble"), "detail").textContent = problem.detail;
      slot($("trouble"), "request").textContent = problem.request_id ?? "";
      slot($("trouble"), "request").parentElement.hidden = !problem.request_id;
      slot($("trouble"), "again").hidden = !problem.passing;
      for (const id of ["empty", "more", "notice", "corrected", "understood"]) $(id).hidden = true;
      $("status").replaceChildren();
      $("hits").replaceChildren();
    },
    narrow,
    // Show that more is coming; what is returned takes that away again.
    awaitMore(count) {
      const nodes = ghosts(count);
      $("hits").append(...nodes);
      return () => nodes.forEach((node) => node.remove());
    },
    busy(value) {
      $("hits").setAttribute("aria-busy", String(value));
    },
  };
}
