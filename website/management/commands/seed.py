from pathlib import Path

from django.apps import apps
from django.core import serializers
from django.core.management.base import BaseCommand
from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from website.accounts.groups import ensure_groups
from website.publishing import versions, workflow

FIRST_CONTENT = gettext_noop("first content")


class Command(BaseCommand):
    help = (
        "Loads and publishes the first content and makes the groups. Adds only what was never there, "
        "so it may run at any time: what an editor has changed or deleted stays so."
    )

    @transaction.atomic
    def handle(self, **options):
        ensure_groups()
        new = [thing for thing in first_content() if not versions.latest_version(thing)]
        for thing in new:
            workflow.save_draft(thing, comment=FIRST_CONTENT)
        if new:
            workflow.publish([versions.latest_version(thing) for thing in new])
            # The fixtures set primary keys: PostgreSQL's sequences must continue after them.
            for statement in connection.ops.sequence_reset_sql(no_style(), list({type(thing) for thing in new})):
                connection.cursor().execute(statement)
        self.stdout.write(f"First content: {len(new)} things added.")


def first_content():
    """Yields the objects of every app's fixture, unsaved."""
    for config in apps.get_app_configs():
        fixture = Path(config.path, "fixtures", f"{config.label}.json")
        if fixture.exists():
            for deserialized in serializers.deserialize("json", fixture.read_text(encoding="utf-8")):
                yield deserialized.object
