"""The admin of everything publishable. What its forms save is a draft; publishing is a page of its own.

`drafts.py` list and form of one kind of content; `history.py` versions and deleted things; `publications.py`
publishing, withdrawing and the schedule; `overview.py` all content with its state; `search.py` the search of every page.
"""

from website.publishing.admin.drafts import PublishableAdmin
from website.publishing.admin.publications import PublicationAdmin

__all__ = ["PublicationAdmin", "PublishableAdmin"]
