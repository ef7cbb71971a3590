// What is being typed, completed: a combobox with a list box below it (WAI-ARIA Authoring Practices, "Combobox").

const PAUSE_MS = 90;
const SHORTEST = 2;
const MOST = 9;
const ICONS = { query: "search", facet: "filter", asset: "file", product: "tag" };

// `ask(words, signal)` resolves to the API's suggestions, `choose(suggestion)` does what one means,
// `describe(suggestion)` is what stands small beside its text.
export function createSuggestions(input, list, { ask, choose, describe }) {
  let shown = [];
  let active = -1;
  let asking = null;
  let pause = 0;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  function close() {
    clearTimeout(pause);
    asking?.abort();
    asking = null;
    shown = [];
    active = -1;
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(position) {
    active = position;
    [...list.children].forEach((node, number) => node.setAttribute("aria-selected", String(number === position)));
    if (position < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[position].id);
  }

  function option(suggestion, position) {
    const node = document.createElement("li");
    node.id = `${list.id}-${position}`;
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", "false");
    const icon = list.dataset.icons;
    const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawn.setAttribute("class", "icon");
    drawn.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${icon}#${ICONS[suggestion.kind]}`);
    drawn.append(use);
    const text = Object.assign(document.createElement("span"), { className: "label", textContent: suggestion.text });
    const aside = Object.assign(document.createElement("span"), { className: "quiet", textContent: describe(suggestion) });
    node.append(drawn, text, aside);
    return node;
  }

  function show(suggestions) {
    shown = suggestions.slice(0, MOST);
    list.replaceChildren(...shown.map(option));
    list.hidden = shown.length === 0;
    input.setAttribute("aria-expanded", String(shown.length > 0));
    mark(-1);
  }

  function pick(position) {
    const chosen = shown[position];
    close();
    choose(chosen);
  }

  async function complete() {
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    const found = await ask(input.value, mine.signal).catch(() => null);
    // Completions are a courtesy: one that fails, or comes too late, is not there.
    if (asking === mine && found && document.activeElement === input) show(found);
  }

  input.addEventListener("input", () => {
    clearTimeout(pause);
    if (input.value.trim().length < SHORTEST) close();
    else pause = setTimeout(complete, PAUSE_MS);
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      // One place more than there are suggestions: the words as typed.
      const places = shown.length + 1;
      mark(((active + 1 + step + places) % places) - 1);
    } else if (event.key === "Enter" && active >= 0) pick(active);
    else if (event.key === "Escape") close();
    else {
      if (event.key === "Tab" || event.key === "Enter") close();
      return;
    }
    event.preventDefault();
  });

  input.addEventListener("blur", close);
  // Pressed, not clicked: a click would come after the field has lost its focus and the list is gone.
  list.addEventListener("pointerdown", (event) => {
    const node = event.target.closest("[role=option]");
    if (!node || event.button !== 0) return;
    event.preventDefault();
    pick([...list.children].indexOf(node));
  });

  return { close };
}
