"""Makes the PNG files of static/img: `make pictures`. For development; no site runs this.

Run it once the marks, favicon.svg or an official name in the first content has changed. Needs Chromium and
requirements/assets.txt, and the settings of the site in the environment.
"""

import subprocess
import tempfile
from itertools import product
from pathlib import Path

import django
from django.template import engines
from django.utils import timezone
from django.utils.translation import override

TEMPLATE = Path(__file__).parent / "picture.html"
STATIC = Path(__file__).resolve().parent.parent / "static"
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]


def main():
    for name, page in pages_to_share():
        photograph(page, STATIC / "img/share" / name, 1200, 630)
    # Pages for the screenshot alone, so they may have inline styles.
    icon = (STATIC / "img/favicon.svg").as_uri()
    for size, name in ((32, "favicon-32.png"), (180, "apple-touch-icon.png")):
        page = f'<!doctype html><style>* {{ margin: 0 }}</style><img src="{icon}" width="{size}">'
        photograph(page, STATIC / "img" / name, size, size)


def pages_to_share():
    """Yields a file name and the HTML of a picture to share: the site's own and one for each commitment."""
    from website.management.commands.seed import first_content  # not above: needs django.setup()
    from website.publishing.edition import Edition
    from website.publishing.texts import LANGUAGES

    template = engines["django"].from_string(TEMPLATE.read_text(encoding="utf-8"))
    edition = Edition(at=timezone.now(), serial=0, publications=(), replaced=tuple(first_content()))
    pages = {"": edition.get("pages.Page", "home")}
    pages |= {f"-{commitment.number}": commitment for commitment in edition.things("declaration.Commitment")}
    for code, (ending, thing) in product(LANGUAGES, pages.items()):
        with override(code):
            context = {"page": thing, "static": STATIC.as_uri()}
            yield f"{code}{ending}.png", template.render(context)


def photograph(page, target, width, height):
    """Saves what Chromium draws of an HTML page, width × height pixels in at most 32 colours."""
    from PIL import Image  # not above: the tests import this module, and have no Pillow

    with tempfile.TemporaryDirectory() as folder:
        source, shot = Path(folder, "page.html"), Path(folder, "shot.png")
        source.write_text(page, encoding="utf-8")
        size = f"--window-size={width},{max(height, 600)}"
        subprocess.run(["chromium", *OPTIONS, size, f"--screenshot={shot}", source.as_uri()], check=True)
        Image.open(shot).convert("RGB").crop((0, 0, width, height)).quantize(32).save(target, optimize=True)


if __name__ == "__main__":
    django.setup()
    main()
