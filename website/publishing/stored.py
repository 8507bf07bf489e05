"""An edition as JSON: what the printed directory keeps, so that the site goes on without the database."""

import json
from datetime import datetime

from django.core import serializers

from website.publishing.edition import Edition
from website.publishing.models import Publication
from website.publishing.versions import Version

#: Without the columns that repeat a language.
COLUMNS = {field.name for model in (Publication, Version) for field in model._meta.fields} - {*Publication.translated}


def to_json(edition):
    known = (*edition.publications, *edition.with_note, *edition.last_before_withdrawal)
    publications = {publication.pk: publication for publication in known}
    versions = {p.version_id: p.version for p in publications.values() if p.version_id}
    content = {
        "at": edition.at,
        "serial": edition.serial,
        "serial_id": edition.serial_id,
        "publications": [publication.pk for publication in edition.publications],
        "noted": [publication.pk for publication in edition.with_note],
        "last": [publication.pk for publication in edition.last_before_withdrawal],
        "changed": {publication.pk: publication.changed for publication in publications.values()},
        "rows": serializers.serialize("python", [*versions.values(), *publications.values()], fields=COLUMNS),
    }
    return json.dumps(content, default=str)  # moments to the microsecond, which Django's own encoder would cut


def from_json(text):
    """The edition of `to_json`, without a query; some exception where the text is cut or of another release."""
    content = json.loads(text)
    rows = [row.object for row in serializers.deserialize("python", content["rows"])]
    versions = {row.pk: row for row in rows if isinstance(row, Version)}
    publications = {row.pk: row for row in rows if isinstance(row, Publication)}
    for publication in publications.values():
        publication.version = versions.get(publication.version_id)
        changed = content["changed"][str(publication.pk)]
        publication.changed = changed and datetime.fromisoformat(changed)
    return Edition(
        at=datetime.fromisoformat(content["at"]),
        serial=content["serial"],
        serial_id=content["serial_id"],
        publications=tuple(publications[key] for key in content["publications"]),
        with_note=tuple(publications[key] for key in content["noted"]),
        last_before_withdrawal=tuple(publications[key] for key in content["last"]),
    )
