"""Makes the two fonts of static/fonts/ from the packages of Fontsource. Run from the repository's root.

    npm pack @fontsource-variable/source-sans-3@5.3.0 @fontsource/source-serif-4@5.3.1     and unpack both
    python website/fonts.py SANS_PACKAGE SERIF_PACKAGE                                      needs fonttools, brotli

Each package has Latin in two files; the letters wanted from the second are put into the first. Prints the
heights that the stand-in faces in site.css take over.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.varLib import instancer

OUT = Path(__file__).resolve().parent.parent / "static/fonts"
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x100)]
SAMI = [ord(c) for c in "ČčĐđŊŋŠšŦŧŽžǤǥǦǧǨǩƷʒǮǯ"]
WEIGHTS = (400, 600)  # what site.css uses; each weight more is bytes that every first reader waits for
SIGNS = [ord(c) for c in "–—‘’‚“”„•…€−"]


def wanted(path, codes):
    options = subset.Options(flavor=None, layout_features=["kern"], hinting=False)
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # copyright and licence stay
    options.drop_tables += ["STAT"]
    font = subset.load_font(str(path), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    return font


def add(font, other):
    """The glyphs of the other font that this one lacks, with their outlines, widths and variations."""
    have, cmap = font.getBestCmap(), other.getBestCmap()
    names = {name: f"ext.{name}" for name in other.getGlyphOrder()}
    glyf, metrics = other["glyf"], other["hmtx"].metrics
    for name, new in names.items():
        glyph = glyf[name]
        for component in glyph.components if glyph.isComposite() else []:
            component.glyphName = names[component.glyphName]
        font["glyf"][new] = glyph
        font["hmtx"].metrics[new] = metrics[name]
        if "gvar" in font:
            font["gvar"].variations[new] = other["gvar"].variations.get(name, [])
    for table in font["cmap"].tables:
        table.cmap |= {code: names[name] for code, name in cmap.items() if code not in have}
    font["maxp"].numGlyphs = len(font.getGlyphOrder())
    if "HVAR" in font:
        del font["HVAR"]  # the variations of the widths stand in gvar as well


def make(package, pattern, target, name):
    files = Path(package) / "files"
    base = wanted(files / pattern.format("latin"), LATIN + SIGNS)
    missing = [c for c in LATIN + SIGNS + SAMI if c not in base.getBestCmap()]
    add(base, wanted(files / pattern.format("latin-ext"), missing))
    if "fvar" in base:
        base = instancer.instantiateVariableFont(base, {"wght": WEIGHTS})
    lost = [chr(c) for c in LATIN + SIGNS + SAMI if c not in base.getBestCmap()]
    for record in base["name"].names:  # the reserved name “Source” belongs to the unchanged fonts alone
        if record.nameID in (1, 3, 4, 6):
            record.string = name
    base.flavor = "woff2"
    OUT.mkdir(parents=True, exist_ok=True)
    base.save(OUT / target)
    licence = (Path(package) / "LICENSE").read_text().removeprefix("Google Inc.\n\n")
    (OUT / f"{target.removesuffix('.woff2')}-OFL.txt").write_text(f"{base['name'].getDebugName(0)}\n\n{licence}")
    upm, hhea = base["head"].unitsPerEm, base["hhea"]
    print(target, (OUT / target).stat().st_size, "bytes; without:", " ".join(lost) or "nothing")
    print({k: round(getattr(hhea, k) / upm, 4) for k in ("ascent", "descent", "lineGap")})


if __name__ == "__main__":
    make(sys.argv[1], "source-sans-3-{}-wght-normal.woff2", "source-sans-3.woff2", "DeclarationSans")
    make(sys.argv[2], "source-serif-4-{}-300-normal.woff2", "source-serif-4.woff2", "DeclarationSerif")
