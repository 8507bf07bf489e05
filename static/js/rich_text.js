// The rich-text editor for people who do not use a mouse or do not see: a toolbar that is one stop of the Tab key and
// tells its states, a text box with the name, help and error of its field, dialogs with a name and reasons.
"use strict";
document.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => {
  const drawn = editor.view.dom.parentElement.querySelector(".prose-menubar"); // the toolbar comes a moment later
  if (drawn) reachable(editor, textarea);
  else editor.on("create", () => reachable(editor, textarea));
});

function reachable(editor, textarea) {
  const box = editor.view.dom, toolbar = box.parentElement.querySelector(".prose-menubar");
  const label = document.querySelector(`label[for="${textarea.id}"]`);
  box.setAttribute("aria-multiline", "true");
  if (label) box.setAttribute("aria-label", label.textContent.trim());
  box.lang = textarea.lang;
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (textarea.hasAttribute(name)) box.setAttribute(name, textarea.getAttribute(name));
  }
  label?.addEventListener("click", (event) => { event.preventDefault(); editor.commands.focus(); });

  // One stop of the Tab key; the arrows lead from button to button.
  const buttons = () => [...toolbar.querySelectorAll("button")].filter((button) => !button.classList.contains("hidden"));
  const stop = (chosen) => { for (const button of toolbar.querySelectorAll("button")) button.tabIndex = button === chosen ? 0 : -1; };
  toolbar.setAttribute("role", "toolbar");
  toolbar.setAttribute("aria-label", label?.textContent.trim() ?? "");
  toolbar.addEventListener("keydown", (event) => {
    const all = buttons(), place = all.indexOf(event.target);
    const next = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: -1 }[event.key];
    if (place < 0 || next === undefined) return;
    event.preventDefault();
    const button = all.at(next % all.length);
    stop(button);
    button.focus();
  });
  toolbar.addEventListener("focusin", (event) => stop(event.target.closest("button")));

  const tell = () => {
    for (const button of buttons()) {
      const name = button.dataset.name;
      button.setAttribute("aria-disabled", button.classList.contains("disabled"));
      if (name === "link" || name === "language") button.setAttribute("aria-haspopup", "dialog");
      if (name === "unlink" || name.startsWith("history")) continue;
      const pressed = name === "bulletList" ? editor.isActive("bulletList") : button.classList.contains("active");
      button.setAttribute("aria-pressed", pressed);
    }
    if (!buttons().some((button) => button.tabIndex === 0)) stop(buttons()[0]);
  };
  stop(buttons()[0]);
  editor.on("transaction", tell);
  tell();
  new MutationObserver(() => box.parentElement.querySelectorAll("dialog:not([aria-labelledby])").forEach((dialog) => prepare(dialog, textarea)))
    .observe(box.parentElement, { childList: true });
}

// A dialog of the editor: its name, and for links the pages of the site and the reason why an address is refused.
function prepare(dialog, textarea) {
  const title = dialog.querySelector(".prose-editor-dialog-title"), href = dialog.querySelector("[name=href]");
  title.id = "dialog-title";
  dialog.setAttribute("aria-labelledby", title.id);
  if (!href) return;
  const words = document.querySelector("#link-words").dataset, reason = document.createElement("p");
  href.setAttribute("list", `pages-${textarea.lang}`);
  href.setAttribute("aria-describedby", "link-help");
  href.placeholder = "https://";
  reason.id = "link-help";
  reason.textContent = words.help;
  href.after(reason);
  dialog.addEventListener("click", (event) => {
    if (event.target.type !== "submit") return;
    const written = href.value.trim(), bare = /^[\w-]+(\.[\w-]+)+(\/|$)/.test(written);
    const address = cleanAddress(bare ? `https://${written}` : written);
    if (address) {
      href.value = address;
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    reason.setAttribute("role", "alert");
    reason.className = "errorlist";
    reason.textContent = words.refused;
    href.setAttribute("aria-invalid", "true");
    href.focus();
  }, { capture: true });
}
