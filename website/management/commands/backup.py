from pathlib import Path

from django.core.management.base import BaseCommand
from django.utils import timezone

from website import databases


class Command(BaseCommand):
    help = "Copies the database into a new file of a folder, while the site runs."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)

    def handle(self, folder, **options):
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{timezone.now():%Y%m%dT%H%M%S.%fZ}.{databases.suffix()}"
        databases.backup(file)
        self.stdout.write(str(file))
