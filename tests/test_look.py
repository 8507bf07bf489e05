"""How it looks, as far as a machine can tell: contrast, weight, one source for every line, and room for long words."""

import pytest
from django.test import Client

from tests.markup import Markup

COMPONENTS = {"fi": "/fi/komponentit/", "sv": "/sv/komponenter/", "en": "/en/components/"}


# --- The page of all components -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", COMPONENTS)
def test_the_components_stand_on_one_page_without_the_database(language):
    # No django_db mark: any query is an error.
    response = Client().get(COMPONENTS[language])
    assert response.status_code == 200
    markup = Markup(response.content.decode())
    markup.one("h1")
    ids = [e["id"] for e in markup.elements if e["id"]]
    assert len(ids) == len(set(ids)) > 30
    assert [e["class"].split()[1] for e in markup.all("section", class_="now")] == [
        *("none", "none", "upcoming", "upcoming", "open", "closing")
    ]
    for name, least in {"row": 7, "mark": 38, "contact": 3, "notice": 2, "field": 24, "error": 2, "summary": 1}.items():
        assert len(markup.all(class_=name)) >= least, name
