from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from website.backups import BackupError, storing


class Command(BaseCommand):
    help = "Copies the database into a new file of a folder, while the site runs, and verifies the copy."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--prune", action="store_true", help="then delete those older than KEEP_DAYS says")

    def handle(self, *args: Any, folder: Path, prune: bool, **options: Any) -> None:
        try:
            self.stdout.write(str(storing.make(folder)))
            storing.keep_erasures(folder)
        except BackupError as error:
            raise CommandError(str(error)) from error
        for expired in storing.prune(folder) if prune else ():
            self.stderr.write(f"{expired} is deleted.")
