"""Fields of our own."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from .names import name_key


class KnownNameField(models.CharField):
    """A part of a person's name by which an authority knows her, copied from the account.

    It follows ``save()`` and ``bulk_create()`` until the employment has ended, and keeps the name
    of then. After ``update()`` and ``bulk_update()`` see ``MembershipQuerySet.take_names``.
    """

    def pre_save(self, model_instance: Any, add: bool) -> str:
        if add or not model_instance.has_ended:
            setattr(model_instance, self.attname, getattr(model_instance.user, self.attname))
        return str(getattr(model_instance, self.attname))


class NameKeyField(models.CharField):
    """The ``names.name_key`` of a row's last and first name, written whenever the row is.

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
