"""The log formatter, and the middleware that gives each request an id."""

import json
import logging
import re
import traceback
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.template import TemplateDoesNotExist, TemplateSyntaxError

#: Exceptions whose messages are logged: they name code, settings and files. Messages of other exceptions (database,
#: validation, mail, values) may quote what people wrote.
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


def request_id(get_response):
    """Middleware: gives each request an id for the log; behind nginx the one that nginx logs."""

    def middleware(request):
        given = request.META.get("HTTP_X_REQUEST_ID", "") if settings.TRUSTED_PROXIES else ""
        token = _request_id.set(given if re.fullmatch(r"[0-9a-f]{32}", given) else uuid.uuid4().hex)
        try:
            return get_response(request)
        finally:
            _request_id.reset(token)

    return middleware


def described(error):
    """The class name of an exception, with its message if that may be logged."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, MESSAGES_LOGGED) else name


def causes(error):
    """The causes of an exception, the direct one first."""
    chain = []
    cause = error.__cause__ or error.__context__
    while cause and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    return chain


class Json(logging.Formatter):
    """Formats a record as JSON, without what may hold personal data or tokens: URLs, and most exceptions' messages."""

    def format(self, record):
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds"),  # nginx's are in UTC too
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
            return record.msg  # without its arguments, which are URLs and IP addresses
        message = record.getMessage()
        if request := getattr(record, "request", None):
            match = getattr(request, "resolver_match", None)
            message = message.replace(request.path, match.route if match else "-")
        return message
