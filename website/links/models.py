from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_URL = 2000  # bytes: PostgreSQL's unique index cannot hold much longer values


class BrokenLink(models.Model):
    """A link in a public text that is broken or moved, as of the last weekly check."""

    url = models.CharField(_("address"), max_length=LONGEST_URL, unique=True)
    problem = models.CharField(_("what is wrong"), max_length=200)
    since = models.DateTimeField(_("since"))
    checked_at = models.DateTimeField(_("checked at"))
    used_in = models.JSONField(_("used in"), default=list)

    class Meta:
        verbose_name = _("broken or moved link")
        verbose_name_plural = _("broken or moved links")
        ordering = ["since", "url"]

    def __str__(self) -> str:
        return self.url
