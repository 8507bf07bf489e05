"""The storage of static files in production: hashed names, compressed copies, style sheets without comments."""

import re

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

OUR_STYLE_SHEETS = "css/"  # the folder, below static/


def shortened(css):
    """The style sheet without comments and needless white space. Only for style sheets without such text in strings."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,]) ?", r"\1", css)
    return css.replace(": ", ":").replace(";}", "}").strip()


class Storage(CompressedManifestStaticFilesStorage):
    def __init__(self, *args, **options):
        # The manifest is stored outside the public folder.
        super().__init__(*args, manifest_storage=FileSystemStorage(settings.STATIC_ROOT.parent), **options)

    def _save(self, name, content):
        if name.startswith(OUR_STYLE_SHEETS) and name.endswith(".css"):
            # chunks() reads from the beginning: Django has read the file for its hash.
            css = b"".join(content.chunks()).decode()
            content = ContentFile(shortened(css).encode())
        return super()._save(name, content)
