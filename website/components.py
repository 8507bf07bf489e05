"""Every component in every state, on one page that no list names: for those who build and edit the site.

It has an edition of its own, made of sample things: nothing here asks the database.
"""

from datetime import date, datetime

from django.utils import timezone

from contacts.models import Contact
from network.forms import JoinForm
from opsi.models import Call
from website.pages.models import Notice, Page
from website.publishing.edition import Edition
from website.publishing.management.commands.seed import first_content
from website.publishing.models import Publication
from website.publishing.rendering import render

AT = timezone.make_aware(datetime(2027, 3, 1, 12))
PROSE = """<h2>Otsikko – Rubrik</h2><p>Teksti, <strong>vahvennettu</strong> ja <em>korostettu</em>,<br>toinen rivi,
<a href="/fi/">linkki sivustolla</a>, <a href="https://oecd-opsi.org/">länk till en annan webbplats</a>.</p>
<h3>Väliotsikko – Mellanrubrik</h3><ul><li>Innovaatiotoimintaa</li><li><p>Tillgänglighetsutlåtande</p></li></ul>
<ol><li>Ensimmäinen</li><li>Andra</li></ol><blockquote><p>Sitaatti – Citat</p></blockquote><h2>Toinen – Andra</h2>
<p>Čáhci, Ŋ, Đ, Ŧ, Ž, Š, Ǥ, Ǩ, Ǯ, å, ä, ö.</p>"""


def page():
    """Live in Finnish and Swedish: the English page shows what a missing language looks like."""
    lead = "Joka osa jokaisessa tilassaan. Esimerkit eivät ole sisältöä."
    sample = Page(key="components", title_fi="Sivuston osat", title_sv="Webbplatsens delar", lead_fi=lead)
    sample.lead_sv = "Varje del i varje läge. Exemplen är inget innehåll."
    sample.body_fi = sample.body_sv = PROSE
    sample.publication = Publication(starts=AT)
    sample.publication.changed = AT
    return sample


def notices():
    texts = {
        "info": ("Lomake on poissa käytöstä tiistaina.", "Blanketten är ur bruk på tisdag.", "No form on Tuesday."),
        "warning": ("Haun määräaika on muuttunut.", "Tidsfristen har ändrats.", "The deadline has changed."),
    }
    for number, (level, (fi, sv, en)) in enumerate(texts.items(), 1):
        yield Notice(pk=number, level=level, text_fi=fi, text_sv=sv, text_en=en)


def mailbox():
    titles = {"title_fi": "Verkoston sähköposti", "title_sv": "Nätverkets e-post", "title_en": "The network’s e-mail"}
    ministry = {"organisation_fi": "Valtiovarainministeriö", "organisation_sv": "Finansministeriet"}
    return Contact(pk=3, kind="mailbox", email="verkosto@example.fi", order=30, **titles, **ministry)


def calls():
    """State, the call to show, the last one; deadlines as days and as instants."""

    def call(**dates):
        address = "https://oecd-opsi.org/"
        names = {"name_fi": "Haku 2027", "name_sv": "Utlysningen 2027", "name_en": "Call 2027"}
        return Call(url=address, theme_fi="Tekoäly", submission_languages_fi="englanti", **names, **dates)

    moment = timezone.make_aware(datetime(2027, 4, 14, 23, 59))
    closed = call(closes_on=date(2027, 1, 31), original_deadline=date(2027, 1, 15))
    current = [
        call(opens_on=date(2027, 3, 20), closes_on=date(2027, 5, 1)),
        call(opens=timezone.make_aware(datetime(2027, 3, 20, 9)), closes=moment),
        call(closes=moment, original_deadline=date(2027, 3, 31)),
        call(closes_on=date(2027, 3, 9)),
    ]
    return [("none", None, None), ("none", None, closed), *((each.state(AT), each, closed) for each in current)]


def forms(commitments):
    answers = {"name": "Maija Meikäläinen", "email": "maija@example.fi", "organisation": "Kaupunki", "interests": ["3"]}
    answers |= {"organisation_type": "municipality", "language": "sv", "description": "Kokeilu\ntoisella rivillä"}
    for state, data in (("empty", None), ("filled", answers), ("error", {"name": "Maija", "email": "maija@localhost"})):
        yield state, JoinForm(data, commitments=commitments, auto_id=f"{state}_%s")


def components(request):
    samples = (*first_content(), page(), mailbox(), *notices())
    request.edition = edition = Edition(at=AT, serial=0, publications=(), replaced=samples)
    context = {"contacts": edition.contacts, "calls": calls(), "forms": list(forms(edition.commitments))}
    context |= {"commitments": edition.commitments, "resource": edition.resources[0]}
    return render(request, "website/components.html", edition.page("components"), listed=False, **context)
