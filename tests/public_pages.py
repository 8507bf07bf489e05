"""The public pages: the addresses that are kept, and each page as it was read."""

from xml.etree import ElementTree

from django.urls import reverse
from django.utils.translation import override

from tests.conftest import LANGUAGES
from tests.markup import Markup
from website.publishing import versions, workflow
from website.publishing.edition import Edition

SITE = "http://testserver"

#: The addresses that the site has promised to keep, as the glossary gives them.
PATHS = [
    ("/fi/", "/sv/", "/en/"),
    ("/fi/julistus/", "/sv/deklaration/", "/en/declaration/"),
    *((f"/fi/sitoumukset/{n}/", f"/sv/ataganden/{n}/", f"/en/commitments/{n}/") for n in range(1, 6)),
    ("/fi/verkosto/", "/sv/natverk/", "/en/network/"),
    ("/fi/verkosto/liity/", "/sv/natverk/anmal-dig/", "/en/network/join/"),
    ("/fi/opsi/", "/sv/opsi/", "/en/opsi/"),
    ("/fi/yhteystiedot/", "/sv/kontakt/", "/en/contacts/"),
    ("/fi/palaute/", "/sv/respons/", "/en/feedback/"),
    ("/fi/saavutettavuusseloste/", "/sv/tillganglighetsutlatande/", "/en/accessibility-statement/"),
    ("/fi/tietosuoja/", "/sv/dataskydd/", "/en/data-protection/"),
    ("/fi/muutokset/", "/sv/andringar/", "/en/changes/"),
    ("/fi/sitoumukset/", "/sv/ataganden/", "/en/commitments/"),
]
LISTED = [path for paths in PATHS for path in paths]
JOIN = dict(zip(LANGUAGES, PATHS[8], strict=True))
OPSI = dict(zip(LANGUAGES, PATHS[9], strict=True))
CONTACTS = dict(zip(LANGUAGES, PATHS[10], strict=True))


class Shown:
    """A page as it came: its address, its language, the answer and what is written in it."""

    def __init__(self, path, response):
        self.path, self.response = path, response
        self.language = path.split("/")[1]
        self.markup = Markup(response.content.decode())

    def __repr__(self):
        return f"{self.path} ({self.response.status_code})"

    @property
    def title(self):
        return self.markup.one("title").text

    @property
    def description(self):
        return self.markup.one("meta", name="description")["content"]


def states(client):
    """What a reader may meet beside the listed pages: thanks, an unknown link, a form with errors, nothing."""
    for language in LANGUAGES:
        with override(language):
            thanks, confirm = reverse("network:thanks"), reverse("network:confirm", args=["unknown"])
        yield Shown(thanks, client.get(thanks))
        yield Shown(confirm, client.get(confirm))
        yield Shown(JOIN[language], client.post(JOIN[language], {"email": "nobody"}))
        yield Shown(f"/{language}/nothing-here/", client.get(f"/{language}/nothing-here/"))


def published(thing, **changes):
    for name, value in changes.items():
        setattr(thing, name, value)
    workflow.save_draft(thing)
    workflow.publish([versions.latest_version(thing)])
    return thing


def read(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status, path
    return Shown(path, response)


def every_address():
    """The path of every page of the edition in every language."""
    paths = []
    for code in LANGUAGES:
        with override(code):
            paths += [path for thing in Edition.load().things() if (path := thing.get_absolute_url())]
            paths += [reverse("network:thanks")]
    return paths


def sitemap(client):
    """The sitemap as {address: {language: address}}."""
    response = client.get("/sitemap.xml")
    assert response["Content-Type"] == "application/xml"
    tree = ElementTree.fromstring(response.content)
    return {
        url.findtext("{*}loc"): {link.get("hreflang"): link.get("href") for link in url.findall("{*}link")}
        for url in tree
    }
