// What is pasted comes out as it looked. Word, Outlook and Google Docs say with style attributes what the editor reads
// from elements only; here it is said with elements before the editor reads it. The page's policy forbids the attribute
// even in a document that is never shown: it is read under another name. What cannot be kept is said beside the text.
"use strict";
const HEADINGS = "h1, h2, h3, h4, h5, h6";
const INLINE = "b, strong, i, em, span, font, u, s, strike, del, ins, cite, code, mark, small, big, sub, sup, label, q, "
  + "var, dfn, kbd, samp, abbr, time, tt, bdi, bdo, acronym, nobr, o\\:p";
const BLOCKS = `p, ${HEADINGS}, ul, ol, li, blockquote, div, table, pre, dl, dd, section, article, header, footer, `
  + "aside, address, figure, figcaption, fieldset, form";
// Blocks that the editor does not know as such: the words of two of them would become one.
const OTHER_BLOCKS = "dt, summary, details, main, nav, center, legend, menu, dir, search, hr";
const NOT_TEXT = "iframe, video, audio, object, embed, svg, canvas, math, input:not([type=hidden]), select, button, "
  + "textarea, progress, meter";
// "EOP" is how Word online ends a paragraph.
const UNSEEN = "style, script, meta, link, title, xml, template, noscript, .EOP, [hidden], .MsoCommentReference";
const OURS = "p, h2, h3, ul, ol, li, a, blockquote, strong, em, br, span[lang]";
const RAISED = { 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹", "+": "⁺", "-": "⁻", "−": "⁻", "(": "⁽", ")": "⁾", n: "ⁿ" };
const LOWERED = { 0: "₀", 1: "₁", 2: "₂", 3: "₃", 4: "₄", 5: "₅", 6: "₆", 7: "₇", 8: "₈", 9: "₉", "+": "₊", "-": "₋", "(": "₍", ")": "₎" };
// What Word writes with the letters of a font of signs.
const WINGDINGS = { à: "→", ß: "←", á: "↑", â: "↓", ü: "✓", û: "✗", J: "☺", L: "☹" };

// --- Reading -------------------------------------------------------------------------------------------------------
// The document, with each style attribute under the name data-style. Rows alone are no table to a parser.
function parsed(html) {
  const quiet = html.replace(/<style[^]*?<\/style>/gi, "").replace(
    /<[a-z](?:"[^"]*"|'[^']*'|[^"'>])*>/gi,
    (tag) => tag.replace(/"[^"]*"|'[^']*'|\bstyle(?=\s*=)/gi, (part) => (/^["']/.test(part) ? part : "data-style")),
  );
  const rows = /^[^<]*(<(meta|!)[^>]*>\s*)*<(tr|td|th|tbody|thead|colgroup|col)\b/i.test(quiet);
  return new DOMParser().parseFromString(rows ? `<table>${quiet}</table>` : quiet, "text/html");
}

// Rules of style sheets that come along are said by each element that they concern, before its own.
function applyStyleSheets(page, html) {
  for (const [, text] of html.matchAll(/<style[^>]*>([^]*?)<\/style>/gi)) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text.replace(/<!--|-->/g, ""));
    for (const rule of sheet.cssRules) {
      if (!rule.selectorText || /^(a|:link|a:link)$/.test(rule.selectorText)) continue;
      for (const element of page.body.querySelectorAll(rule.selectorText)) {
        element.dataset.style = `${rule.style.cssText};${element.dataset.style ?? ""}`;
      }
    }
  }
}

function styleOf(element) {
  const declarations = (element.dataset.style ?? "").split(";").map((part) => part.split(/:(.*)/s));
  const style = Object.fromEntries(declarations.map(([name, value = ""]) => [name.trim().toLowerCase(), value.trim().toLowerCase()]));
  if (style.font) {
    style["font-weight"] ??= /\b(bold|[1-9]00)\b/.exec(style.font)?.[0] ?? "normal";
    style["font-style"] ??= /\b(italic|oblique)\b/.exec(style.font)?.[0] ?? "normal";
  }
  return style;
}

