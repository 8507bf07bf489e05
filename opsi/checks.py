from opsi.models import current_and_last
from website.publishing.launch import to_confirm


@to_confirm("opsi.launch")
def calls(edition):
    current, last = current_and_last(edition.calls, edition.at)
    if current is None:
        name = last.name_en or last.name_fi if last else "none"
        yield f"whether a call is open or coming; the last known one is: {name}", "Admin: calls for innovations."
