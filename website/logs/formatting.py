"""The form of a line of the log, and the id of the request it belongs to."""

import json
import logging
import re
import traceback
import uuid
from contextvars import ContextVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.template import TemplateDoesNotExist, TemplateSyntaxError

#: Exceptions whose messages name code, settings and files. Those of databases, forms, mail and values quote people.
MESSAGES_LOGGED = (
    AttributeError,
    ImportError,
    NameError,
    TypeError,
    ImproperlyConfigured,
    TemplateDoesNotExist,
    TemplateSyntaxError,
    FileNotFoundError,
    PermissionError,
)

_request_id = ContextVar("request_id", default="")


def identified(get_response):
    """Gives each request an id for the log: the one nginx logs, where nginx stands in front."""

    def middleware(request):
        given = request.META.get("HTTP_X_REQUEST_ID", "") if settings.TRUSTED_PROXIES else ""
        token = _request_id.set(given if re.fullmatch(r"[0-9a-f]{32}", given) else uuid.uuid4().hex)
        try:
            return get_response(request)
        finally:
            _request_id.reset(token)

    return middleware


def described(error):
    """The name of an exception, with its message where that quotes nobody."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, MESSAGES_LOGGED) else name


def causes(error):
    """The exceptions that led to one, the nearest first."""
    led_here = []
    while (error := error.__cause__ or error.__context__) and error not in led_here:
        led_here.append(error)
    return led_here


class Json(logging.Formatter):
    """What may hold a person's words or a link's token is left out: addresses, and most messages of exceptions."""

    def format(self, record):
        entry = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": self._message(record),
            "request": _request_id.get(),
        }
        entry |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0]:
            _kind, error, trace = record.exc_info
            entry["exception"] = described(error)
            entry["causes"] = [described(cause) for cause in causes(error)]
            entry["at"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)]
        return json.dumps(entry, ensure_ascii=False)

    @staticmethod
    def _message(record):
        if record.name.startswith("gunicorn") and record.levelno >= logging.WARNING:
            return record.msg  # its arguments are addresses
        message = record.getMessage()
        if request := getattr(record, "request", None):
            match = getattr(request, "resolver_match", None)
            message = message.replace(request.path, match.route if match else "-")
        return message
