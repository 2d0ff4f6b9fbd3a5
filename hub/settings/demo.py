"""The demo hub of ``make demo``: the production server on 127.0.0.1 with invented people."""

from hub.settings.base import *
from hub.settings.base import INSTALLED_APPS, VAR_DIR, env

SECRET_KEY = env.str("SECRET_KEY", default="") or (VAR_DIR / "secret-key").read_text()
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
INSTALLED_APPS = ["hub.demo", *INSTALLED_APPS]
# Wagtail tells of submissions and approvals by mail; the people of the demo have no mailbox.
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
