import os

from django.contrib.staticfiles.management.commands.runserver import Command as RunserverCommand
from django.core.management import call_command
from django.db import connection


class Command(RunserverCommand):
    help = "Django's server for development. On a new database it makes the first content and three accounts."

    def handle(self, *args, **options):
        reloaded = os.environ.get("RUN_MAIN") == "true"
        if not reloaded and not connection.introspection.table_names():
            call_command("prepare", accounts=True)
        super().handle(*args, **options)
