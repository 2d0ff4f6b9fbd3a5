"""The contract of a list that can be handed over.

A plug-in subclasses ``Exporter`` and registers it in a module ``exporters`` of an installed app. The
framework asks for the purpose, writes the log, builds the scope and the file; the exporter says which
rows and columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from hub.organisations.models import Organisation, User
from hub.organisations.permissions import OrganisationPermissionPolicy
from hub.registry import Registry
from hub.spreadsheets import Column


@dataclass(frozen=True)
class ExportScope:
    """Whose rows may leave: made by the framework from the policy, an exporter cannot widen it."""

    user: User
    organisation: Organisation


class Exporter:
    """A list with fixed columns. Rows are yielded, never collected."""

    #: Stable key, part of addresses and of the log.
    identifier: str
    label: str | Promise
    description: str | Promise
    #: Who may hand it over, for which authorities.
    permission_policy: OrganisationPermissionPolicy
    required_permission: str
    columns: Sequence[Column]

    def get_queryset(self, scope: ExportScope, filters: Any) -> QuerySet[Any]:
        """The rows of the scope, narrowed by the filters of a ``QueryDict``."""
        raise NotImplementedError

    def rows(self, queryset: QuerySet[Any]) -> Iterator[Sequence[Any]]:
        """The values of each row in the order of ``columns``."""
        raise NotImplementedError

    def describe(self, scope: ExportScope, filters: Any) -> list[tuple[str, str]]:
        """The filters in words, for the log and for the file."""
        return []


exporters: Registry[Exporter] = Registry(
    "exporter",
    key_attribute="identifier",
    contract=(
        "label",
        "description",
        "permission_policy",
        "required_permission",
        "columns",
        "get_queryset",
        "rows",
    ),
)
