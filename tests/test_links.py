"""Links to other sites are looked at, and trouble is kept."""

from datetime import timedelta

import pytest

from tests.editing import page, published
from website.links import checking
from website.links.models import BrokenLink

pytestmark = pytest.mark.django_db


# --- Links ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_connection")
def test_links_are_looked_at_and_trouble_is_kept_until_it_is_mended(
    monkeypatch, settings, tmp_path, time_machine, signed_in, editor
):
    settings.VAR_DIR = tmp_path
    asked = []

    def other(address):
        asked.append(address)
        return (301, "https://new.example/") if "oecd-opsi" in address else (200, "")

    monkeypatch.setattr(checking, "_ask_other_site", other)
    published(page(), body_fi='<p><a href="/fi/ei-ole/">Sivu</a> <a href="/fi/opsi/">OPSI</a></p>')
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    checking.check_all()
    found = {link.url: link for link in BrokenLink.objects.all()}
    broken = found["http://testserver/fi/ei-ole/"]
    assert (broken.problem, broken.used_in) == ("answers: 404", ["/fi/verkosto/"])
    assert {link.problem for url, link in found.items() if "oecd-opsi" in url} == {"moved to: https://new.example/"}
    assert "http://testserver/fi/opsi/" not in found
    listed = signed_in(editor).get("/fi/hallinta/links/brokenlink/").content.decode()
    assert '<td class="field-places">/fi/verkosto/</td>' in listed
    assert "vastaus: 404" in listed and "siirtynyt osoitteeseen: https://new.example/" in listed
    assert len(asked) == len(set(asked)) > 5
    since = broken.since
    time_machine.shift(timedelta(days=7))
    checking.check_all()
    broken.refresh_from_db()
    assert broken.since == since < broken.checked_at
    published(page(), body_fi="<p>Teksti</p>")
    checking.check_all()
    assert not BrokenLink.objects.filter(pk=broken.pk).exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "192.168.1.1"])
def test_links_into_private_networks_are_not_followed(host, monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("connected")

    monkeypatch.setattr(checking.socket, "create_connection", never)
    assert checking.problem_with(f"http://{host}/") == "a private address"
    assert checking.problem_with(f"http://{host}:6379/") == "a port that is no web server’s"


ADDRESSES = [
    "https://fi.wikipedia.org/wiki/Häme",
    "https://site.example/?q=työ",
    "https://www.työ.example/",
    *(f"https://site.example/{start}{'öäå' * 1000}" for start in ("a", "b")),  # alike beyond what the table holds
    f"https://site.example/{''.join(chr(number) for number in range(0x4E00, 0x5A00))}",  # long letters
]


@pytest.mark.usefixtures("one_connection")
def test_no_address_that_an_editor_may_write_ends_the_look(monkeypatch, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(checking, "_ask_other_site", lambda address: (404, ""))
    links = " ".join(f'<a href="{address}">Sivu</a>' for address in ADDRESSES)
    published(page(), body_fi=f"<p>{links}</p>")
    _number, problems = checking.check_all()
    assert set(ADDRESSES) <= set(problems)
    checking.check_all()
    kept = [link.url for link in BrokenLink.objects.all()]
    assert all(any(address.startswith(url) for url in kept) for address in ADDRESSES)
