from typing import Any

from django.core.management.base import BaseCommand

from website.links import checking


class Command(BaseCommand):
    help = "Checks every link in the public texts and stores those that are moved or broken. The worker runs it weekly."

    def handle(self, *args: Any, **options: Any) -> None:
        number, problems = checking.check_all()
        for url, problem in sorted(problems.items()):
            self.stdout.write(f"{url}: {problem}")
        self.stdout.write(f"{number} links looked at, {len(problems)} moved or broken.")
