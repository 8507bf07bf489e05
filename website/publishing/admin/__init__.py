"""The admin of everything publishable. What its forms save is a draft; publishing is a page of its own.

`drafts.py` list and form of one kind of content, `form_layout.py` how that form is laid out, `order.py` places in a
list; `history.py` versions and deleted things; `publications.py` publishing, withdrawing and the timeline;
`publishing_requests.py` asking a publisher to publish; `overview.py` all content with its state, `states.py` the same
in words; `home.py` the first page; `search.py` the search of every page.
"""

from website.publishing.admin import home  # noqa: F401  registers what waits and what comes
from website.publishing.admin.drafts import PublishableAdmin
from website.publishing.admin.order import OrderedAdmin
from website.publishing.admin.publications import PublicationAdmin

__all__ = ["OrderedAdmin", "PublicationAdmin", "PublishableAdmin"]
