"""Draws the five lines: the marks, the strip, the favicon and the share images. Run from the repository's root.

    python website/lines.py                  templates/includes/{mark,lines,stopped}.html and static/img/favicon.svg
    python website/lines.py --pictures       the PNGs as well: needs Chromium and Pillow

One drawing, five crops of 300 x 92: 1 grows, 2 rises, 3 weaves, 4 loops, 5 fans out.
"""

import html
import json
import math
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDES, IMG = ROOT / "templates/includes", ROOT / "static/img"
HEIGHT, WIDTH, STROKE, GAP = 92, 300, 2.5, 13
BEND, UNDER = 0.45, 0.11  # of the weave: how soon a thread turns, how much of it is hidden
CLEAR = 15  # half of what a loop hides of the line above it
HIGH = [25 + GAP * i for i in range(5)]  # where the lines run once they have risen
LOW = [y + GAP for y in HIGH]
DEEP, ON_DEEP, LINE = "#00357a", "#fff", "#9cc4ee"


def number(value):
    return f"{value:.1f}".rstrip("0").rstrip(".")


def through(points):
    return "L".join(f"{number(x)} {number(y)}" for x, y in points)


def strengthen(y):
    """A hairline that grows to the full stroke; a shape, since a stroke cannot grow."""
    half = STROKE / 2
    return f"M0 {number(y - 0.25)}L240 {number(y - half)}H300v{STROKE}H240L0 {number(y + 0.25)}z"


def rise(i):
    x = 40 + 38 * i
    return f"M0 {LOW[i]}H{x}c26 0 22-{GAP} 48-{GAP}H300"


def weave():
    """Neighbours change places, two pairs at a time; one thread of each passes under and is interrupted."""
    start, step, turns = 30, 48, 5
    parts = []
    for turn in range(turns):
        x, first = start + turn * step, turn % 2
        for place, y in enumerate(HIGH):
            if place < first or place - first == 4:  # nobody to change with
                parts.append(f"M{x} {y}h{step}")
            elif (place - first) % 2 == 0:
                parts.append(f"M{x} {y}c{step * BEND:g} 0 {step * (1 - BEND):g} {GAP} {step} {GAP}")
            else:
                parts += under_thread(x, y, step)
    ends = "".join(f"M0 {y}H{start}M{start + turns * step} {y}H300" for y in HIGH)
    return ends + "".join(parts)


def under_thread(x, y, step):
    """The same curve upwards, without its middle: two cubic pieces."""
    curve = [(x, y), (x + step * BEND, y), (x + step * (1 - BEND), y - GAP), (x + step, y - GAP)]
    return [piece(curve, 0, 0.5 - UNDER), piece(curve, 0.5 + UNDER, 1)]


def piece(curve, start, end):
    """The part of a cubic between two parameters, by its polar form."""

    def polar(a, b, c):
        points = curve
        for t in (a, b, c):
            points = [(px + (qx - px) * t, py + (qy - py) * t) for (px, py), (qx, qy) in pairwise(points)]
        return " ".join(number(v) for v in points[0])

    return f"M{polar(start, start, start)}C{polar(start, start, end)} {polar(start, end, end)} {polar(end, end, end)}"


def loop(i):
    """A trochoid: forwards, up and over backwards, forwards again. It passes in front of the line above it."""
    radius, drift, breadth = 11.3, 2.9, 1.55
    y, x, below = HIGH[i], 58 + 46 * i, 104 + 46 * i
    turns = [math.pi * (2 * n / 28 - 1) for n in range(29)]
    points = [(x + breadth * (drift * t - radius * math.sin(t)), y - radius * (1 + math.cos(t))) for t in turns]
    behind = f"H{below - CLEAR}M{below + CLEAR} {y}H300" if i < 4 else "H300"
    return f"M0 {y}H{number(points[0][0])}L{through(points[1:])}{behind}"


def fan(i):
    y, end = HIGH[i], HEIGHT // 2 + (i - 2) * 30
    return f"M0 {y}C110 {y} 170 {number(y + (end - y) * 0.25)} 300 {end}"


def drawing(n):
    if n == 1:
        return f'<path fill="currentColor" d="{"".join(strengthen(y) for y in LOW)}"/>'
    lines = {
        2: "".join(map(rise, range(5))),
        3: weave(),
        4: "".join(map(loop, range(5))),
        5: "".join(map(fan, range(5))),
    }
    return f'<path fill="none" stroke="currentColor" stroke-width="{STROKE}" d="{lines[n]}"/>'


def mark(n):
    return (
        f'<svg class="mark mark-{n}" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" focusable="false">'
        f"{drawing(n)}</svg>"
    )


