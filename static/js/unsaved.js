// Asks before a page with unsaved text is left. A page that was posted and came back unsaved counts as such, and so
// does one with text that was brought back (keep.js). A button pressed twice sends its form once.
// An empty time is marked: WebKit alone shows today's date in it.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("#content-main > form[method=post], #content-main .decisions > form[method=post]");
  if (!form) return;
  // What begins with "_" is about the view: another language beside the Finnish is no change.
  const typed = ([name, value]) => typeof value === "string" && !name.startsWith("_");
  const state = () => new URLSearchParams([...new FormData(form)].filter(typed)).toString();
  let saved = document.querySelector(".errornote") || "restored" in form.dataset ? "" : null;
  let leaving = false;
  const sign = document.querySelector("#saved"), words = sign?.textContent;
  const show = () => {
    if (!sign || saved === null) return;
    const dirty = saved !== state();
    if (sign.toggleAttribute("data-dirty", dirty) || !dirty) sign.textContent = dirty ? sign.dataset.unsaved : words;
  };
  // The rich-text editor tidies its fields while it starts: what they hold at the first touch is what was loaded.
  for (const event of ["focusin", "pointerdown", "keydown"]) {
    form.addEventListener(event, () => { saved ??= state(); }, { capture: true });
  }
  for (const time of form.querySelectorAll("[type=date], [type=time], [type=datetime-local]")) {
    const mark = () => time.classList.toggle("empty", !time.value && !time.validity.badInput);
    for (const event of ["input", "blur"]) time.addEventListener(event, mark);
    window.addEventListener("pageshow", mark); // the browser may have filled in what was there before
  }
  for (const event of ["input", "change"]) form.addEventListener(event, show);
  show();
  form.addEventListener("submit", (event) => {
    if (leaving) return event.preventDefault();
    leaving = event.submitter?.formTarget !== "_blank";
    if ("download" in form.dataset) saved = state(); // a file comes, and the page stays
    setTimeout(() => { leaving = false; }, 3000); // when the answer does not come, it may be sent again
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && !("discarded" in form.dataset) && saved !== null && saved !== state()) event.preventDefault();
  });
});
