// One item, on its own page or over the results: what looks like it, and telling what is wrong with it.

import { call } from "./api.js";
import { t } from "./language.js";

const ALIKE = 8;

async function alike(section, asset) {
  const asked = new URLSearchParams({ asset, intent: section.dataset.alike, size: ALIKE });
  const reply = await fetch(`/api/v1/similar?${asked}`).catch(() => null);
  // What looks like it is a courtesy; without an answer there is nothing to see.
  if (!reply?.ok) return;
  const { hits } = await reply.json();
  const shown = hits.filter(({ asset: one }) => one.links.thumbnail);
  section.querySelector("ul").replaceChildren(
    ...shown.map(({ asset: one }) => {
      const link = Object.assign(document.createElement("a"), { href: `/assets/${encodeURIComponent(one.id)}` });
      link.dataset.open = "";
      const picture = Object.assign(new Image(), {
        src: `${one.links.thumbnail}${one.links.thumbnail.includes("?") ? "&" : "?"}size=256`,
        alt: one.alt_text || one.title || one.filename,
        className: "picture",
        loading: "lazy",
        width: one.media.width || 4,
        height: one.media.height || 5,
      });
      const item = document.createElement("li");
      link.append(picture);
      item.append(link);
      return item;
    }),
  );
  section.hidden = shown.length === 0;
}

async function tell(form, complaint) {
  const said = form.querySelector("[role=status]");
  const body = { [form.dataset.feedback]: form.dataset.id, complaint, note: form.elements.note.value || null };
  try {
    await call("POST", "/api/v1/feedback", body);
    said.textContent = t("Thank you. It is among the findings now.");
    form.querySelector("details").open = false;
    form.reset();
  } catch (error) {
    said.textContent = error.message;
  }
}

// Called with an item wherever it comes to be on the page.
export function enliven(item) {
  for (const section of item.querySelectorAll("[data-alike]")) alike(section, item.dataset.asset);
  const form = item.querySelector("[data-feedback]");
  // Enter in the note must not choose what is wrong.
  form?.addEventListener("submit", (event) => event.preventDefault());
  form?.addEventListener("click", ({ target }) => target.dataset.complaint && tell(form, target.dataset.complaint));
}

const own = document.querySelector("main > #item");
if (own) enliven(own);
