"""What an editor does to a draft, and the pages where it is done."""

from tests.markup import Markup
from website.pages.models import Notice, Page
from website.publishing import versions, workflow

ADMIN = "/en/hallinta/"
CHANGE = f"{ADMIN}pages/page/network/change/"
HISTORY = f"{ADMIN}pages/page/network/history/"
PUBLISH = f"{ADMIN}publishing/publication/publish/"
SCHEDULE = f"{ADMIN}publishing/publication/schedule/"
CONTENT = f"{ADMIN}publishing/publication/content/"


def page(key="network"):
    return Page.objects.get(pk=key)


def saved(thing, by=None, **texts):
    for name, text in texts.items():
        setattr(thing, name, text)
    workflow.save_draft(thing, by)
    return thing


def published(thing, **texts):
    saved(thing, **texts)
    return workflow.publish([versions.latest_version(thing)])[0]


def a_notice(**fields):
    return Notice(**{"text_fi": "Katko", "text_sv": "Avbrott", "text_en": "Outage"} | fields)


def versions_on(response):
    return [e["value"] for e in Markup(response.content.decode()).all("input", name="version")]