// The nearest element that says so decides: Google Docs wraps everything in a <b> that is not bold. A heading's own style
// counts for nothing, for headings have ours.
function looks(text, property, said, tags) {
  for (let element = text.parentElement; element && !element.matches(HEADINGS); element = element.parentElement) {
    const value = styleOf(element)[property];
    if (value && value !== "inherit") return said.test(value);
    if (element.matches(tags)) return true;
  }
  return false;
}

function textsIn(page) {
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT), texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  return texts;
}

function rename(element, name) {
  const renamed = element.ownerDocument.createElement(name);
  if (element.dataset.style) renamed.dataset.style = element.dataset.style;
  renamed.append(...element.childNodes);
  element.replaceWith(renamed);
  return renamed;
}

// --- What nobody sees, and what is no text ---------------------------------------------------------------------------
function withoutUnseen(page, said) {
  const walker = page.createTreeWalker(page, NodeFilter.SHOW_COMMENT), comments = [];
  while (walker.nextNode()) comments.push(walker.currentNode);
  for (const part of [...comments, ...page.body.querySelectorAll(UNSEEN)]) part.remove();
  for (const part of page.body.querySelectorAll("[data-style]")) {
    const style = styleOf(part);
    const comment = /^comment/.test(style["mso-element"] ?? "");
    if (style.display === "none" || style.visibility === "hidden" || style["mso-hide"] === "all" || comment) part.remove();
  }
  for (const part of page.body.querySelectorAll("del, .msoDel")) {
    if (part.textContent.trim()) said.add("deleted");
    part.remove();
  }
}

function withoutMedia(page, said) {
  for (const part of page.body.querySelectorAll(NOT_TEXT)) {
    if (part.isConnected) said.add("media");
    part.remove();
  }
  for (const picture of page.body.querySelectorAll("img")) {
    if (/^\p{Extended_Pictographic}/u.test(picture.alt)) picture.replaceWith(picture.alt); // a smiley
    else if (picture.hasAttribute("src")) said.add("picture");
  }
}

// --- Words -----------------------------------------------------------------------------------------------------------
// Word says the language of every word, and often another than it is in; others only where it changes.
function languages(page, { written, languages: known }) {
  const change = (part) => {
    const code = part.lang.slice(0, 2).toLowerCase();
    return code !== written && code in known ? code : "";
  };
  if (page.body.querySelector("[class*=Mso], o\\:p, .TextRun")) return;
  for (const part of page.body.querySelectorAll("span[lang]")) part.dataset.lang = change(part);
  if (page.body.lang.slice(0, 2) !== written) return;
  for (const block of page.body.querySelectorAll(`:is(p, li, ${HEADINGS})[lang]`)) {
    const words = page.createElement("span");
    words.dataset.lang = change(block);
    words.append(...block.childNodes);
    block.append(words);
  }
}

// Bold, italics and language become elements; struck-out, raised and lowered text has none here.
function marksAsSeen(page, said, { written }) {
  const marked = textsIn(page).filter((text) => text.data.trim()).map((text) => [
    text,
    !text.parentElement.closest(HEADINGS) && looks(text, "font-weight", /bold|[6-9]\d\d|1000/, "b, strong, th"),
    looks(text, "font-style", /italic|oblique/, "i, em, cite, var, dfn, address"),
  ]);
  for (const [text] of marked) {
    const struck = text.parentElement.closest("s, strike") || looks(text, "text-decoration", /line-through/, "s, strike");
    if (struck || looks(text, "text-decoration-line", /line-through/, "s, strike")) said.add("struck");
    const raised = looks(text, "vertical-align", /^super$/, "sup"), lowered = looks(text, "vertical-align", /^sub$/, "sub");
    if (raised || lowered) inLine(text, raised ? RAISED : LOWERED, said);
    if (looks(text, "font-family", /wingdings/, "nothing")) text.data = text.data.replace(/./g, (sign) => WINGDINGS[sign] ?? sign);
  }
  for (const quote of page.body.querySelectorAll("q")) {
    quote.prepend(written === "en" ? "“" : "”");
    quote.append("”");
  }
  for (const part of page.body.querySelectorAll(INLINE)) {
    if (part.dataset.lang) part.lang = part.dataset.lang;
    else part.replaceWith(...part.childNodes);
  }
  for (const [text, bold, italic] of marked) {
    for (const name of [bold && "strong", italic && "em"].filter(Boolean)) {
      const mark = page.createElement(name);
      text.replaceWith(mark);
      mark.append(text);
    }
  }
}

