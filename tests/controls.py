"""What a browser knows of a page's controls: their names, their rings when focused, and texts that are cut."""

import re
from urllib.parse import urlsplit

#: Roles that a person acts on; each needs a name.
ACTED_ON = {"button", "link", "textbox", "searchbox", "combobox", "listbox", "checkbox", "radio", "spinbutton", "Date"}
ACTED_ON |= {"DateTime", "InputTime", "DisclosureTriangle", "switch", "tab", "menuitem", "radiogroup", "dialog"}

#: Controls whose visible words are no part of the name that is spoken.
LABEL_IN_NAME = r"""() => {
  const plain = (text) => text.toLowerCase().replace(/[\s:…*]+/g, " ").trim();
  const unseen = ".visually-hidden, svg, script";
  const seen = (element) => [...element.childNodes].map((node) =>
    node.nodeType === 3 ? node.data : node.matches?.(unseen) ? "" : seen(node)).join(" ");
  return [...document.querySelectorAll("[aria-label]:is(a, button, input, select, textarea, summary)")]
    .filter((e) => e.checkVisibility() && !e.closest(".prose-menubar"))  // its words are drawn as icons
    .flatMap((e) => [...(e.matches("select") ? [] : [e]), ...(e.labels ?? [])].map((from) => [e, plain(seen(from))]))
    .filter(([e, words]) => /\p{L}/u.test(words) && !plain(e.ariaLabel).includes(words))
    .map(([e, words]) => `“${words}” is not in the name “${e.ariaLabel}”`);
}"""

#: Stops of the Tab key whose ring is thinner than 2 px or has less than 3:1 to what is around it.
FAINT_RINGS = r"""() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = (colour) => [...rgba(colour)].slice(0, 3).map((c) => c / 255)
    .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort(); return (y + 0.05) / (x + 0.05); };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (rgba(colour)[3] > 128) return colour;
    }
    return getComputedStyle(document.documentElement).colorScheme.includes("dark") ? "black" : "white";
  };
  const faint = [];
  const stops = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0'], .ProseMirror";
  for (const e of document.querySelectorAll(stops)) {
    if (!e.checkVisibility({ visibilityProperty: true }) || e.disabled || e.closest("dialog:not([open])")) continue;
    e.focus();
    if (document.activeElement !== e) continue;
    // A text box with a toolbar and a choice within its label have their ring around the parent.
    const ringed = getComputedStyle(e).outlineStyle === "none" ? e.parentElement : e;
    const style = getComputedStyle(ringed), width = parseFloat(style.outlineWidth);
    const around = behind(parseFloat(style.outlineOffset) < 0 ? ringed : ringed.parentElement);
    const ratio = style.outlineStyle === "none" ? 0 : contrast(style.outlineColor, around);
    const said = `${e.outerHTML.slice(0, 90)} ${style.outline} on ${around}: ${ratio.toFixed(2)}`;
    if (width < 2 || ratio < 3) faint.push(said);
  }
  return faint;
}"""

#: Labels, names and descriptions that point to nothing.
DANGLING = r"""() => ["for", "aria-labelledby", "aria-describedby"].flatMap((name) =>
  [...document.querySelectorAll(`[${name}]`)].flatMap((e) => e.getAttribute(name).split(/\s+/)
    .filter((id) => id && !document.getElementById(id))
    .map((id) => `${name} of ${e.outerHTML.slice(0, 60)} leads nowhere: ${id}`)))"""

#: Texts that stand outside what shows them and cannot be scrolled to.
CUT = r"""() => {
  const cut = [], root = document.documentElement;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.data.trim() || !parent.checkVisibility({ visibilityProperty: true })) continue;
    if (parent.closest(".visually-hidden, .skip-to-content-link, script, option, textarea, svg, head")) continue;
    if (parent.closest(".bar h1, .bar p")) continue;  // one line, whose words stand whole in the breadcrumb and below
    const range = document.createRange();
    range.selectNodeContents(node);
    const right = Math.max(...[...range.getClientRects()].map((rect) => rect.right));
    let frame = parent;
    while (frame !== root && getComputedStyle(frame).overflowX === "visible") frame = frame.parentElement;
    if (frame !== root && ["auto", "scroll"].includes(getComputedStyle(frame).overflowX)) continue;
    const beyond = Math.round(right - (frame === root ? innerWidth : frame.getBoundingClientRect().right));
    if (beyond > 1) cut.push(`${innerWidth}px: ${node.data.trim().slice(0, 60)} (${beyond} px)`);
  }
  if (root.scrollWidth > innerWidth) cut.push(`${innerWidth}px: the page is ${root.scrollWidth} px wide`);
  return cut;
}"""

