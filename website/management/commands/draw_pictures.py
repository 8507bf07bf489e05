import subprocess
import tempfile
from itertools import product
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from website.management.commands.seed import first_content
from website.publishing.edition import Edition
from website.publishing.texts import LANGUAGES

STATIC = settings.BASE_DIR / "static"
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]


class Command(BaseCommand):
    help = (
        "Makes the PNGs of static/img anew, once the marks, favicon.svg or an official name in the first content "
        "has changed. Needs Chromium and requirements/assets.txt."
    )

    def handle(self, **options):
        for name, page in pages_to_share():
            photograph(page, STATIC / "img/share" / name, 1200, 630)
        # Pages for one photograph: nobody is served them, so they may say by themselves that they have no margin.
        icon = (STATIC / "img/favicon.svg").as_uri()
        for size, name in ((32, "favicon-32.png"), (180, "apple-touch-icon.png")):
            page = f'<!doctype html><style>* {{ margin: 0 }}</style><img src="{icon}" width="{size}">'
            photograph(page, STATIC / "img" / name, size, size)


def pages_to_share():
    """By the name of its picture, each page as it is shared: the site's own and one for each commitment."""
    edition = Edition(at=timezone.now(), serial=0, publications=(), replaced=tuple(first_content()))
    pages = {"": edition.get("pages.Page", "home")}
    pages |= {f"-{commitment.number}": commitment for commitment in edition.things("declaration.Commitment")}
    for code, (ending, thing) in product(LANGUAGES, pages.items()):
        with override(code):
            context = {"page": thing, "static": STATIC.as_uri()}
            yield f"{code}{ending}.png", render_to_string("website/picture.html", context)


def photograph(page, target, width, height):
    """What Chromium draws, in at most 32 colours."""
    from PIL import Image  # not above: no server has it

    with tempfile.TemporaryDirectory() as folder:
        source, shot = Path(folder, "page.html"), Path(folder, "shot.png")
        source.write_text(page, encoding="utf-8")
        size = f"--window-size={width},{max(height, 600)}"
        subprocess.run(["chromium", *OPTIONS, size, f"--screenshot={shot}", source.as_uri()], check=True)
        Image.open(shot).convert("RGB").crop((0, 0, width, height)).quantize(32).save(target, optimize=True)
