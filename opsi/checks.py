from opsi.models import call_now
from website.launch import to_confirm


@to_confirm("opsi.launch")
def calls(edition):
    now = call_now(edition)
    if now["call"] is None:
        last = now["last_call"]
        name = last.name_en or last.name_fi if last else "none"
        yield f"whether a call is open or coming; the last known one is: {name}", "Admin: calls for innovations."
