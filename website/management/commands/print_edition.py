import re
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from website.press import printing
from website.publishing.edition import Edition


class Command(BaseCommand):
    help = "Prints the site into a folder that any web server, or an archive, can serve without Django."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument("--at", help="the site as it was: 2026-12-01T12:00 (Helsinki)")

    def handle(self, folder, at, **options):
        if folder.exists() and any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty.")
        moment = datetime.fromisoformat(at) if at else None
        if moment and timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
        pages = printing.print_pages(Edition.load(moment), quality=11)
        # The archive's root is the site; pages for errors stand beside it under their numbers.
        root = {path: printing.replace(page, file=page.file.removeprefix("site/")) for path, page in pages.items()}
        printing.write(folder, root)
        texts = [page.bodies[""].decode() for page in root.values()]
        copied = set()
        while texts:
            for name in set(re.findall(r"/static/([\w./-]+)|url\(\"?([\w./-]+)", texts.pop())):
                self.copy(folder, name[0] or name[1].removeprefix("../"), copied, texts)
        self.stdout.write(f"{len(root)} pages and {len(copied)} files in {folder}")

    @staticmethod
    def copy(folder, name, copied, texts):
        source, target = settings.STATIC_ROOT / name, folder / "static" / name
        if name not in copied and source.is_file():
            copied.add(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            if name.endswith(".css"):
                texts.append(source.read_text(encoding="utf-8"))
