"""Reads settings from environment variables. A wrong value raises ImproperlyConfigured at the start."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name, default=None):
    """The variable, or the content of the file that NAME_FILE points to (for secrets), or the default.

    Without a default the variable is required: otherwise ImproperlyConfigured is raised.
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


def numbers(name, defaults):
    """The defaults, with those whole numbers replaced that the variable names: "feedback=400 mails=14"."""
    numbers = dict(defaults)
    for part in text(name, "").split():
        key, _equals, value = part.partition("=")
        if key not in defaults:
            raise ImproperlyConfigured(f"{name} does not know {key!r}. It knows {', '.join(defaults)}.")
        if not value.isdecimal():
            raise ImproperlyConfigured(f"{name} must give {key} a whole number, as in {key}={defaults[key]}.")
        numbers[key] = int(value)
    return numbers


def local_secret_key(file):
    """The secret key of a local site: from the environment, else from a file, which is created if missing."""
    if os.environ.get("SECRET_KEY") or os.environ.get("SECRET_KEY_FILE"):
        return text("SECRET_KEY")
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return file.read_text(encoding="utf-8").strip()
