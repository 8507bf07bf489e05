// What is pasted comes out as it looked. Word, Outlook and Google Docs say with style attributes what the editor reads
// from elements only; here it is said with elements before the editor reads it. The page's policy forbids the attribute
// even in a document that is never shown: it is read under another name.
"use strict";
const KEPT_LINK = /^(https?|mailto|tel):/i;
const INLINE = "b, strong, i, em, span, font, u, s, strike, cite, code, mark, small, big, sub, sup, label, o\\:p";
const BLOCKS = "p, h1, h2, h3, h4, h5, h6, ul, ol, li, blockquote, div, table, pre";

function styleOf(element) {
  const declarations = (element.dataset.style ?? "").split(";").map((part) => part.split(/:(.*)/s));
  return Object.fromEntries(declarations.map(([name, value = ""]) => [name.trim().toLowerCase(), value.trim().toLowerCase()]));
}

// The nearest element that says so decides: Google Docs wraps everything in a <b> that is not bold.
function looks(text, property, said, tags) {
  for (let element = text.parentElement; element; element = element.parentElement) {
    const value = styleOf(element)[property];
    if (value && value !== "inherit") return said.test(value);
    if (element.matches(tags)) return true;
  }
  return false;
}

function marksAsSeen(page) {
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT), texts = [];
  while (walker.nextNode()) if (walker.currentNode.data.trim()) texts.push(walker.currentNode);
  const marked = texts.map((text) => [
    text,
    !text.parentElement.closest("h1, h2, h3, h4, h5, h6") && looks(text, "font-weight", /bold|[6-9]00/, "b, strong"),
    looks(text, "font-style", /italic|oblique/, "i, em, cite"),
  ]);
  for (const part of page.body.querySelectorAll(INLINE)) part.replaceWith(...part.childNodes);
  for (const [text, bold, italic] of marked) {
    for (const name of [bold && "strong", italic && "em"].filter(Boolean)) {
      const mark = page.createElement(name);
      text.replaceWith(mark);
      mark.append(text);
    }
  }
}

// Word's lists are paragraphs with a level, and with the bullet or number written out in a part of its own.
function wordLists(page) {
  const level = (part) => Number(/^\S+ level(\d)/.exec(styleOf(part)["mso-list"] ?? "")?.[1] ?? 0);
  for (const first of page.body.querySelectorAll("p, h1, h2, h3, h4, h5, h6")) {
    if (!first.isConnected || !level(first)) continue;
    const open = []; // the list of each level that is open
    const place = page.createElement("div");
    first.before(place);
    for (let part = first; part && level(part); ) {
      const next = part.nextElementSibling, depth = level(part);
      const sign = [...part.querySelectorAll("[data-style]")].find((one) => styleOf(one)["mso-list"] === "ignore");
      const number = /^\W*(\d+|[a-z]{1,4})[.)]/i.exec(sign?.textContent.trim() ?? "");
      sign?.remove();
      open.length = Math.min(open.length, depth);
      while (open.length < depth) {
        const list = page.createElement(number ? "ol" : "ul");
        if (Number(number?.[1]) > 1) list.start = Number(number[1]);
        (open.at(-1)?.lastElementChild ?? open.at(-1) ?? place).append(list);
        open.push(list);
      }
      const item = page.createElement("li"), words = page.createElement("p");
      words.append(...part.childNodes);
      item.append(words);
      open.at(-1).append(item);
      part.remove();
      part = next;
    }
    place.replaceWith(...place.childNodes);
  }
}

// Word online writes each item as a list of its own, Google Docs a nested list beside the item that it belongs to.
function otherLists(page) {
  const depth = (list) => Number(list.querySelector(":scope > li")?.dataset.ariaLevel ?? 0);
  for (const wrapper of page.body.querySelectorAll(".ListContainerWrapper")) wrapper.replaceWith(...wrapper.childNodes);
  for (const list of page.body.querySelectorAll("ul, ol")) {
    const before = list.previousElementSibling;
    if (before && depth(list) && before.matches("ul, ol") && depth(before)) {
      let into = before;
      for (let deep = depth(before); deep < depth(list); deep++) {
        const inner = into.lastElementChild?.querySelector(":scope > ul:last-child, :scope > ol:last-child");
        if (!inner) { into.lastElementChild.append(list); into = null; break; }
        into = inner;
      }
      if (into?.tagName === list.tagName) { into.append(...list.childNodes); list.remove(); }
    } else if (before?.matches("li") && list.parentElement.matches("ul, ol")) before.append(list);
  }
}

