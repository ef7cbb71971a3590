// What came of what was done is told in one place of a page: plainly if it is done, as a warning if it is not.

export function tell(text, trouble = text instanceof Error) {
  const told = document.getElementById("told");
  told.textContent = text instanceof Error ? text.message : text;
  told.classList.toggle("done", !trouble);
  told.hidden = !told.textContent;
}
