"""The settings: one file, read from the environment. README lists every variable.

Where SITE_URL names this machine itself (the default) everything has a default; a public SITE_URL needs a secret key
and refuses DEBUG. Languages are a constant, since a column in the database hangs on each of them.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from website import environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(environment.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()

RELEASE = environment.text("RELEASE", "development")
ENVIRONMENT_LABEL = environment.text("ENVIRONMENT_LABEL", "")

# Every absolute address the site writes is made from this one; the Host header is never trusted for it.
# A scheme and a host are the same in capitals; browsers send them in small letters.
SITE_URL = environment.text("SITE_URL", "http://127.0.0.1:8000").rstrip("/").lower()
_site = urlsplit(SITE_URL)
if _site.scheme not in ("http", "https") or not _site.hostname or _site.path:
    raise ImproperlyConfigured("SITE_URL must be a scheme and a host, like https://example.fi")
HTTPS = _site.scheme == "https"
LOCAL = _site.hostname in ("127.0.0.1", "localhost", "::1")

# Pages of Django's debugging show settings and texts to whoever breaks something.
DEBUG = environment.boolean("DEBUG", False)
if DEBUG and not LOCAL:
    raise ImproperlyConfigured(f"DEBUG is for a site on 127.0.0.1 alone, not for {SITE_URL}.")
SECRET_KEY = environment.local_secret_key(VAR_DIR / "secret_key") if LOCAL else environment.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = environment.text("SECRET_KEY_FALLBACKS", "").split()
ALLOWED_HOSTS = [_site.hostname, *environment.text("ALLOWED_HOSTS", "").lower().split()]
ADMIN_PATH = environment.text("ADMIN_PATH", "hallinta").strip("/")
# How many proxies of ours stand in front: the visitor's address is the n-th from the right of X-Forwarded-For.
TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES", 0)

SECURITY_CONTACT = environment.text("SECURITY_CONTACT", "")
# The page of all components in every state: for development and screenshots, never for the public.
COMPONENTS_PAGE = environment.boolean("COMPONENTS_PAGE", DEBUG)

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
    "website.logs.formatting.identified",
    "website.middleware.outermost",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "website.middleware.one_redirect",
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
APPEND_SLASH = False  # one_redirect does it, together with whatever else an address may lack

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
MODELTRANSLATION_FALLBACK_LANGUAGES = ()  # the one fallback is ours, and says its language: publishing/texts.py
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
    # The role that may copy and replace the database: for `backup` and `restore`, in the environment of those alone.
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
    # Opened anew for each request, which costs next to nothing: a file that was moved away or put back is noticed.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
else:
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        connect_timeout=2,
        tcp_user_timeout=5000,
        # A line that is cut without a word is noticed while an answer is waited for.
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=2,
        options="-c statement_timeout=5000 -c lock_timeout=4000",
    )

# --- Files ------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static/public"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "staticfiles": {
        # While debugging a changed file is seen at once, where it lies.
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
# A sender has a mail for this long; then another may take it. The mail server's answers must fit into it.
MAIL_RETRY = timedelta(seconds=environment.number("MAIL_RETRY_SECONDS", 120))
EMAIL_TIMEOUT = max(1, MAIL_RETRY.seconds // 6)  # seconds for each answer

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
SESSION_ENGINE = "website.accounts.sessions"
SESSION_COOKIE_AGE = 30 * 60  # seconds without a request
SESSION_SAVE_EVERY_REQUEST = True  # or they would not be counted anew; only the admin has sessions
SESSION_LASTS = 8 * 60 * 60  # seconds at most: a working day
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {
        "NAME": "website.accounts.passwords.CommonPasswords",
        # Django's own list: the 20,000 most frequent in known breaches. A longer one: one a line, in small letters.
        "OPTIONS": {"password_list_path": path} if (path := environment.text("BREACHED_PASSWORDS", "")) else {},
    },
]
#: Whoever guesses passwords of this site tries these first; a password may hold them beside enough of its own.
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
# A first look on one's own machine needs no authenticator app.
SECOND_FACTOR_REQUIRED = environment.boolean("SECOND_FACTOR_REQUIRED", not LOCAL)
OTP_TOTP_ISSUER = _site.hostname
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "website.accounts.lockout.username"
AXES_CLIENT_IP_CALLABLE = "website.http.client_ip.lockout_ip"
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # who signed in when is told to the logger website.security

# --- The forms ----------------------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # bytes
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
# How many days personal data are kept; the variable names those that differ: KEEP_DAYS="feedback=400 mails=14".
# What each is for: website/correspondence/retention.py and the apps' own.
KEEP_DAYS = environment.numbers(
    "KEEP_DAYS",
    {
        "unconfirmed": 14,
        "suspected": 30,
        "refused": 30,
        "feedback": 365,
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
# Where the team hears that something waits for it, and gets the replies to the site's mails; neither while it is empty.
TEAM_MAILBOX = environment.text("TEAM_MAILBOX", "")
MAILS_PER_ADDRESS_PER_DAY = 3  # of each kind that a stranger can cause
# Ministries share an address: above this many an hour from one network prefix, requests are marked at first.
REQUESTS_PER_PREFIX_PER_HOUR = 60
# Above this many an hour from everywhere the form answers 429, so that nobody can fill the table. What is marked has as
# many of its own, and one network a quarter of those.
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
        # These name a page that was not found or a host that was not ours: noise on a public site.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "axes": {"level": "ERROR"},
        # Who signed in, what was refused: by number and page, without a name or an address.
        "website.security": {"level": "INFO"},
    },
}
