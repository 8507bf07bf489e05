"""The groups that people of the ministry are put into; what each may do is said here alone."""

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext_noop

EDITORS = gettext_noop("Editors")
PUBLISHERS = gettext_noop("Publishers")
COORDINATORS = gettext_noop("Network coordinators")


def ensure_groups():
    """Makes the three groups and gives them exactly the permissions the code means them to have."""
    from website.publishing.models import Publishable

    content = [model._meta.label_lower for model in apps.get_models() if issubclass(model, Publishable)]
    drafting = [(label, verb) for label in content for verb in ("add", "change", "delete", "view")]
    drafting += [("publishing.publication", "view"), ("links.brokenlink", "view")]
    people = ("network.joinrequest", "contacts.message")
    written = [(label, verb) for label in people for verb in ("view", "change", "delete")]
    written += [("network.export", "view"), ("correspondence.purge", "view")]
    may = {EDITORS: drafting, PUBLISHERS: [*drafting, ("publishing.publication", "add")], COORDINATORS: written}
    for name, permissions in may.items():
        pairs = ((*label.split("."), verb) for label, verb in permissions)
        keys = [(f"{verb}_{model}", app, model) for app, model, verb in pairs]
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.set([Permission.objects.get_by_natural_key(*key) for key in keys])
