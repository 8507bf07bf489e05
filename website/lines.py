"""Draws the five lines: the marks, the strip, the favicon and the share images. Run from the repository's root.

    python website/lines.py                  templates/includes/{mark,lines,stopped}.html and static/img/favicon.svg
    python website/lines.py --pictures       the PNGs as well: needs Chromium and Pillow

One drawing, five crops of 300 x 92: 1 grows, 2 rises, 3 weaves, 4 loops, 5 fans out.
"""

import html
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDES, IMG = ROOT / "templates/includes", ROOT / "static/img"
HEIGHT, WIDTH, STROKE, GAP = 92, 300, 2.5, 13
HIGH = [25 + GAP * i for i in range(5)]  # where the lines run once they have risen
LOW = [y + GAP for y in HIGH]
DEEP, ON_DEEP, LINE, FAINT = "#00357a", "#fff", "#9cc4ee", "#275197"


def strengthen(i):
    """A hairline that grows to the full stroke; a shape, since a stroke cannot grow."""
    y, half = LOW[i], STROKE / 2
    return f"M0 {y - 0.25}L240 {y - half}H300v{STROKE}H240L0 {y + 0.25}z"


def rise(i):
    return f"M0 {LOW[i]}H{40 + 38 * i}c26 0 22-{GAP} 48-{GAP}H300"


def weave(place):
    """A thread: five times it changes places with a neighbour, over one and under the next, where it is interrupted."""
    start, step, bend, hidden = 25, 50, 0.38, 0.11  # the last two are parts of a step
    path = f"M0 {HIGH[place]}H{start - bend * step:g}"
    for turn, x in enumerate(range(start, start + 5 * step, step)):
        fall = 1 if (place - turn) % 2 == 0 else -1
        fall *= 0 <= place + fall < 5  # at the edge there may be nobody to change with
        ahead = [f"{x + t * step:g} {HIGH[place] + t * fall * GAP:g}" for t in (0, bend, 0.5 - hidden, 0.5 + hidden)]
        path += "Q{} {}".format(*ahead)
        path += "L{2}M{3}".format(*ahead) if fall == (-1) ** turn else ""
        path += f"L{x + (1 - bend) * step:g} {HIGH[place] + (1 - bend) * fall * GAP:g}"
        place += fall
    return f"{path}Q{start + 5 * step} {HIGH[place]} {start + (5 + bend) * step:g} {HIGH[place]}H300"


def loop(i):
    """Forwards, up and over backwards, forwards again, in front of the line above, which is interrupted."""
    y, x, below = HIGH[i], 58 + 46 * i, 104 + 46 * i
    behind = f"H{below - 15}M{below + 15} {y}" if i < 4 else ""
    return f"M0 {y}H{x - 22}C{x + 22} {y} {x + 15} {y - 21} {x} {y - 21}S{x - 22} {y} {x + 22} {y}{behind}H300"


def fan(i):
    y, end = HIGH[i], HEIGHT // 2 + (i - 2) * 30
    return f"M0 {y}C110 {y} 170 {y + (end - y) / 4:g} 300 {end}"


def drawing(kind, width, lines, paint=f'fill="none" stroke="currentColor" stroke-width="{STROKE}"', more=""):
    return (
        f'<svg class="{kind}" viewBox="0 0 {width} {HEIGHT}"{more} aria-hidden="true" focusable="false">'
        f'<path {paint} d="{"".join(lines)}"/></svg>'
    )


def mark(n):
    if n == 1:
        return drawing("mark mark-1", WIDTH, map(strengthen, range(5)), 'fill="currentColor"')
    return drawing(f"mark mark-{n}", WIDTH, map((rise, weave, loop, fan)[n - 2], range(5)))


def stopped():
    """Straight lines may be stretched to any width: they always end in sight."""
    paint = f'vector-effect="non-scaling-stroke" fill="none" stroke="currentColor" stroke-width="{STROKE}"'
    lines = (f"M0 {y}H{x}" for y, x in zip(HIGH, (64, 45, 72, 37, 53), strict=True))
    return drawing("short", 100, lines, paint, ' preserveAspectRatio="none"')


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
    (IMG / "favicon.svg").write_text(favicon())


PICTURE = """<!doctype html><meta charset="utf-8"><style>
@font-face {{ font-family: S; src: url({fonts}/source-serif-4.woff2) }}
* {{ margin: 0 }} body {{ background: {deep}; color: {line}; font: 300 30px S; height: 630px; position: relative }}
p {{ position: absolute; inset: 56px 72px auto }}
div {{ position: absolute; inset: 130px 72px auto; display: flex; align-items: center; gap: 48px; height: 300px }}
b {{ font: 300 190px/1 S }}
h1 {{ color: {on_deep}; font: 300 {size}px/1.12 S; max-width: 17em; text-wrap: balance }}
section {{ position: absolute; inset: auto 0 56px; display: flex }}
svg {{ flex: 1; min-width: 0; margin-left: -1px; overflow: visible }} .faint {{ color: {faint} }}</style>
<p>{site}</p><div>{numeral}<h1>{title}</h1></div><section>{strip}</section>"""


def picture(site, title, at):
    marks = [mark(n) if at in (n, None) else mark(n).replace("mark-", "faint mark-") for n in range(1, 6)]
    return PICTURE.format(
        fonts=(ROOT / "static/fonts").as_uri(), deep=DEEP, on_deep=ON_DEEP, line=LINE, faint=FAINT,
        size=64 if at else 84, site=html.escape(site), title=html.escape(title),
        numeral=f"<b>{at}</b>" if at else "", strip="".join(marks),
    )  # fmt: skip


def photograph(source, target, width, height):
    """One page, drawn by Chromium, in at most 32 colours."""
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder, "page.html"), Path(folder, "shot.png")
        page.write_text(source)
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]
        size = f"--window-size={width},{max(height, 600)}"
        subprocess.run(["chromium", *options, size, f"--screenshot={shot}", page.as_uri()], check=True)
        Image.open(shot).convert("RGB").crop((0, 0, width, height)).quantize(32).save(target, optimize=True)


def draw_pictures():
    """Names come from the first content; share images are drawn anew when an official name changes."""
    fixtures = ("declaration/fixtures/declaration.json", "website/pages/fixtures/pages.json")
    content = {thing["pk"]: thing["fields"] for name in fixtures for thing in json.loads((ROOT / name).read_text())}
    for code in ("fi", "sv", "en"):
        for n in (None, 1, 2, 3, 4, 5):
            title = content[n][f"name_{code}"] if n else content["home"][f"title_{code}"]
            source = picture(content["declaration"][f"title_{code}"], title, n)
            photograph(source, IMG / "share" / f"{code}{f'-{n}' if n else ''}.png", 1200, 630)
    for size, name in ((32, "favicon-32.png"), (180, "apple-touch-icon.png")):
        icon = favicon().replace("<svg", f'<svg width="{size}"')
        photograph(f"<!doctype html><style>* {{ margin: 0 }}</style>{icon}", IMG / name, size, size)


if __name__ == "__main__":
    write_templates()
    if "--pictures" in sys.argv:
        draw_pictures()
