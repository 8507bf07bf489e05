from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from website.correspondence import retention


class Command(BaseCommand):
    help = (
        "Deletes personal data that have been kept as long as the privacy notice says. The worker runs it daily, "
        "and `restore` runs it as well."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count what would be deleted")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        for name, count in retention.purge(dry_run).items():
            self.stdout.write(f"{name:20}{count:8}")
        if dry_run:
            self.stdout.write("Nothing was deleted.")
