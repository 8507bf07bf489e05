"""The settings: one file, read from the environment. README lists every variable.

Where SITE_URL names this machine itself (the default) everything has a default; a public SITE_URL needs a secret key
and refuses DEBUG. Languages are a constant: the database has columns for each of them.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django_prose_editor.config import html_tags
from js_asset import static_lazy

from website import environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(environment.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()

RELEASE = environment.text("RELEASE", "development")
ENVIRONMENT_LABEL = environment.text("ENVIRONMENT_LABEL", "")

# Every absolute address the site writes is made from this one; the Host header is never trusted for it.
# In lower case, as browsers send scheme and host.
SITE_URL = environment.text("SITE_URL", "http://127.0.0.1:8000").rstrip("/").lower()
_site = urlsplit(SITE_URL)
if _site.scheme not in ("http", "https") or not _site.hostname or _site.path:
    raise ImproperlyConfigured("SITE_URL must be a scheme and a host, like https://example.fi")
HTTPS = _site.scheme == "https"
LOCAL = _site.hostname in ("127.0.0.1", "localhost", "::1")

# Django's debug pages show settings and texts to anybody who causes an error.
DEBUG = environment.boolean("DEBUG", False)
if DEBUG and not LOCAL:
    raise ImproperlyConfigured(f"DEBUG is for a site on 127.0.0.1 alone, not for {SITE_URL}.")
SECRET_KEY = environment.local_secret_key(VAR_DIR / "secret_key") if LOCAL else environment.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = environment.text("SECRET_KEY_FALLBACKS", "").split()
ALLOWED_HOSTS = [_site.hostname, *environment.text("ALLOWED_HOSTS", "").lower().split()]
ADMIN_PATH = environment.text("ADMIN_PATH", "hallinta").strip("/")
# The number of our proxies: the client's IP address is the n-th from the right of X-Forwarded-For.
TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES", 0)

SECURITY_CONTACT = environment.text("SECURITY_CONTACT", "")
# The page of all components in every state: for development and screenshots, never for the public.
COMPONENTS_PAGE = environment.boolean("COMPONENTS_PAGE", DEBUG)
if COMPONENTS_PAGE and not LOCAL:
    raise ImproperlyConfigured(f"COMPONENTS_PAGE is for a site on 127.0.0.1 alone, not for {SITE_URL}.")

INSTALLED_APPS = [
    "modeltranslation",  # before the admin
    "website.apps.WebsiteConfig",  # before staticfiles, whose runserver it extends
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "reversion",
    "django_prose_editor",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "website.accounts",
    "website.mail",
    "website.publishing",
    "website.links",
    "website.backups",
    "website.correspondence",
    "website.pages",
    "declaration",
    "network",
    "opsi",
    "contacts",
    "website.apps.AdminConfig",
]

MIDDLEWARE = [
    "website.logs.formatting.request_id",
    "website.middleware.headers_of_every_response",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "website.middleware.redirect_to_existing_path",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "website.middleware.edition",
    "axes.middleware.AxesMiddleware",
]
APPEND_SLASH = False  # redirect_to_existing_path does it, together with whatever else an address may lack

ROOT_URLCONF = "website.urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "website.admin.pages.environment",
            ],
        },
    }
]

# --- Languages and formats -------------------------------------------------------------------------------------
# In this order everywhere: the two national languages, then English. Each name in its own language.
LANGUAGES = [("fi", "Suomeksi"), ("sv", "På svenska"), ("en", "In English")]
LANGUAGE_CODE = "fi"
NATIONAL_LANGUAGES = ("fi", "sv")
# Labels of columns that are shown as they are: “Note to readers FI”.
MODELTRANSLATION_BUILD_LOCALIZED_VERBOSE_NAME = lambda name, code: f"{name} {code.upper()}"  # noqa: E731
MODELTRANSLATION_FALLBACK_LANGUAGES = ()  # publishing/texts.py has a fallback that tells its language
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale/libraries"]  # our words; those that libraries leave in English
FORMAT_MODULE_PATH = ["website.formats"]
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "Europe/Helsinki"

# --- Database ---------------------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.parse(
        environment.text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'site.sqlite3'}"),
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if backup_url := environment.text("BACKUP_DATABASE_URL", ""):
    # The role that may copy and replace the database: set only where `backup` and `restore` run.
    DATABASES["backup"] = dj_database_url.parse(backup_url)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        # Writers queue at BEGIN instead of failing later; FULL: an acknowledged request survives a power cut;
        # secure_delete: what is erased is gone from the file as well.
        transaction_mode="IMMEDIATE",
        timeout=20,
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    )
    # A new connection for each request, which is cheap: so a database file that was replaced is noticed.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
else:
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        connect_timeout=2,
        tcp_user_timeout=5000,
        # TCP keepalives: a connection that is cut silently is noticed while a query waits.
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=2,
    )
    # How long a query may take is a setting of the role (deploy/postgresql.sql). So nothing is asked of a session when
    # it starts, nor kept in it between two transactions, and a pooler may stand between.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True

# --- Files ------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static/public"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "staticfiles": {
        # With DEBUG files are served from where they are, so that changes are seen at once.
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "website.staticfiles.Storage",
    },
}
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- Mail: written to the outbox with the request, sent by `manage.py worker` --------------------------------------
EMAIL_HOST = environment.text("EMAIL_HOST", "")
EMAIL_PORT = environment.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = environment.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = environment.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = environment.boolean("EMAIL_USE_TLS", False)
EMAIL_BACKEND = "website.mail.sender.Backend" if EMAIL_HOST else "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
# The sender's address alone; its name comes from the catalogue, in the language of the mail.
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", "" if not EMAIL_HOST else None) or "noreply@example.invalid"
# A sender's claim of a mail lasts this long; then another sender may take it. All replies of the mail server must
# arrive within that time.
MAIL_RETRY = timedelta(seconds=environment.number("MAIL_RETRY_SECONDS", 120))
EMAIL_TIMEOUT = max(1, MAIL_RETRY.seconds // 6)  # seconds for each answer

#: Our extensions of the rich-text editor: a mark, and links that lead somewhere. What is kept of texts is decided in
#: website/publishing/richtext.py.
DJANGO_PROSE_EDITOR_EXTENSIONS = [
    {
        "js": [static_lazy("js/language_mark.js"), static_lazy("js/link_mark.js")],
        "extensions": {"Language": html_tags(["span"], {"span": ["lang"]})},
    }
]

# --- Security ---------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # The nonce appears only where a page asks for it: the admin's change form, for the editor's import map.
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0  # two years
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# "no-referrer" would make browsers send "Origin: null" with every form.
SECURE_REFERRER_POLICY = "same-origin"
PUBLIC_COOKIES = ()  # none; the privacy notice and the middleware both read it here
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "website.views.csrf_failure"
# Not Django's own, which prefers a cookie: messages may name a person.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_ENGINE = "website.accounts.sessions"
SESSION_COOKIE_AGE = 30 * 60  # seconds without a request
SESSION_SAVE_EVERY_REQUEST = True  # each request starts SESSION_COOKIE_AGE again; only the admin has sessions
SESSION_LASTS = 8 * 60 * 60  # seconds at most: a working day
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
_breached_passwords = environment.text("BREACHED_PASSWORDS", "")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {
        "NAME": "website.accounts.passwords.CommonPasswords",
        # Django's own list: the 20,000 most frequent in known breaches. A longer one: one a line, in small letters.
        "OPTIONS": {"password_list_path": _breached_passwords} if _breached_passwords else {},
    },
]
#: Words that attackers try first: they do not count towards the length of a password (accounts/passwords.py).
WORDS_OF_THIS_SITE = ["innovaatiojulistus", "innovaatio", "innovation", "julistus", "deklaration", "declaration"]
WORDS_OF_THIS_SITE += ["valtiovarainministeri", "finansministeri", "ministry of finance", "ministryoffinance"]
WORDS_OF_THIS_SITE += ["salasana", "lösenord", "password", "hallinta", "admin", "oecd", "opsi"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",  # resists graphics cards, and needs no package
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # as stored by earlier releases
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60  # seconds; an invitation lives as long
# A local site needs no authenticator app.
SECOND_FACTOR_REQUIRED = environment.boolean("SECOND_FACTOR_REQUIRED", not LOCAL)
OTP_TOTP_ISSUER = _site.hostname
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Wrong attempts from one address within AXES_COOLOFF_TIME, with whatever names: above this it is locked as a whole.
SIGN_IN_FAILURES_PER_ADDRESS = 20
PASSWORD_RESETS_PER_NETWORK_PER_HOUR = 20
AXES_HANDLER = "website.accounts.lockout.Handler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "website.accounts.lockout.username"
AXES_CLIENT_IP_CALLABLE = "website.http.client_ip.lockout_ip"
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # the logger website.security has the sign-ins

# --- The forms ----------------------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # bytes
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000  # a list of the admin posts one for each of the 200 rows that fit on its page
# How many days personal data are kept; the variable names those that differ: KEEP_DAYS="feedback=400 mails=14".
# What each is for: website/correspondence/retention.py and the apps' own.
KEEP_DAYS = environment.numbers(
    "KEEP_DAYS",
    {
        "unconfirmed": 14,
        "suspected": 30,
        "refused": 30,
        "feedback": 365,
        "wishes": 90,
        "mail_texts": 0,
        "mails": 30,
        "links": 30,
        "tallies": 1,
        "login_failures": 30,
        "sessions": 0,
        "backups": 30,
    },
)
# Where this host writes what was erased, as keyed hashes; on another disk than the database.
ERASURE_JOURNAL = Path(environment.text("ERASURE_JOURNAL", str(VAR_DIR / "erasures")))
# The ministry's mailbox for notifications, and the Reply-To of the site's mails. Empty: neither.
TEAM_MAILBOX = environment.text("TEAM_MAILBOX", "")
MAILS_PER_ADDRESS_PER_DAY = 3  # of each kind that a stranger can cause
# Above this many an hour in all the forms answer 429, so that nobody can fill the table. Marked submissions have a
# separate limit of the same size, of which one network may use a quarter.
REQUESTS_PER_SITE_PER_HOUR = environment.number("REQUESTS_PER_SITE_PER_HOUR", 1000)

# --- Logs: to standard error, for the service manager ---------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "website.logs.formatting.Json"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING"},
        # Unknown pages and hosts: noise on a public site.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "axes": {"level": "ERROR"},
        # Sign-ins and refusals, with primary keys of users and names of pages, without personal data.
        "website.security": {"level": "INFO"},
    },
}
