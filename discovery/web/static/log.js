// What the log of searches is told, and no more: from which search one goes on, and which hits are opened.
// Nothing is remembered beyond the page.

const random = () => Math.random().toString(36).slice(2);

export function createLog({ enabled, request, words }) {
  let shown = request; // the search whose hits are on the page
  let last = words ? request : null; // the last search by words

  return {
    // A search names itself, so that the next one can go on from it even if its answer is never waited for.
    headers({ words: given }) {
      if (!enabled) return {};
      const headers = { "X-Request-Id": `${Date.now().toString(36)}${random()}${random()}` };
      if (given && last) headers["X-Search-Continues"] = last;
      if (given) last = headers["X-Request-Id"];
      return headers;
    },
    answered(answer) {
      shown = answer.request_id;
    },
    opened(card) {
      if (!enabled || !card) return;
      const position = [...card.parentElement.children].indexOf(card) + 1;
      const id = card.querySelector(".open").dataset.key.slice("card:".length);
      fetch("/api/v1/search/clicks", {
        method: "POST",
        keepalive: true,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ request_id: shown, id, position }),
      }).catch(() => {}); // a click that is not told is no trouble of the reader's
    },
  };
}
