"""Fields of our own."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from .names import name_key


class NameKeyField(models.CharField):
    """The ``names.name_key`` of a person, written whenever the person is.

    Like ``auto_now`` it follows ``save()`` and ``bulk_create()``; ``update()`` and
    ``bulk_update()`` must write it themselves.
    """

    def pre_save(self, model_instance: Any, add: bool) -> str:
        key = name_key(model_instance.last_name, model_instance.first_name)[: self.max_length]
        setattr(model_instance, self.attname, key)
        return key

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        """Sort by code points everywhere, as SQLite does; languages were dealt with in the key."""
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters
