// A page that could not be drawn for now is asked for again until it can, and then shown.

const page = document.querySelector("[data-again]");
const seconds = Number(page.dataset.again);

async function ask() {
  const reply = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  // What is wrong for good is worth seeing as well.
  if (reply && reply.status !== 503) location.reload();
  else setTimeout(ask, 1000 * seconds);
}

setTimeout(ask, 1000 * seconds);
