// The rich-text editor names its buttons in English alone, and its text areas not at all.
function nameParts() {
  for (const button of document.querySelectorAll(".prose-menubar button[title]")) {
    const word = button.title && gettext(button.title);
    if (word && word !== button.title) {
      button.title = word;
      button.setAttribute("aria-label", word);
    }
  }
  for (const choice of document.querySelectorAll(".prose-menubar__option > *")) {
    const word = gettext(choice.textContent);
    if (word !== choice.textContent) choice.textContent = word;
  }
  for (const area of document.querySelectorAll(".ProseMirror[contenteditable]:not([aria-label])")) {
    const row = area.closest(".form-row");
    area.setAttribute("aria-label", row?.querySelector("label")?.textContent.trim().replace(/:$/, "") ?? "");
    area.lang = row?.querySelector("textarea")?.lang ?? "";
  }
}

// Only pages with a form have gettext; the editor draws itself later than the page.
if (window.gettext) {
  new MutationObserver(nameParts).observe(document.body, { childList: true, subtree: true });
  nameParts();
}

// What keep.js keeps goes with the page that says it has been saved, and when one signs out.
if (document.querySelector(".messagelist .success") && !document.querySelector(".errornote")) {
  for (const name of Object.keys(sessionStorage)) {
    if (!name.startsWith("sent:")) continue;
    sessionStorage.removeItem(name.slice(5));
    sessionStorage.removeItem(name);
  }
}
document.querySelector("#logout-form")?.addEventListener("submit", () => sessionStorage.clear());
