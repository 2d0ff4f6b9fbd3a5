"""Developing on one's own machine: debug pages, no compression of static files."""

from hub.settings.base import *
from hub.settings.base import INSTALLED_APPS, STORAGES

SECRET_KEY = "dev-only"
DEBUG = True
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["hub.demo", *INSTALLED_APPS]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