function headings(page) {
  for (const part of page.body.querySelectorAll("[role=heading][aria-level]")) {
    const heading = page.createElement(`h${Math.min(6, Number(part.getAttribute("aria-level")) || 2)}`);
    heading.append(...part.childNodes);
    part.replaceWith(heading);
  }
  const lower = page.body.querySelector("h1") ? 1 : 0; // ours begin at level 2
  for (const part of page.body.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const heading = page.createElement(Number(part.tagName[1]) + lower <= 2 ? "h2" : "h3");
    heading.append(...part.childNodes);
    part.replaceWith(heading);
  }
}

function address(href) {
  let url;
  try { url = new URL(href); } catch { return href; }
  const wrapped = url.hostname.endsWith(".safelinks.protection.outlook.com") ? url.searchParams.get("url")
    : /^www\.google\.\w+$/.test(url.hostname) && url.pathname === "/url" ? url.searchParams.get("q") : null;
  if (wrapped) return address(wrapped);
  const counted = [...url.searchParams.keys()].filter((name) => /^(utm_\w+|gclid|fbclid)$/i.test(name));
  if (!counted.length) return href;
  for (const name of counted) url.searchParams.delete(name);
  return url.href;
}

function links(page, said) {
  for (const link of page.body.querySelectorAll("a")) {
    const href = address(link.getAttribute("href")?.trim() ?? "");
    const kept = KEPT_LINK.test(href) || /^\/(?![/\\])/.test(href);
    if (kept) link.setAttribute("href", href);
    else {
      if (/^[a-z]+:/i.test(href) || href.startsWith("//")) said.add("link");
      link.replaceWith(...link.childNodes);
    }
  }
}

function tables(page, said) {
  for (const table of page.body.querySelectorAll("table")) {
    const cells = [...table.querySelectorAll("caption, th, td")].filter((cell) => cell.textContent.trim());
    if (cells.length > 1) said.add("table");
    table.replaceWith(...cells.flatMap((cell) => {
      if (cell.querySelector(BLOCKS)) return [...cell.childNodes];
      const words = page.createElement("p");
      words.append(...cell.childNodes);
      return [words];
    }));
  }
}

// The HTML as the editor can read it; `said` gets the names of what could not be kept.
function asSeen(html, said = new Set()) {
  if (html.includes("data-pm-slice")) return html; // from an editor of ours
  const quiet = html.replace(/<style[^]*?<\/style>/gi, "").replace(/(<[^>]*?\s)style(?=\s*=)/gi, "$1data-style");
  const page = new DOMParser().parseFromString(quiet, "text/html");
  const walker = page.createTreeWalker(page, NodeFilter.SHOW_COMMENT), comments = [];
  while (walker.nextNode()) comments.push(walker.currentNode);
  // "EOP" is how Word online ends a paragraph.
  for (const part of [...comments, ...page.querySelectorAll("style, script, meta, link, title, xml, .EOP")]) part.remove();
  if (page.querySelector("img[src]")) said.add("picture");
  tables(page, said);
  wordLists(page);
  otherLists(page);
  headings(page);
  links(page, said);
  marksAsSeen(page);
  for (const part of page.body.querySelectorAll("br.Apple-interchange-newline, body > br")) part.remove();
  for (const part of page.body.querySelectorAll("p")) if (!part.textContent.trim()) part.remove();
  for (const part of page.body.querySelectorAll("*")) {
    for (const { name } of [...part.attributes]) if (!["href", "start"].includes(name)) part.removeAttribute(name);
  }
  return page.body.innerHTML;
}

document.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => {
  const words = document.querySelector("#paste-words")?.dataset;
  const note = document.createElement("p");
  note.className = "pasted";
  note.setAttribute("role", "status");
  textarea.closest(".box")?.append(note);
  const transformPastedHTML = (html) => {
    const said = new Set(), seen = asSeen(html, said);
    note.textContent = words ? [...said].map((name) => words[name]).join(" ") : "";
    return seen;
  };
  editor.view.setProps({ transformPastedHTML });
});
