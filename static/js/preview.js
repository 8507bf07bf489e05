// The preview beside the form: the real page, as it would be with what is on the screen. The form is posted in the
// background; the first answer fills the frame, later ones exchange its body, so that it keeps its place.
"use strict";
const editors = {}; // of rich texts, by the names of their fields; they may be ready before the page is
document.addEventListener("prose-editor:ready", ({ detail }) => { editors[detail.textarea.name] = detail.editor; });
document.addEventListener("DOMContentLoaded", () => {
  const pane = document.querySelector("#preview"), open = document.querySelector("#open-preview");
  if (!pane || !open) return;
  const form = open.form, frame = pane.querySelector("iframe"), sign = pane.querySelector("[role=status]");
  const moment = pane.querySelector("[name=_moment]"), at = pane.querySelector("[name=_moment_at]");
  const small = matchMedia("(width < 62.5rem)");
  let timer, running = null;

  // It is seen in the language that is being written.
  const follow = (language) => {
    const radio = pane.querySelector(`[name=_seen][value="${language}"]`);
    if (!radio || radio.checked) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change"));
  };
  let written = sessionStorage.getItem("preview") || "fi";
  form.addEventListener("focusin", ({ target }) => {
    const entry = target.closest(".pair > .entry");
    if (!entry) return;
    written = ["fi", "sv", "en"].find((code) => entry.classList.contains(code));
    if (!pane.hidden) follow(written);
  });

  const say = (name) => { sign.textContent = sign.dataset[name]; sign.dataset.state = name; };
  // Where the page is opened again, also after a save: the language it is seen in, or nothing while it is closed.
  const keep = (shown) => sessionStorage.setItem("preview", shown ? pane.querySelector("[name=_seen]:checked").value : "");
  const show = (shown) => {
    pane.hidden = !shown;
    open.setAttribute("aria-expanded", shown);
    document.querySelector("#content-main").inert = shown && small.matches; // there it covers the form
    keep(shown);
    if (shown) {
      follow(written);
      refresh();
    } else running?.abort();
  };
  open.setAttribute("aria-controls", "preview");
  open.setAttribute("aria-expanded", "false");
  open.addEventListener("click", (event) => {
    event.preventDefault();
    show(pane.hidden);
    if (!pane.hidden) pane.querySelector(small.matches ? "button" : "[name=_seen]:checked").focus();
  });
  const close = () => { show(false); open.focus(); };
  pane.querySelector("button").addEventListener("click", close);
  // In a list or a date Escape closes what the browser has opened for it.
  pane.addEventListener("keydown", ({ key, target }) => { if (key === "Escape" && !target.matches("select, [type=datetime-local]")) close(); });
  pane.querySelector("[name=_phone]").addEventListener("change", ({ target }) => { frame.classList.toggle("phone", target.checked); });
  at.hidden = moment.value !== "at";
  moment.addEventListener("change", () => { at.hidden = moment.value !== "at"; if (at.hidden) refresh(); });
  at.addEventListener("change", refresh);
  document.addEventListener("language-chosen", () => {
    written = pane.querySelector("[name=_seen]:checked").value;
    keep(!pane.hidden);
    refresh();
  });
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(refresh, 600); });
  form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(refresh, 100); });

  async function refresh() {
    if (pane.hidden) return;
    running?.abort();
    running = new AbortController();
    say("updating");
    const data = new FormData(form);
    data.set("_preview", pane.querySelector("[name=_seen]:checked").value);
    data.set("_moment", moment.value);
    data.set("_moment_at", at.value);
    try {
      const answer = await fetch(form.getAttribute("action") || location.href, { method: "POST", body: data, signal: running.signal });
      // Signed out, refused or broken: the last good page stays, and it is said that it is old.
      if (!answer.ok || !answer.headers.has("X-Preview")) return say("stale");
      put(await answer.text());
      say("fresh");
    } catch (failed) {
      if (failed.name !== "AbortError") say("stale");
    }
  }
  function put(html) {
    const shown = frame.contentDocument;
    if (!frame.hasAttribute("srcdoc") || !shown?.querySelector("main")) {
      frame.srcdoc = html;
      return;
    }
    const page = new DOMParser().parseFromString(html, "text/html"), place = frame.contentWindow.scrollY;
    shown.documentElement.lang = page.documentElement.lang;
    shown.body.replaceWith(shown.adoptNode(page.body));
    frame.contentWindow.scrollTo(0, place);
  }
  frame.addEventListener("load", () => {
    const page = frame.contentDocument, sheet = new frame.contentWindow.CSSStyleSheet();
    sheet.replaceSync("[data-field]:hover { cursor: text; outline: 2px dashed currentColor; outline-offset: 4px; }");
    page.adoptedStyleSheets = [sheet];
    page.addEventListener("click", (event) => {
      if (event.target.closest("a, button, form")) event.preventDefault(); // nothing leads away from what is previewed
      const part = event.target.closest("[data-field]");
      if (part) toField(part.dataset.field, event.target.closest("h2, h3, p, li, blockquote")?.textContent ?? "");
    });
  });
  // The cursor goes into the field of the text, in a long one to the paragraph with the same words.
  function toField(name, words) {
    if (small.matches) show(false);
    document.dispatchEvent(new CustomEvent("to-field", { detail: name }));
    if (!editors[name]) return;
    let place = 1;
    editors[name].state.doc.descendants((node, start) => {
      if (place === 1 && node.isTextblock && node.textContent.trim() === words.trim()) place = start + 1;
    });
    editors[name].chain().focus().setTextSelection(place).scrollIntoView().run();
  }
  if (sessionStorage.getItem("preview") && !small.matches) show(true);
});
