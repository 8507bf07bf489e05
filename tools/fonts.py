"""Makes the fonts of static/fonts/ from the packages of Fontsource. For development; no site runs this.

    npm pack @fontsource-variable/source-sans-3@5.3.0 @fontsource-variable/source-serif-4@5.3.1     and unpack both
    make fonts ARGS="SANS_PACKAGE SERIF_PACKAGE"                    needs requirements/assets.txt

Three files a family: what Finnish, Swedish and English are written with, which every first reader waits for
(tests/test_look.py says how many bytes there may be), and the letters and signs of Latin-1 and of Sámi, which a
browser fetches where a page has one of them: unicode-range in site.css and admin.css. Prints what the family lacks,
and the heights that the stand-in faces take over.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.varLib import instancer

OUT = Path(__file__).resolve().parent.parent / "static/fonts"
RARE_CHARACTERS = {*r"#$*<=>[\]^`{|}~"}
DAILY = {*map(chr, range(0x20, 0x7F)), *"\u00a0\u00ad§åäöéÅÄÖÉ–—‘’“”…€−"} - RARE_CHARACTERS
LETTERS = {  # the end of a file's name, the part of the package, what is taken from it
    "": ("latin", DAILY),
    "-latin": ("latin", {*map(chr, range(0xA1, 0x100)), *"‚„•"} - DAILY | RARE_CHARACTERS),
    "-sami": ("latin-ext", {*"ČčĐđŊŋŠšŦŧŽžǤǥǦǧǨǩƷʒǮǯ"}),
}


def make(package, pattern, target, name, weights):
    options = subset.Options(layout_features=["kern"], hinting=False)
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # copyright and licence stay
    options.drop_tables += ["BASE", "HVAR", "MVAR", "STAT"]  # gvar has the variation of widths as well
    for ending, (part, letters) in LETTERS.items():
        font = subset.load_font(str(package / "files" / pattern.format(part)), options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(text="".join(letters))
        subsetter.subset(font)
        font = instancer.instantiateVariableFont(font, {"wght": weights})
        for record in font["name"].names:  # the reserved name “Source” belongs to the unchanged fonts alone
            if record.nameID in (1, 3, 4, 6):
                record.string = name
        font.flavor = "woff2"
        font.save(OUT / f"{target}{ending}.woff2")
        held = {chr(code) for code in font.getBestCmap()}
        print(f"{target}{ending}", (OUT / f"{target}{ending}.woff2").stat().st_size, "bytes; without:", *letters - held)
    licence = (package / "LICENSE").read_text().removeprefix("Google Inc.\n\n")
    (OUT / f"{target}-OFL.txt").write_text(f"{font['name'].getDebugName(0)}\n\n{licence}")
    print({k: round(getattr(font["hhea"], k) / font["head"].unitsPerEm, 4) for k in ("ascent", "descent", "lineGap")})


if __name__ == "__main__":
    sans, serif = Path(sys.argv[1]), Path(sys.argv[2])
    # The weights are those that site.css uses.
    make(sans, "source-sans-3-{}-wght-normal.woff2", "source-sans-3", "DeclarationSans", (400, 600))
    make(serif, "source-serif-4-{}-wght-normal.woff2", "source-serif-4", "DeclarationSerif", (300, 400))
