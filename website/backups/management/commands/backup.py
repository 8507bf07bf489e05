from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from website.backups import BackupError, storing


class Command(BaseCommand):
    help = "Copies the database into a new file of a folder, while the site runs, and reads the copy back."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument("--prune", action="store_true", help="then delete those older than KEEP_DAYS says")

    def handle(self, folder, prune, **options):
        try:
            self.stdout.write(str(storing.make(folder)))
            storing.keep_erasures(folder)
        except BackupError as error:
            raise CommandError(str(error)) from error
        for past in storing.prune(folder) if prune else ():
            self.stderr.write(f"{past} is deleted.")
