// Asking the API: what a reply holds, or an error that says in words what went wrong.

import { t } from "./language.js";

export async function call(method, path, body, headers = {}) {
  const reply = await fetch(path, {
    method,
    headers: { ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
    body: body && JSON.stringify(body),
  }).catch(() => null);
  if (!reply) throw new Error(t("The service cannot be reached. Is it still running?"));
  const told = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Error(told.detail ?? t("status {status}", reply));
  return told;
}
