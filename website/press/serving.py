"""The layer in front of Django: what is printed is answered from memory, everything else goes through."""

from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.http import parse_etags

#: The only query parameter that a public page reads: an address with it is asked of Django.
PARAMETER = "page="
PREFERRED = ("br", "gzip", "")  # where a browser likes them equally
#: Headers that a 304 leaves out: they tell of the body.
_OF_THE_BODY = ("Content-Type", "Content-Length", "Content-Encoding")
#: Requests with these are rare enough for Django to answer.
_CONDITIONS = ("HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_TRANSFER_ENCODING", "SCRIPT_NAME")


@dataclass(frozen=True)
class Served:
    """What this process serves: an edition and its finished pages, exchanged as one."""

    edition: object = None
    pages: dict = field(default_factory=dict)
    folder: object = None


class Answers:
    """Every answer that one page can give, with its headers, made beforehand: 200 and 304 in each encoding."""

    __slots__ = ("bodies", "tags", "unchanged")

    def __init__(self, page):
        plain = page.headers["ETag"]
        self.tags, self.bodies, self.unchanged = {}, {}, {}
        for encoding, body in page.bodies.items():
            tag = f'{plain[:-1]}-{encoding}"' if encoding else plain
            headers = page.headers | {"ETag": tag, "Content-Length": str(len(body))}
            if encoding:
                headers["Content-Encoding"] = encoding
            self.tags[encoding] = tag
            self.bodies[encoding] = [*headers.items()], [body]
            self.unchanged[tag] = [pair for pair in headers.items() if pair[0] not in _OF_THE_BODY]

    def matching(self, header, encoding):
        """The headers of a 304 where the reader has this page already, else None."""
        if header in self.unchanged:
            return self.unchanged[header]
        tags = parse_etags(header)
        if tags == ["*"]:
            return self.unchanged[self.tags[encoding]]
        known = (tag.removeprefix("W/") for tag in tags)
        return next((self.unchanged[tag] for tag in known if tag in self.unchanged), None)


def table(pages):
    """The answers to every printed address."""
    return {path: Answers(page) for path, page in pages.items() if path.startswith("/")}


@lru_cache(500)  # headers as they are sent: browsers send a handful of them
def best_encoding(header):
    """The encoding that Accept-Encoding likes best among ours; plain where it likes none."""
    weights = {}
    for part in header.lower().split(","):
        coding, _, parameter = part.partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            weights[coding.strip()] = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            weights[coding.strip()] = 0.0
    others = weights.get("*", 0.0)
    # Plain is always good enough, and the least liked unless somebody says otherwise.
    liking = {"": weights.get("identity", 0.0)} | {code: weights.get(code, others) for code in PREFERRED if code}
    return max(PREFERRED, key=lambda code: liking[code]) if any(liking.values()) else ""


class Press:
    """WSGI: answers GET and HEAD for printed pages; hosts, schemes and bodies that are not plain go to Django."""

    served = Served()

    def __init__(self, application):
        self.application = application
        self.hosts = {urlsplit(settings.SITE_URL).netloc, *settings.ALLOWED_HOSTS}
        self.scheme = urlsplit(settings.SITE_URL).scheme
        self.forwarded = "HTTP_X_FORWARDED_PROTO" if settings.SECURE_PROXY_SSL_HEADER else None

    def __call__(self, environ, start_response):
        page = Press.served.pages.get(environ["PATH_INFO"])
        if page is None or not self.plain(environ):
            return self.application(environ, start_response)
        encoding = best_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if "HTTP_IF_NONE_MATCH" in environ:
            headers = page.matching(environ["HTTP_IF_NONE_MATCH"], encoding)
            if headers is not None:
                start_response("304 Not Modified", headers[:])
                return []
        headers, body = page.bodies[encoding]
        start_response("200 OK", headers[:])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else body

    def plain(self, environ):
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("HTTP_HOST") not in self.hosts:
            return False
        if environ.get("CONTENT_LENGTH", "") not in ("", "0") or any(environ.get(name) for name in _CONDITIONS):
            return False
        if PARAMETER in environ.get("QUERY_STRING", ""):
            return False
        scheme = (self.forwarded and environ.get(self.forwarded)) or environ["wsgi.url_scheme"]
        return scheme == self.scheme
