import os
import secrets
import shutil
import time
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from website.accounts.groups import EDITORS, PUBLISHERS
from website.prerender.render import print_edition
from website.publishing.edition import Edition

STATIC_KEPT = 30 * 24 * 60 * 60  # seconds


def unknown_migrations():
    """The applied migrations of this project's apps that this release does not have, as “app.name”."""
    loader = MigrationLoader(connection)
    own = {config.label for config in apps.get_app_configs() if Path(config.path).is_relative_to(settings.BASE_DIR)}
    unknown = loader.applied_migrations.keys() - loader.disk_migrations.keys()
    return sorted(f"{app}.{name}" for app, name in unknown if app in own)


class Command(BaseCommand):
    help = "Makes the site ready to start: database, first content, groups, static files. Keeps what is there."

    def add_arguments(self, parser):
        parser.add_argument("--accounts", action="store_true", help="on a new database, make three accounts")

    def handle(self, accounts, **options):
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        if unknown := unknown_migrations():
            if not (accounts and connection.vendor == "sqlite"):
                raise CommandError(f"The database is of another release: this one does not know {unknown[0]}.")
            self.set_aside(unknown[0])
        call_command("migrate", verbosity=0)
        call_command("seed", stdout=self.stdout)
        if not settings.DEBUG:  # runserver needs neither collected static files nor printed pages
            self.collect_static()
            print_edition(Edition.load())  # so that pages can be served at once
        if accounts and not get_user_model().objects.exists():
            self.make_accounts()
        with override(settings.LANGUAGE_CODE):
            self.stdout.write(f"The site:  {settings.SITE_URL}/")
            self.stdout.write(f"The admin: {settings.SITE_URL}{reverse('admin:index')}")
            if not settings.EMAIL_HOST:
                self.stdout.write(f"Mail:      {settings.EMAIL_FILE_PATH}")

    def set_aside(self, migration):
        """Moves the database and printed pages of another release to a new folder, so that `make run` starts afresh."""
        connection.close()
        aside = settings.VAR_DIR / f"set-aside-{timezone.now():%Y%m%dT%H%M%S}"
        aside.mkdir()
        database = Path(settings.DATABASES["default"]["NAME"])
        for path in [*database.parent.glob(f"{database.name}*"), settings.VAR_DIR / "editions"]:
            if path.exists():
                shutil.move(path, aside)
        self.stdout.write(f"The database was of another release ({migration}). It is in {aside}; a new one is made.")

    def collect_static(self):
        """Collects and compresses static files, if a file has changed since the last time: it takes a while."""
        stamp = settings.STATIC_ROOT.parent / "collected"
        files = (storage.path(name) for finder in finders.get_finders() for name, storage in finder.list([]))
        newest = max(settings.BASE_DIR.joinpath(path).stat().st_mtime for path in files)
        if not stamp.exists() or stamp.read_text() != str(newest):
            call_command("collectstatic", interactive=False, verbosity=0, clear=False)
            stamp.write_text(str(newest))
            self.drop_old_files()

    @staticmethod
    def drop_old_files():
        """Deletes static files of older releases, a month after the last release that had them: old pages use them."""
        manifest = staticfiles_storage.load_manifest()[0]
        current = {*manifest, *manifest.values()}
        now = time.time()
        for file in settings.STATIC_ROOT.rglob("*"):
            name = str(file.relative_to(settings.STATIC_ROOT))
            if not file.is_file():
                continue
            if name in current or name.removesuffix(".gz").removesuffix(".br") in current:
                os.utime(file, (now, now))
            elif now - file.stat().st_mtime > STATIC_KEPT:
                file.unlink()

    def make_accounts(self):
        users = get_user_model().objects
        self.stdout.write("\nAccounts, shown only this once:")
        for name, group in (("editor", EDITORS), ("publisher", PUBLISHERS), ("administrator", None)):
            password = secrets.token_urlsafe(15)
            user = users.create_user(name, password=password, is_staff=True, is_superuser=group is None)
            user.groups.set(Group.objects.filter(name=group))
            self.stdout.write(f"  {name:14}{password}")
        self.stdout.write("")
