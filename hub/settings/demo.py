"""The demo hub of ``make demo``: the production server on 127.0.0.1 with invented people."""

from hub.settings.base import *
from hub.settings.base import INSTALLED_APPS, VAR_DIR, env

SECRET_KEY = env.str("SECRET_KEY", default="") or (VAR_DIR / "secret-key").read_text()
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
INSTALLED_APPS = ["hub.demo", *INSTALLED_APPS]
# The people of the demo have no mailbox: each connection writes its mails into a file.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "demo" / "mails"
DEFAULT_FROM_EMAIL = "KI-Hub <ki-hub@kreis-coesfeld.example>"