// 10⁶ and CO₂ have signs of their own; the rest stands in the line.
function inLine(text, signs, said) {
  const written = text.data.trim();
  if ([...written].every((sign) => sign in signs)) text.data = text.data.replace(written, [...written].map((sign) => signs[sign]).join(""));
  else said.add("raised");
}

// Where line breaks of the source are seen, they are elements here.
function linesAsSeen(page) {
  for (const text of textsIn(page)) {
    const kept = looks(text, "white-space", /^(pre|break-spaces)/, "pre") || looks(text, "white-space-collapse", /^(pre|break)/, "pre");
    if (!text.data.includes("\n") || !kept) continue;
    const lines = text.data.replace(text.previousSibling?.nodeName === "BR" ? /^\n\s*/ : "", "").split("\n");
    text.replaceWith(...lines.flatMap((line, place) => (place ? [page.createElement("br"), line.trimStart()] : [line])));
  }
}

// --- Blocks ----------------------------------------------------------------------------------------------------------
function blocks(page) {
  for (const part of page.body.querySelectorAll("[data-style]")) {
    const shown = styleOf(part).display ?? "";
    if (part.matches(INLINE) && /^(block|flex|grid|list-item|table)/.test(shown)) part.append(page.createElement("br"));
  }
  for (const part of page.body.querySelectorAll(OTHER_BLOCKS)) rename(part, "div");
  // Elements that a page has defined itself.
  for (const part of page.body.querySelectorAll("*")) {
    if (!part.localName.includes("-")) continue;
    if (part.parentElement.closest("p, li, span, a")) part.replaceWith(...part.childNodes);
    else rename(part, "div");
  }
}

// Cells become paragraphs in reading order; a table within a cell stays at its place.
function tables(page, said) {
  for (const table of [...page.body.querySelectorAll("table")].reverse()) {
    const cells = [...table.querySelectorAll("caption, th, td")].filter((cell) => cell.textContent.trim());
    if (cells.length > 1) said.add("table");
    table.replaceWith(...cells.flatMap((cell) => (cell.querySelector(BLOCKS) ? inParagraphs(cell) : [rename(cell, "p")])));
  }
}

// The children of an element, with words between its blocks in paragraphs.
function inParagraphs(element) {
  const children = [];
  let words = null;
  for (const child of [...element.childNodes]) {
    if (child.nodeType === Node.ELEMENT_NODE && child.matches(BLOCKS)) {
      words = null;
      children.push(child);
    } else if (words || child.textContent.trim()) {
      if (!words) children.push((words = element.ownerDocument.createElement("p")));
      words.append(child);
    }
  }
  return children;
}

// Our headings begin at level 2 and have two levels. One that is all there is of an item of a list was numbered.
function headings(page) {
  for (const part of page.body.querySelectorAll("[role=heading][aria-level]")) {
    const heading = rename(part, `h${Math.min(6, Number(part.getAttribute("aria-level")) || 2)}`);
    const around = heading.parentElement;
    if (around.matches("p") && around.textContent.trim() === heading.textContent.trim()) around.replaceWith(heading);
  }
  const lower = page.body.querySelector("h1") ? 1 : 0;
  for (const part of page.body.querySelectorAll(HEADINGS)) {
    const heading = rename(part, Number(part.tagName[1]) + lower <= 2 ? "h2" : "h3");
    for (const inner of heading.querySelectorAll(BLOCKS)) inner.replaceWith(...inner.childNodes, " ");
    const item = heading.closest("li");
    if (!item) continue;
    if (item.textContent.trim() === heading.textContent.trim()) while (heading.closest("li")) lift(heading);
    else rename(rename(heading, "strong"), "p").normalize();
  }
}

