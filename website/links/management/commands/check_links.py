from django.core.management.base import BaseCommand

from website.links import checking


class Command(BaseCommand):
    help = "Looks at every link in the public texts and keeps what is moved or broken. The worker does it weekly."

    def handle(self, **options):
        number, found = checking.check_all()
        for address, what in sorted(found.items()):
            self.stdout.write(f"{address}: {what}")
        self.stdout.write(f"{number} links looked at, {len(found)} moved or broken.")
