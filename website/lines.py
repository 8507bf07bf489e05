"""Draws the five lines: the marks, the strip, the favicon and the share images. Run from the repository's root.

    python website/lines.py                  templates/includes/{mark,lines,stopped}.html and static/img/favicon.svg
    python website/lines.py --pictures       the PNGs as well: needs Chromium and Pillow

One drawing, five crops of 300 x 92: 1 grows, 2 rises, 3 weaves, 4 loops, 5 fans out.
"""

import math
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDES, IMG = ROOT / "templates/includes", ROOT / "static/img"
TOP, HEIGHT, WIDTH, STROKE, GAP = 9, 92, 300, 2.5, 14
HIGH = [28 + GAP * i for i in range(5)]  # where the lines run once they have risen
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
    return f"M0 {LOW[i]}H{x}c28 0 24-{GAP} 52-{GAP}H300"


def weave():
    """Neighbours change places, two pairs at a time: at each crossing one thread passes under and is interrupted."""
    start, step, rounds, under = 25, 50, 5, 0.17
    order = list(range(5))
    parts = []
    for turn in range(rounds):
        x, first = start + turn * step, turn % 2
        for place in range(5):
            y = HIGH[place]
            if (place - first) % 2 == 0 and place + 1 < 5:  # down to the next place, over
                parts.append(f"M{x} {y}c{step * 0.42:g} 0 {step * 0.58:g} {GAP} {step} {GAP}")
            elif (place - first) % 2 == 1 and place >= 1 and place - 1 >= first:  # up, under
                parts += under_thread(x, y, step, under)
            else:
                parts.append(f"M{x} {y}h{step}")
        order.reverse()
    ends = "".join(f"M0 {y}H{start}M{start + rounds * step} {y}H300" for y in HIGH)
    return ends + "".join(parts)


def under_thread(x, y, step, under):
    """The same curve upwards, without its middle."""

    def at(t):
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        return (x + step * (0.42 * b + 0.58 * c + d), y - GAP * (c + d))

    def piece(t0, t1):
        return "M" + through(at(t0 + (t1 - t0) * k / 6) for k in range(7))

    return [piece(0, 0.5 - under), piece(0.5 + under, 1)]


def loop(i, k=10.2, c=2.4):
    """A trochoid: forwards, up and over backwards, forwards again."""
    y, x = HIGH[i], 60 + 45 * i
    turns = [math.pi * (2 * n / 36 - 1) for n in range(37)]
    points = [(x + c * t - k * math.sin(t), y - k * (1 + math.cos(t))) for t in turns]
    return f"M0 {y}H{number(points[0][0])}L{through(points[1:])}H300"


def fan(i):
    y, end = HIGH[i], HIGH[2] + (i - 2) * 44
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
        f'<svg class="mark mark-{n}" viewBox="0 {TOP} {WIDTH} {HEIGHT}" aria-hidden="true" focusable="false">'
        f"{drawing(n)}</svg>"
    )


def stopped():
    ends = [820, 640, 910, 560, 730]
    lines = "".join(f"M0 {y}H{x}" for y, x in zip(HIGH, ends, strict=True))
    return (
        f'<svg class="short" viewBox="0 {TOP} 1500 {HEIGHT}" preserveAspectRatio="xMinYMid slice" aria-hidden="true" '
        f'focusable="false"><path fill="none" stroke="currentColor" stroke-width="{STROKE}" d="{lines}"/></svg>'
    )


def favicon():
    rows = "".join(f'<path d="M0 {y}h10c6 0 6-4 12-4h10" />' for y in (8, 13, 18, 23, 28)).replace(" />", "/>")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="{DEEP}" d="M0 0h32v32H0z"/>'
        f'<g fill="none" stroke="{ON_DEEP}" stroke-width="2.25">{rows}</g></svg>\n'
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


def main():
    write_templates()


if __name__ == "__main__":
    main()