// Out of the list that it stands in; what follows becomes a list of its own.
function lift(heading) {
  const item = heading.closest("li"), list = item.parentElement, after = list.cloneNode();
  while (item.nextSibling) after.append(item.nextSibling);
  list.after(heading);
  if (after.children.length) heading.after(after);
  item.remove();
  if (!list.children.length) list.remove();
}

// --- Links -----------------------------------------------------------------------------------------------------------
// A link around blocks becomes one in each of them.
function withLink(block, href) {
  for (const part of [block, ...block.querySelectorAll(BLOCKS)]) {
    if (part.querySelector(BLOCKS)) continue;
    const link = part.ownerDocument.createElement("a");
    link.setAttribute("href", href);
    link.append(...part.childNodes);
    part.append(link);
  }
  return block;
}

function links(page, said) {
  for (const link of page.body.querySelectorAll("a")) {
    const href = link.getAttribute("href")?.trim() ?? "", kept = cleanAddress(href);
    const note = /^\W*\d*\W*$/.test(link.textContent); // of a footnote, or none
    if ((!kept && href && !(note && href.startsWith("#"))) || (kept && !link.textContent.trim())) said.add("link");
    if (kept) link.setAttribute("href", kept);
    if (!kept) link.replaceWith(...link.childNodes);
    else if (link.querySelector(BLOCKS)) link.replaceWith(...inParagraphs(link).map((block) => withLink(block, kept)));
  }
  for (const text of textsIn(page)) {
    const inLink = text.parentElement.closest("a"), parts = [];
    let end = 0;
    for (const { 0: written, index } of text.data.matchAll(WEB_ADDRESS)) {
      const kept = cleanAddress(written) || written;
      const link = inLink ? null : page.createElement("a");
      if (link) {
        link.setAttribute("href", kept);
        link.textContent = kept;
      }
      parts.push(text.data.slice(end, index), link ?? kept);
      end = index + written.length;
    }
    if (parts.length) text.replaceWith(...parts, text.data.slice(end));
  }
}

// --- All of it -------------------------------------------------------------------------------------------------------
// A break between blocks is none between words.
function withoutIdleBreaks(page) {
  for (const part of page.body.querySelectorAll("br")) {
    let [before, after] = [part.previousSibling, part.nextSibling];
    while (before && !before.textContent.trim() && before.nodeName !== "BR") before = before.previousSibling;
    while (after && !after.textContent.trim() && after.nodeName !== "BR") after = after.nextSibling;
    const isEdge = (one) => !one || (one.nodeType === Node.ELEMENT_NODE && one.matches(BLOCKS));
    const inBlock = part.parentElement.matches(`body, ${BLOCKS}`);
    if (part.matches(".Apple-interchange-newline") || (inBlock && (isEdge(before) || isEdge(after)))) part.remove();
  }
}

// What the server would not keep is not shown either.
function withoutEmpty(page) {
  const empty = (part) => !part.textContent.trim() && part.nodeName !== "BR";
  for (const part of [...page.body.querySelectorAll("*")].reverse()) {
    if (empty(part) && part.matches("a, span")) part.replaceWith(...part.childNodes);
    else if (empty(part)) part.remove();
  }
  // An item that only holds a list has no words of its own.
  for (const item of page.body.querySelectorAll("li")) {
    const inner = item.firstElementChild, list = item.parentElement;
    if (!inner?.matches("ul, ol") || item.textContent.trim() !== inner.textContent.trim()) continue;
    if (list.children.length === 1) list.replaceWith(inner);
    else if (list.tagName === inner.tagName) item.replaceWith(...inner.children);
    else {
      if (item.previousElementSibling) item.previousElementSibling.append(inner);
      else list.before(inner);
      item.remove();
    }
  }
}

