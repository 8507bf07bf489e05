from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from website.backups import BackupError, restoring


class Command(BaseCommand):
    help = "Replaces the database by the newest backup of a folder, and erases again what was erased since then."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--file", type=Path, help="another backup than the newest")
        parser.add_argument(
            "--anyway",
            action="store_true",
            help="even if the present database cannot be copied aside, or a SECRET_KEY of the erasures is lost",
        )

    def handle(self, *args: Any, folder: Path, file: Path | None, anyway: bool, **options: Any) -> None:
        try:
            restoring.restore(folder, file, anyway, self.stdout.write)
        except BackupError as error:
            raise CommandError(str(error)) from error