#: Controls of less than 24 px with another one within 12 px of their middle. Links in a sentence may be lower, and
#: boxes to tick are as large as the browser makes them.
SMALL = r"""() => {
  const kinds = "a[href], button, input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea, summary";
  const targets = [...document.querySelectorAll(kinds)].filter((e) => e.checkVisibility({ visibilityProperty: true }))
    .filter((e) => !e.closest(".visually-hidden, dialog:not([open])")).map((e) => [e, e.getBoundingClientRect()]);
  const alone = (e) => e.parentElement.textContent.trim() === e.textContent.trim();
  const inText = (e) => getComputedStyle(e).display === "inline" && !alone(e);
  const isSmall = ([e, box]) => box.width > 1 && Math.min(box.width, box.height) < 23.5 && !inText(e);
  const far = (x, y, box) =>
    Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
  return targets.filter(isSmall).filter(([e, box]) => targets.some(([other, its]) =>
    !e.contains(other) && !other.contains(e) && far(box.left + box.width / 2, box.top + box.height / 2, its) < 12))
    .map(([e, box]) => `${innerWidth}px: ${e.outerHTML.slice(0, 90)} is ${box.width} × ${box.height} px`);
}"""

#: What moves for longer than five seconds.
MOVING = """() => document.getAnimations().filter((one) => !(one.effect.getComputedTiming().endTime <= 5000))
  .map((one) => `moves for long: ${one.effect.target?.outerHTML.slice(0, 60)}`)"""


def nameless(page):
    """The controls of the accessibility tree that have no name."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    found = []
    for node in nodes:
        role, name = node.get("role", {}).get("value"), node.get("name", {}).get("value", "")
        if not node["ignored"] and role in ACTED_ON and not name.strip():
            html = session.send("DOM.getOuterHTML", {"backendNodeId": node["backendDOMNodeId"]})["outerHTML"]
            found.append(f"{role} without a name: {html[:100]}")
    session.detach()
    return found


def found_in(page):
    """What is wrong with the controls and texts of a page, light and dark, wide and narrow, as lines to read."""
    lines = nameless(page) + page.evaluate(LABEL_IN_NAME) + page.evaluate(DANGLING)
    lines += page.evaluate(MOVING) + page.evaluate(SMALL)
    page.keyboard.press("Tab")  # from now on the browser shows where the focus is
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        lines += [f"{scheme}: {line}" for line in page.evaluate(FAINT_RINGS)]
    size = page.viewport_size
    for width in (320, 640):
        page.set_viewport_size({"width": width, "height": 800})
        lines += page.evaluate(CUT) + page.evaluate(SMALL)
    page.set_viewport_size(size)
    return [f"{page.url} {line}" for line in lines]


#: Pages that are alike whatever they are about: one of each is enough.
ALIKE = re.compile(r"/\w+/\w+/(?:[\w-]+/)?(delete|history|withdraw|deleted)/$")


def kinds_of_pages(page, start):
    """Visits one page of each kind that links lead to within the admin, beginning with `start`; yields each address."""
    left, known = [start], set()
    while left:
        address = left.pop(0)
        path = urlsplit(address).path
        kind = ALIKE.sub(r"/x/\1/", re.sub(r"/[\w-]+/change/$", "/x/change/", path))
        if kind in known or "/logout/" in kind:
            continue
        known.add(kind)
        answer = page.goto(address)
        if answer.status == 200 and "html" in answer.headers.get("content-type", ""):
            yield address
            links = page.eval_on_selector_all("main a[href], header a[href]", "all => all.map(a => a.href)")
            left += [link for link in links if urlsplit(link).path.startswith(urlsplit(start).path)]
