"""Reading settings from the environment: a wrong spelling fails at start, not at night."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name, default=None):
    """The variable, or the content of the file that NAME_FILE points to (for secrets), or the default.

    Without a default the variable is required: ImproperlyConfigured names it.
    """
    if value := os.environ.get(name):
        return value
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    if default is None:
        raise ImproperlyConfigured(f"Set the environment variable {name} (or {name}_FILE). README lists them all.")
    return default


def boolean(name, default):
    value = text(name, str(default)).lower()
    if value not in ("true", "false", "1", "0"):
        raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")
    return value in ("true", "1")


def number(name, default):
    value = text(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
    return int(value)
