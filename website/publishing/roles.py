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

    content = [model for model in apps.get_models() if issubclass(model, Publishable)]
    drafting = [_permission(model, verb) for model in content for verb in ("add", "change", "delete", "view")]
    drafting += [_permission(apps.get_model("publishing", name), "view") for name in ("publication", "linktrouble")]
    publishing = Permission.objects.get_by_natural_key("add_publication", "publishing", "publication")
    written = [
        _permission(apps.get_model(label), verb)
        for label in ("network.joinrequest", "contacts.message")
        for verb in ("view", "change", "delete")
    ]
    written += [_permission(apps.get_model(label), "view") for label in ("network.export", "correspondence.purge")]
    for name, permissions in (
        (EDITORS, drafting),
        (PUBLISHERS, [*drafting, publishing]),
        (COORDINATORS, written),
    ):
        Group.objects.get_or_create(name=name)[0].permissions.set(permissions)


def _permission(model, verb):
    options = model._meta
    return Permission.objects.get_by_natural_key(f"{verb}_{options.model_name}", options.app_label, options.model_name)