function withoutAttributes(page) {
  for (const part of page.body.querySelectorAll("*")) {
    for (const { name, value } of [...part.attributes]) {
      const kept = name === "href" || (name === "lang" && part.matches("span")) || (name === "start" && /^(0|[1-9]\d{0,3})$/.test(value));
      if (!kept) part.removeAttribute(name);
    }
  }
}

const isOurs = (page) => [...page.body.querySelectorAll("*")].every((part) => part.matches(OURS));

// The HTML as the editor can read it. `said` gets the names of what could not be kept; `text` has `written`, the language
// of the text, and `languages`, those that words in it may have.
function asSeen(html, said = new Set(), text = { written: "fi", languages: {} }) {
  const page = parsed(html);
  if (html.includes("data-pm-slice")) {
    for (const part of page.querySelectorAll("meta")) part.remove();
    if (isOurs(page)) {
      links(page, said);
      return page.body.innerHTML;
    }
  }
  applyStyleSheets(page, html);
  withoutUnseen(page, said);
  withoutMedia(page, said);
  blocks(page);
  linesAsSeen(page);
  for (const sign of page.body.querySelectorAll(".sdfootnotesym, .sdendnotesym")) sign.append(" ");
  wordLists(page, said);
  wordOnlineLists(page);
  nestedLists(page, said);
  languages(page, text);
  marksAsSeen(page, said, text);
  tables(page, said);
  headings(page);
  links(page, said);
  withoutIdleBreaks(page);
  for (const part of page.body.querySelectorAll("div, blockquote, li")) {
    if (part.querySelector(BLOCKS)) part.replaceChildren(...inParagraphs(part));
  }
  page.body.replaceChildren(...inParagraphs(page.body));
  withoutEmpty(page);
  withoutAttributes(page);
  return page.body.innerHTML;
}

// An address that is pasted over words becomes their link; one that is pasted as text is a link, without its wrapper.
function pastedText(text, editor) {
  const href = /^https?:\/\/\S+$/i.test(text) ? cleanAddress(text) : "";
  const { from, to } = editor.state.selection, over = editor.state.doc.textBetween(from, to, " ").trim();
  if (href && over && !cleanAddress(over)) return editor.chain().setLink({ href }).run();
  if (!text.match(WEB_ADDRESS)) return false;
  const words = document.createElement("div");
  for (const line of text.split(/\r?\n/)) words.appendChild(document.createElement("p")).textContent = line;
  // One line goes on in the paragraph that it is pasted into.
  return editor.view.pasteHTML(words.children.length > 1 ? words.innerHTML : words.firstChild.innerHTML);
}

document.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => {
  const words = document.querySelector("#paste-words")?.dataset;
  const { options } = editor.extensionManager.extensions.find((extension) => extension.name === "language");
  const note = document.createElement("p");
  note.className = "pasted";
  note.setAttribute("role", "status");
  textarea.closest(".box")?.append(note);
  const say = (said) => { note.textContent = words ? [...said].map((name) => words[name]).join(" ") : ""; };
  const transformPastedHTML = (html) => {
    const said = new Set(), seen = asSeen(html, said, { written: textarea.lang, languages: options.languages });
    say(said);
    return seen;
  };
  const handlePaste = (view, { clipboardData }) => {
    if (!clipboardData || clipboardData.types.includes("text/html")) return false;
    const text = clipboardData.getData("text/plain").trim();
    say(!text && clipboardData.files.length ? ["picture"] : []);
    return Boolean(text) && pastedText(text, editor);
  };
  editor.view.setProps({ transformPastedHTML, handlePaste });
});
