from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from website import databases
from website.press import printing
from website.publishing.models import Serial


class Command(BaseCommand):
    help = "Puts the newest backup of a folder in the place of the database. Purge personal data afterwards."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)

    def handle(self, folder, **options):
        files = sorted(folder.glob(f"*.{databases.suffix()}"))
        if not files:
            raise CommandError(f"{folder} holds no backup for this database.")
        try:
            newest = Serial.current()
        except DatabaseError:
            newest = 0  # there is no database to be replaced
        databases.restore(files[-1])
        call_command("migrate", verbosity=0)
        # Workers only move forward: what is restored must be newer than anything they have served.
        served = [int(edition.name.rsplit("-", 2)[1]) for edition in printing.stored()]
        Serial.advance()
        Serial.objects.update(number=max([newest, Serial.current(), *served]) + 1)
        self.stdout.write(f"{files[-1]} is restored. Now: manage.py purge_personal_data")
