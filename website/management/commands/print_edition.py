import shutil
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from website.prerender import render
from website.publishing.edition import Edition

PUBLIC_FILES = ("css", "fonts", "img")  # the folders of static files that public pages use


class Command(BaseCommand):
    help = "Prints the site into a folder that any web server, or an archive, can serve without Django."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument("--at", type=datetime.fromisoformat, help="the site as it was: 2026-12-01T12:00 (Helsinki)")

    def handle(self, folder, at, **options):
        if folder.exists() and any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty.")
        # A moment without a zone is in TIME_ZONE, which Django sets for the process.
        files = render.render(Edition.load(at and at.astimezone()))
        # The pages go to the root of the folder, error pages beside them.
        render.write(folder, {name.removeprefix("site/"): content for name, content in files.items()})
        for kind in PUBLIC_FILES:
            shutil.copytree(settings.STATIC_ROOT / kind, folder / "static" / kind)
        self.stdout.write(f"{len(files)} pages in {folder}")
