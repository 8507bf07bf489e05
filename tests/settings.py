"""The site's settings with nothing to prepare: mail in memory, plain static files, fast passwords."""

import os
import tempfile

os.environ["SECRET_KEY"] = "only-for-tests-" + "0123456789" * 5
os.environ["SITE_URL"] = "http://testserver"
_folder = tempfile.TemporaryDirectory(prefix="declaration-tests-")  # gone when the run ends
os.environ["VAR_DIR"] = _folder.name
os.environ["SECOND_FACTOR_REQUIRED"] = "false"
os.makedirs(os.path.join(_folder.name, "static/public"))  # WhiteNoise looks for it

from website.settings import *
from website.settings import DATABASES, STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in production: SQLite in memory is shared between threads by other rules.
    # It need not survive a power cut.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(os.environ["VAR_DIR"], "test.sqlite3")}
COMPONENTS_PAGE = True  # website/settings.py refuses it to a site that is not on 127.0.0.1
# How many rows stand for "very many"; `make soak` says 100,000.
MANY = int(os.environ.get("MANY", 10_000))
# Tests of the deployment check may come after the browser's in one process, which have to set what it would find.
SILENCED_SYSTEM_CHECKS = ["async.E001"]
