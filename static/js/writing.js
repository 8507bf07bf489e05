// The form of a draft: Ctrl+S, lines that do not break, lengths, the language beside the Finnish, links to fields.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("#content-main > form[method=post]"), bar = document.querySelector(".bar");
  const save = bar?.querySelector("[name=_continue]");
  if (!form || !save) return;

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    if (!event.repeat) form.requestSubmit(save);
  });

  // The room that the bar takes: nothing that is focused stands under it, and the preview begins below.
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`);
  }).observe(bar);

  for (const line of form.querySelectorAll("[data-line]")) {
    line.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.isComposing) event.preventDefault(); });
    line.addEventListener("input", () => {
      if (!line.value.includes("\n")) return;
      const after = line.value.length - line.selectionEnd;
      line.value = line.value.replace(/[ \t]*[\r\n]+[ \t]*/g, " ");
      line.selectionStart = line.selectionEnd = line.value.length - after;
    });
  }
  if (!CSS.supports("field-sizing", "content")) {
    const grow = (area) => { area.style.height = "auto"; area.style.height = `${area.scrollHeight + 2}px`; };
    for (const area of form.querySelectorAll(".box > textarea")) {
      grow(area);
      area.addEventListener("input", () => grow(area));
    }
  }
  for (const field of form.querySelectorAll("[data-limit]")) {
    const count = document.createElement("span"), limit = Number(field.dataset.limit);
    count.className = "count";
    field.closest(".entry").querySelector(".naming").append(count);
    const tell = () => {
      const length = [...field.value.trim()].length;
      count.textContent = `${length} / ${limit}`;
      count.classList.toggle("over", length > limit);
    };
    tell();
    field.addEventListener("input", tell);
  }

  // As dates stand on the site; a browser's own words for them differ between languages and versions.
  const inWords = (moment) => {
    const [day, month, hour] = [moment.getUTCDate(), moment.getUTCMonth() + 1, moment.getUTCHours()];
    const minutes = String(moment.getUTCMinutes()).padStart(2, "0");
    if (document.documentElement.lang === "fi") return `${day}.${month}. klo ${hour}.${minutes}`;
    if (document.documentElement.lang === "sv") return `${day}.${month} kl. ${hour}.${minutes}`;
    return `${day} ${moment.toLocaleString("en-GB", { month: "long", timeZone: "UTC" })} at ${hour}:${minutes}`;
  };
  // What is announced in CET or CEST is an hour later in Finland, in summer and in winter; saved is the Finnish time.
  for (const zone of form.querySelectorAll("select[name$='_1']")) {
    const name = zone.name.slice(0, -2), said = document.createElement("output");
    const [day, time] = [form.elements[`${name}_on`], form.elements[`${name}_0`]];
    if (!day || !time) continue;
    zone.after(said);
    const tell = () => {
      const moment = new Date(`${day.value}T${time.value}Z`);
      said.textContent = "";
      if (Number.isNaN(moment.getTime())) return;
      const [ours, announced] = zone.options, finnish = zone.value === ours.value;
      moment.setUTCHours(moment.getUTCHours() + (finnish ? -1 : 1));
      said.textContent = `= ${finnish ? announced.text : bar.dataset.finland} ${inWords(moment)}`;
    };
    for (const field of [day, time, zone]) field.addEventListener("input", tell);
    tell();
  }

  // One language for both: what is written beside the Finnish, and what is seen in the preview.
  const radios = [...document.querySelectorAll("[name=_beside], [name=_seen]")];
  const choose = (language) => {
    const changed = radios.filter((radio) => radio.value === language && !radio.checked);
    for (const radio of changed) radio.checked = true;
    if (language !== "fi") sessionStorage.setItem("beside", language);
    if (changed.length) document.dispatchEvent(new Event("language-chosen"));
  };
  for (const radio of radios) {
    radio.addEventListener("change", () => { choose(radio.value); document.dispatchEvent(new Event("language-chosen")); });
  }
  const before = sessionStorage.getItem("beside");
  // The preview remembers its own.
  const beside = document.querySelector(`[name=_beside][value="${before}"]`);
  if (beside && !document.querySelector(".errornote")) beside.checked = true;

  const lead = (id) => {
    const entry = document.getElementById(id)?.closest(".entry");
    if (!entry) return false;
    choose(["fi", "sv", "en"].find((code) => entry.classList.contains(code)) ?? "");
    const field = entry.querySelector(".ProseMirror[contenteditable], .box :is(input:not([type=hidden]), textarea:not(.prose-editor *), select)");
    field?.focus();
    entry.scrollIntoView({ block: "center" });
    return Boolean(field);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#row-'], a[href^='#conflict-']");
    if (link && lead(link.hash.slice(1))) event.preventDefault();
  });
  document.addEventListener("to-field", (event) => lead(`row-${event.detail}`));
  if (location.hash) {
    const id = location.hash.slice(1);
    // Not before the page has loaded: the browser goes to the place itself, which takes the focus away. The editor of a
    // rich text may come later still.
    window.addEventListener("load", () => lead(id));
    document.getElementById(id)?.closest(".entry")?.addEventListener("prose-editor:ready", () => lead(id));
  }
  // What came back unsaved after signing in again has nothing to correct, and only says why.
  const refused = document.querySelector("#summary:has(li)") ?? document.querySelector(".errorlist.nonfield");
  if (refused) refused.tabIndex = -1;
  refused?.focus();
});
