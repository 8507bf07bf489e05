// Lists as they are pasted become lists: Word writes paragraphs, Word online a list for each item, Google Docs a nested
// list beside its item. A part of paste.js.
"use strict";
const ROMAN = { i: 1, v: 5, x: 10, l: 50, c: 100, d: 500, m: 1000 };

// The number that a list begins with, written 3. or (3) or 2.1. or c) or iv.; 0 for a bullet.
function numberOf(sign) {
  const digits = /(\d+)\W*$/.exec(sign);
  if (digits) return Number(digits[1]);
  if (/^\W*\d/.test(sign)) return parseInt(sign.replace(/^\W*/, ""), 10);
  const letters = /^\W*([a-zåäö]{1,6})[.):]\W*$/i.exec(sign)?.[1].toLowerCase();
  if (!letters) return 0;
  if (letters.length === 1 && !"ivx".includes(letters)) return letters.charCodeAt(0) - 96;
  if (!/^[ivxlcdm]+$/.test(letters)) return 1;
  const values = [...letters].map((letter) => ROMAN[letter]);
  return values.reduce((sum, value, place) => sum + (value < (values[place + 1] ?? 0) ? -value : value), 0);
}

// Lists of items that stand one after another, each { level, list, number, parts }: level from 1, the name of the list,
// its number or 0 for a bullet. They come before `place`.
function listsOf(items, place) {
  const page = place.ownerDocument, open = []; // the list of each level that is open
  for (const { level, list, number, parts } of items) {
    while (open.length && open.at(-1).level > level) open.pop();
    const same = open.at(-1)?.level === level ? open.at(-1) : null;
    if (same && (same.list !== list || same.numbered !== (number > 0))) open.pop();
    if (open.at(-1)?.level !== level) {
      const element = page.createElement(number ? "ol" : "ul");
      if (number > 1) element.start = number;
      if (open.length) open.at(-1).element.lastElementChild.append(element);
      else place.before(element);
      open.push({ level, list, numbered: number > 0, element });
    }
    const item = page.createElement("li");
    item.append(...parts);
    open.at(-1).element.append(item);
  }
}

// The level of an item of Word: as it says itself, or, where a mail program has taken that away, by its indent.
function wordLevel(part, sign) {
  const style = styleOf(part), said = /\blevel(\d)/.exec(style["mso-list"] ?? "");
  if (said) return Number(said[1]);
  return sign ? Math.max(1, Math.round(parseFloat(style["margin-left"] ?? "36") / 36)) : 0;
}

// The bullet or number that Word writes out before an item, followed by a space in a small font.
function wordSign(part) {
  const parts = [...part.querySelectorAll("[data-style]")];
  const said = parts.find((one) => styleOf(one)["mso-list"] === "ignore");
  const space = parts.find((one) => /^7(\.0)?pt/.test(styleOf(one).font ?? "") && !one.textContent.trim());
  const sign = said ?? space?.parentElement;
  return sign && sign !== part && part.textContent.trim().startsWith(sign.textContent.trim()) ? sign : null;
}

// Word's lists are paragraphs. A numbered heading keeps its number as a word.
function wordLists(page, said) {
  const items = new Map();
  for (const sign of page.body.querySelectorAll(`:is(${HEADINGS}) [data-style]`)) {
    if (styleOf(sign)["mso-list"] === "ignore") sign.textContent = `${sign.textContent.trim()} `;
  }
  for (const part of page.body.querySelectorAll("p, div")) {
    const sign = wordSign(part), level = wordLevel(part, sign);
    if (!level || part.querySelector(BLOCKS)) continue;
    const written = sign?.textContent.trim() ?? "", number = numberOf(written);
    sign?.remove();
    if (number && !/\d/.test(written)) said.add("letters");
    items.set(part, { level, list: styleOf(part)["mso-list"]?.replace(/level\d/, ""), number });
  }
  while (items.size) {
    const [first] = items.keys(), run = [], place = page.createElement("div");
    first.before(place);
    for (let part = first; part && items.has(part); ) {
      const next = part.nextElementSibling, words = page.createElement("p");
      words.append(...part.childNodes);
      words.dataset.style = part.dataset.style;
      run.push({ ...items.get(part), parts: [words] });
      items.delete(part);
      part.remove();
      part = next;
    }
    listsOf(run, place);
    place.remove();
  }
}

// Word online writes each item as a list of its own, with its level and the name of the list it belongs to.
function wordOnlineLists(page) {
  const isOne = (list) => list?.matches("ul, ol") && list.children.length && [...list.children].every((item) => item.dataset.ariaLevel);
  for (const wrapper of page.body.querySelectorAll(".ListContainerWrapper")) wrapper.replaceWith(...wrapper.childNodes);
  for (const first of page.body.querySelectorAll("ul, ol")) {
    if (!first.isConnected || !isOne(first)) continue;
    const run = [], place = page.createElement("div");
    first.before(place);
    for (let list = first; isOne(list); ) {
      const next = list.nextElementSibling;
      for (const item of list.children) {
        const number = list.matches("ol") ? list.start : 0;
        const level = Number(item.dataset.ariaLevel), name = item.dataset.listid ?? "";
        run.push({ level, list: name, number, parts: [...item.childNodes] });
      }
      list.remove();
      list = next;
    }
    const named = run.find((item) => item.list)?.list;
    for (const item of run) item.list ||= named;
    listsOf(run, place);
    place.remove();
  }
}

// Google Docs writes a nested list beside the item that it belongs to, others one without an item around it.
function nestedLists(page, said) {
  for (const item of page.body.querySelectorAll("li")) {
    if (item.parentElement.matches("ul, ol")) continue;
    const list = page.createElement("ul");
    item.before(list);
    while (list.nextElementSibling?.matches("li") && !list.nextSibling.data?.trim()) list.append(list.nextElementSibling);
  }
  for (const list of page.body.querySelectorAll("ul > ul, ul > ol, ol > ul, ol > ol")) {
    if (list.previousElementSibling) list.previousElementSibling.append(list);
    else if (list.parentElement.children.length === 1) list.parentElement.replaceWith(list);
    else if (list.tagName === list.parentElement.tagName) list.replaceWith(...list.childNodes);
    else list.parentElement.before(list);
  }
  for (const list of page.body.querySelectorAll("ol")) {
    const kind = list.type && list.type !== "1" ? list.type : styleOf(list.querySelector("li") ?? list)["list-style-type"] ?? styleOf(list)["list-style-type"];
    if (/^[ai]$|alpha|latin|roman|greek/i.test(kind ?? "")) said.add("letters");
    const value = Number(list.querySelector(":scope > li")?.getAttribute("value"));
    if (value) list.start = value;
  }
  for (const item of page.body.querySelectorAll("ol > li + li[value]")) {
    const list = item.parentElement, after = page.createElement("ol");
    after.start = Number(item.getAttribute("value"));
    let number = list.start;
    for (let before = item.previousElementSibling; before; before = before.previousElementSibling) number += 1;
    if (after.start === number || !after.start) continue;
    while (item.nextSibling) after.append(item.nextSibling);
    after.prepend(item);
    list.after(after);
  }
}
