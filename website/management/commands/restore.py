from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from website import databases
from website.publishing.models import Serial


class Command(BaseCommand):
    help = "Puts the newest backup of a folder in the place of the database. Purge personal data afterwards."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)

    def handle(self, folder, **options):
        files = sorted(folder.glob(f"*.{databases.suffix()}"))
        if not files:
            raise CommandError(f"{folder} holds no backup for this database.")
        databases.restore(files[-1])
        call_command("migrate", verbosity=0)
        Serial.advance()  # with another random id: every host prints what is restored, be the number lower
        self.stdout.write(f"{files[-1]} is restored. Now: manage.py purge_personal_data")
