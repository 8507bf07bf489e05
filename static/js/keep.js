// Keeps what is typed into a draft in this tab until it is saved: over a reload, a crash, an ended session.
// Runs (defer) before the rich-text editor, which is a module and starts with the text that was brought back.
"use strict";
(() => {
  const bar = document.querySelector(".bar"), form = document.querySelector("#content-main > form[method=post]");
  if (!bar || !form) return;
  const mine = `kept:${bar.dataset.person}:`, key = mine + bar.dataset.thing;
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith("kept:") && !name.startsWith(mine)) sessionStorage.removeItem(name); // another person's
  }
  const saved = document.querySelector(".messagelist .success") && !document.querySelector(".errornote");
  if (saved && sessionStorage.getItem(`sent:${key}`)) sessionStorage.removeItem(key);
  sessionStorage.removeItem(`sent:${key}`);
  const unkept = ["csrfmiddlewaretoken", "theirs"];
  const fields = [...form.elements].filter((field) => (
    field.name && !field.name.startsWith("_") && !unkept.includes(field.name) && !["submit", "button"].includes(field.type)
  ));
  const value = (field) => (field.type === "checkbox" ? field.checked : field.value);
  // As the server sent it: after a reload browsers put back a part of what was typed by themselves.
  const loaded = (field) => {
    if (field.type === "checkbox") return field.defaultChecked;
    if (field.tagName !== "SELECT") return field.defaultValue;
    return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value;
  };
  const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
  if (kept && !document.querySelector(".errornote")) bringBack();

  function bringBack() {
    const known = fields.filter((field) => field.name in kept);
    const differs = (field) => field.type !== "hidden" && kept[field.name] !== loaded(field);
    if (!known.some(differs)) return sessionStorage.removeItem(key);
    for (const field of known) field[field.type === "checkbox" ? "checked" : "value"] = kept[field.name];
    form.dataset.restored = "";
    const note = document.querySelector("#kept");
    note.hidden = false;
    note.querySelector("button").addEventListener("click", () => {
      sessionStorage.removeItem(key);
      form.dataset.discarded = "";
      location.replace(location.pathname);
    });
  }
  let timer, touched = false;
  const keep = () => {
    clearTimeout(timer);
    if (!touched || "discarded" in form.dataset) return;
    const values = Object.fromEntries(fields.map((field) => [field.name, value(field)]));
    try { sessionStorage.setItem(key, JSON.stringify(values)); } catch { /* no room: it is as it was without this */ }
  };
  for (const event of ["pointerdown", "keydown", "paste"]) {
    form.addEventListener(event, () => { touched = true; }, { capture: true });
  }
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, 400); });
  form.addEventListener("change", keep);
  window.addEventListener("pagehide", keep);
  form.addEventListener("submit", (event) => {
    keep();
    // The page that says it has been saved forgets it; where that is another, editor_words.js does.
    if (event.submitter?.formTarget !== "_blank") sessionStorage.setItem(`sent:${key}`, "1");
  });
})();
