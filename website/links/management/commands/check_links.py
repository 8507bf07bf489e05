from django.core.management.base import BaseCommand

from website.links import checking


class Command(BaseCommand):
    help = "Looks at every link in the public texts and keeps what is moved or broken. The worker does it weekly."

    def handle(self, **options):
        number, problems = checking.check_all()
        for url, problem in sorted(problems.items()):
            self.stdout.write(f"{url}: {problem}")
        self.stdout.write(f"{number} links looked at, {len(problems)} moved or broken.")
