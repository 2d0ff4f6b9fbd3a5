"""The test suite: fast hashes, files in memory, the demo content at hand."""

from hub.settings.base import *
from hub.settings.base import DATABASES, INSTALLED_APPS, STORAGES, VAR_DIR, env

SECRET_KEY = "test-only"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["hub.demo", "tests.plugin_example", *INSTALLED_APPS]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["default"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
STORAGES["private"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
TASKS = dict.fromkeys(
    ("default", "long"), {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}
)
AXES_ENABLED = False
# A migrated database that each test worker copies, not migrating its own: tests/databases.py.
TEST_TEMPLATE = env.str("TEST_TEMPLATE", default="")
TEST_TEMPLATE_FILE = ""
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, not memory: threads of the concurrency tests then share one real database.
    DATABASES["default"]["TEST"] = {
        "NAME": env.str("TEST_DB", default=str(VAR_DIR / "test.sqlite3"))
    }
    TEST_TEMPLATE_FILE = TEST_TEMPLATE
elif TEST_TEMPLATE:
    DATABASES["default"]["TEST"] = {"TEMPLATE": TEST_TEMPLATE}
