"""The facts of every installation; dev, test, demo and production state only differences.

The environment is read here, once and typed.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = BASE_DIR / "var"
NODE_MODULES = BASE_DIR / "node_modules"

env = environ.Env()

SECRET_KEY = env.str("SECRET_KEY", default="")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "home",
    "certificates",
    "courses",
    "hub.exports",
    "hub.invitations",
    "hub.terminals",
    "hub.transfers",
    "hub.organisations",
    "hub.organisations.apps.WagtailUsersConfig",
    "wagtail_localize",
    "wagtail_localize.locales",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "axes",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hub.middleware.refuse_null_bytes",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "hub.middleware.keep_personal_pages_private",
    "hub.middleware.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hub.terminals.middleware.keep_shared_devices_clean",
    "hub.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "hub.middleware.PublishingRefusedMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"

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
            ],
        },
    },
]

# Without these SQLite options readers that turn into writers fail at once under load.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'hub.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# All processes must share it: a session that ended in one is over in every other.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": env.str("CACHE_ROOT", default=str(VAR_DIR / "cache")),
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

# What takes minutes runs beside the request. A thread of the web process needs no worker; a hub
# with one names its backend here. What stops with its process goes on by hand or by command.
TASKS = {
    "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
    "long": {"BACKEND": env.str("LONG_TASKS", default="hub.background.ThreadBackend")},
}

AUTH_USER_MODEL = "organisations.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "courses:my_learning"
LOGOUT_REDIRECT_URL = "/"
WAGTAILADMIN_LOGIN_URL = "login"
WAGTAIL_FRONTEND_LOGIN_URL = "login"

# Brute force: ten failures of one user name lock that name for a quarter of an hour. The lock
# counts user names, not addresses: a whole town hall may share one address.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# Statistics of questions: figures are about whole groups of so many persons. More is possible; less
# than 5 counts as 5, and an even number as the next odd one: only odd numbers round up and down
# alike. Changing it shows other figures once, so decide before people learn.
SMALLEST_GROUP = max(5, env.int("SMALLEST_GROUP", default=5) | 1)

# The operator's key for certificates, a PKCS #12 file. Without one they are not signed.
CERTIFICATE_KEY_FILE = env.str("CERTIFICATE_KEY_FILE", default="")
CERTIFICATE_KEY_PASSPHRASE = env.str("CERTIFICATE_KEY_PASSPHRASE", default="")
# Who is told by mail when a PDF cannot be made: addresses with commas between.
ADMINS = [("", address) for address in env.list("ADMINS", default=[])]

# Mails name this sender; answers to reminders go to the second address, if there is one. A mail
# server that says nothing is given up after so many seconds.
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="webmaster@localhost")
REMINDERS_REPLY_TO = env.str("REMINDERS_REPLY_TO", default="")
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=15)

# Languages: German is the source; Leichte Sprache is a language of its own (BCP 47 variant).
LANGUAGE_CODE = "de"
LANG_INFO["de-simple"] = {
    "bidi": False,
    "code": "de-simple",
    "name": "German (Leichte Sprache)",
    "name_local": "Leichte Sprache",
}
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES = [
    ("de", _("German")),
    ("en", _("English")),
    ("de-simple", _("Plain German (Leichte Sprache)")),
]
LOCALE_PATHS = [BASE_DIR / "hub" / "locale"]
FORMAT_MODULE_PATH = "hub.formats"
USE_I18N = True
WAGTAIL_I18N_ENABLED = True
TIME_ZONE = "Europe/Berlin"
WAGTAIL_USER_TIME_ZONES = ["Europe/Berlin"]
USE_TZ = True
# Tree synchronisation makes an alias of every page in every language: what is not translated
# yet is shown in German.
WAGTAILLOCALIZE_SYNC_LIVE_STATUS_ON_TRANSLATE = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [
    ("kern", NODE_MODULES / "@kern-ux" / "native" / "dist"),
    ("fira-sans", NODE_MODULES / "@fontsource" / "fira-sans" / "files"),
]
MEDIA_URL = "medien/"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(VAR_DIR / "media"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Certificates and hand-overs: no address leads there, only views that ask for a permission.
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": env.str("PRIVATE_ROOT", default=str(VAR_DIR / "private"))},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

WAGTAIL_SITE_NAME = "KI-Hub"
WAGTAIL_DATE_FORMAT = "%d.%m.%Y"
WAGTAIL_DATETIME_FORMAT = "%d.%m.%Y %H:%M"
WAGTAILADMIN_BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000")
WAGTAILIMAGES_EXTENSIONS = ["gif", "jpg", "jpeg", "png", "webp", "svg"]
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAILDOCS_EXTENSIONS = ["pdf", "odt", "ods", "docx", "xlsx", "txt"]
TAGGIT_CASE_INSENSITIVE = True

# Errors go to the server's own log, with their traceback. What people mistype does not.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "django.security": {"handlers": ["console"], "level": "ERROR", "propagate": False},
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}
# The Wagtail admin writes inline styles and, in date pickers and inline panels, inline scripts.
CONTENT_SECURITY_POLICY_ADMIN = {
    "DIRECTIVES": {
        **CONTENT_SECURITY_POLICY["DIRECTIVES"],
        "script-src": [SELF, "'unsafe-inline'"],
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
    }
}
# How many servers of ours stand in front and each add an address to X-Forwarded-For. The check page
# and the interface for HR systems count by address; 0 takes the one that connects.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
CSRF_FAILURE_VIEW = "hub.views.csrf_failure"
# axes.W006 wants the address counted; see AXES_LOCKOUT_PARAMETERS for why it is not.
# security.W019 wants no frames at all; the editor's preview is a frame of the same origin.
SILENCED_SYSTEM_CHECKS = ["axes.W006", "security.W019"]
