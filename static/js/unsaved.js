// Asks before a page with unsaved text is left. A page that was posted and came back unsaved counts as such.
// A button pressed twice sends its form once.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("#content-main > form[method=post], #content-main .decisions > form[method=post]");
  if (!form) return;
  const state = () => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string")).toString();
  let saved = document.querySelector(".errornote") ? "" : null;
  let leaving = false;
  // The rich-text editor tidies its fields while it starts: what they hold at the first touch is what was loaded.
  for (const event of ["focusin", "pointerdown", "keydown"]) {
    form.addEventListener(event, () => { saved ??= state(); }, { capture: true });
  }
  form.addEventListener("submit", (event) => {
    if (leaving) return event.preventDefault();
    leaving = event.submitter?.formTarget !== "_blank";
    if ("download" in form.dataset) saved = state(); // a file comes, and the page stays
    setTimeout(() => { leaving = false; }, 3000); // when the answer does not come, it may be sent again
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && saved !== null && saved !== state()) event.preventDefault();
  });
});
