from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from website.backups import BackupError, restoring


class Command(BaseCommand):
    help = "Puts the newest backup of a folder in the place of the database, and erases again what was erased since."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument("--file", type=Path, help="another backup than the newest")
        parser.add_argument(
            "--anyway",
            action="store_true",
            help="also where what is there now cannot be copied aside, or a SECRET_KEY of the erasures is lost",
        )

    def handle(self, folder, file, anyway, **options):
        try:
            restoring.restore(folder, file, anyway, self.stdout.write)
        except BackupError as error:
            raise CommandError(str(error)) from error
