// The style guide's own moves: a dialog opens, and a case stands there as decided.

const dialog = document.getElementById("preview");
document.getElementById("preview-title").textContent = "2 files are replaced";
document.getElementById("preview-list").append(
  Object.assign(document.createElement("li"), { textContent: "mugs/copy.jpg is replaced by mugs/front.jpg" }),
);
document.querySelector("[data-open-dialog]").addEventListener("click", () => dialog.showModal());

const [waiting, contested] = document.querySelectorAll(".case");
waiting.setAttribute("aria-current", "true");
const decided = contested.cloneNode(true);
decided.dataset.said = "accept";
decided.setAttribute("aria-label", "A decided case");
decided.querySelector(".done").hidden = false;
decided.querySelector(".done span").textContent = "Accepted";
for (const button of decided.querySelectorAll("[data-decide]")) button.disabled = true;
contested.after(decided);
