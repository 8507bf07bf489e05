"""The groups of the ministry's staff and their permissions."""

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext_noop

EDITORS = gettext_noop("Editors")
PUBLISHERS = gettext_noop("Publishers")
COORDINATORS = gettext_noop("Network coordinators")


def ensure_groups() -> None:
    """Creates the three groups if missing, and sets their permissions to exactly these."""
    from website.publishing.models import Publishable

    # Pairs of the label of a model and a verb.
    editing = [("publishing.publication", "view"), ("links.brokenlink", "view")]
    for model in apps.get_models():
        if issubclass(model, Publishable):
            editing += [(model._meta.label_lower, verb) for verb in ("add", "change", "delete", "view")]
    publishing = [*editing, ("publishing.publication", "add")]
    coordinating = [("network.export", "view"), ("correspondence.purge", "view")]
    for label in ("network.joinrequest", "contacts.message"):
        coordinating += [(label, verb) for verb in ("view", "change", "delete")]
    for name, pairs in ((EDITORS, editing), (PUBLISHERS, publishing), (COORDINATORS, coordinating)):
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.set([_permission(label, verb) for label, verb in pairs])


def _permission(label: str, verb: str) -> Permission:
    app, model = label.split(".")
    return Permission.objects.get_by_natural_key(f"{verb}_{model}", app, model)