def stopped():
    """Straight lines may be stretched to any width: they always end in sight."""
    lines = "".join(f"M0 {y}H{x}" for y, x in zip(HIGH, (64, 45, 72, 37, 53), strict=True))
    return (
        f'<svg class="short" viewBox="0 0 100 {HEIGHT}" preserveAspectRatio="none" aria-hidden="true" '
        f'focusable="false"><path fill="none" stroke="currentColor" stroke-width="{STROKE}" '
        f'vector-effect="non-scaling-stroke" d="{lines}"/></svg>'
    )


def favicon():
    rows = "".join(f"M0 {y}h9c7 0 7-4 14-4h9" for y in (8, 13, 18, 23, 28))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="{DEEP}" d="M0 0h32v32H0z"/>'
        f'<path fill="none" stroke="{ON_DEEP}" stroke-width="2" d="{rows}"/></svg>\n'
    )


def write_templates():
    made = "{# made by website/lines.py #}"
    choices = "".join(f"{{% {'if' if n == 1 else 'elif'} n == {n} %}}{mark(n)}" for n in range(1, 6))
    (INCLUDES / "mark.html").write_text(f"{made}{choices}{{% endif %}}\n")
    strip = "".join(f'{{% include "includes/mark.html" with n={n} %}}' for n in range(1, 6))
    (INCLUDES / "lines.html").write_text(
        f'{made}<div class="lines{{% if at %}} at-{{{{ at }}}}{{% endif %}}" aria-hidden="true">{strip}</div>\n'
    )
    (INCLUDES / "stopped.html").write_text(f"{made}{stopped()}\n")
    IMG.mkdir(parents=True, exist_ok=True)
    (IMG / "favicon.svg").write_text(favicon())


PICTURE = """<!doctype html><meta charset="utf-8"><style>
@font-face {{ font-family: S; src: url({fonts}/source-serif-4.woff2) }}
* {{ margin: 0 }} body {{ background: {deep}; color: {on_deep}; font-family: S; height: 630px; position: relative }}
p {{ position: absolute; inset: 56px 72px auto; font-size: 30px; color: {line} }}
div {{ position: absolute; inset: 130px 72px auto; display: flex; align-items: center; gap: 48px; height: 300px }}
b {{ font-size: 190px; line-height: 1; font-weight: 300; color: {line} }}
h1 {{ font-size: {size}px; line-height: 1.12; font-weight: 300; max-width: 17em; text-wrap: balance }}
section {{ position: absolute; inset: auto 0 56px; display: flex; color: {line} }}
svg {{ flex: 1; min-width: 0; margin-left: -1px }}
.faint {{ color: #275197 }} svg {{ overflow: visible }}</style>
<p>{site}</p><div>{numeral}<h1>{title}</h1></div><section>{strip}</section>"""


def picture(site, title, at=None):
    marks = [mark(n) if at in (n, None) else mark(n).replace("mark-", "faint mark-") for n in range(1, 6)]
    return PICTURE.format(
        fonts=(ROOT / "static/fonts").as_uri(), deep=DEEP, on_deep=ON_DEEP, line=LINE, size=64 if at else 84,
        site=html.escape(site), title=html.escape(title), numeral=f"<b>{at}</b>" if at else "", strip="".join(marks),
    )  # fmt: skip


def photograph(source, target, width, height):
    """One page, drawn by Chromium, in at most 32 colours."""
    from PIL import Image

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder, "page.html"), Path(folder, "shot.png")
        page.write_text(source)
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]
        size = f"--window-size={width},{max(height, 600)}"
        subprocess.run(["chromium", *options, size, f"--screenshot={shot}", page.as_uri()], check=True)
        Image.open(shot).convert("RGB").crop((0, 0, width, height)).quantize(32).save(target, optimize=True)


def draw_pictures():
    """Names come from the first content; share images are drawn anew when an official name changes."""
    things = json.loads((ROOT / "declaration/fixtures/declaration.json").read_text())
    pages = json.loads((ROOT / "website/pages/fixtures/pages.json").read_text())
    site = next(t["fields"] for t in things if t["pk"] == "declaration")
    home = next(t["fields"] for t in pages if t["pk"] == "home")
    for code in ("fi", "sv", "en"):
        name = site[f"title_{code}"]
        photograph(picture(name, home[f"title_{code}"]), IMG / f"share/{code}.png", 1200, 630)
        for n in range(1, 6):
            title = next(t["fields"][f"name_{code}"] for t in things if t["pk"] == n)
            photograph(picture(name, title, at=n), IMG / f"share/{code}-{n}.png", 1200, 630)
    for size, name in ((32, "favicon-32.png"), (180, "apple-touch-icon.png")):
        icon = favicon().replace("<svg", f'<svg width="{size}"')
        photograph(f"<!doctype html><style>* {{ margin: 0 }}</style>{icon}", IMG / name, size, size)


if __name__ == "__main__":
    write_templates()
    if "--pictures" in sys.argv:
        draw_pictures()
