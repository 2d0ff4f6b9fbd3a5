"""The contract of an evaluation (Auswertung) that HR or the Kreis may look at, and who may.

A plug-in subclasses ``Report`` and registers it in a module ``offered_reports`` of an installed
app. Each is a switch for each authority, because each extends what the hub can tell of employees
and needs the staff council again (LPVG NRW § 72 Abs. 3; domain 2.5). What is off does not exist
for that authority: neither in the menu nor on a page nor to be handed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django_stubs_ext import StrOrPromise

from hub.organisations.models import Organisation, User
from hub.organisations.permissions import organisations_where
from hub.registry import Registry

from .models import ReportSwitch


@dataclass(frozen=True)
class ReportColumn:
    """A column with its meaning, as the catalogue of evaluations names it."""

    label: StrOrPromise
    meaning: StrOrPromise


class Report:
    """An evaluation with fixed columns; the page itself is the plug-in's own.

    Its page asks ``organisations_for`` whose rows to show. An exporter of the same ``identifier``
    hands it over and is switched with it.
    """

    #: Stable key, stored with the switches.
    identifier: str
    label: StrOrPromise
    #: What for, in a sentence; the authority may word it in its own way.
    purpose: StrOrPromise
    #: "app.codename", offered to groups by the hook ``register_organisation_permissions``.
    required_permission: str
    #: The name of the address of its page.
    view_name: str
    columns: Sequence[ReportColumn]
    #: Whether its rows are persons by name; otherwise it shows figures of groups only.
    names_people: bool
    #: What is stored for it, and for how long.
    retention: StrOrPromise
    #: Whether it is there for an authority that has not decided.
    is_on_by_default: bool = False


reports: Registry[Report] = Registry(
    "report",
    key_attribute="identifier",
    contract=(
        "label",
        "purpose",
        "required_permission",
        "view_name",
        "columns",
        "names_people",
        "retention",
    ),
)


def is_on(
    organisation: Organisation, identifier: str, switches: dict[tuple[int, str], bool]
) -> bool:
    """Whether an authority has an evaluation switched on, given ``all_switches``."""
    default = reports.get(identifier).is_on_by_default
    return switches.get((organisation.pk, identifier), default)


def all_switches() -> dict[tuple[int, str], bool]:
    """What every authority has decided, by its key and the evaluation's; one query."""
    return {
        (organisation, report): on
        for organisation, report, on in ReportSwitch.objects.values_list(
            "organisation_id", "report", "is_on"
        )
    }


def where_on(identifier: str, organisation: str) -> Q:
    """The condition that the authority of a row has an evaluation switched on.

    ``organisation`` is the path to it, for example ``"membership__organisation"``.
    """
    default = reports.get(identifier).is_on_by_default
    decided_otherwise = Q(
        **{
            f"{organisation}__in": ReportSwitch.objects.filter(
                report=identifier, is_on=not default
            ).values("organisation")
        }
    )
    return ~decided_otherwise if default else decided_otherwise


def switched_on(
    organisations: Sequence[Organisation], identifier: str, user: User | AnonymousUser
) -> list[Organisation]:
    """Those of ``organisations`` that have an evaluation switched on.

    What was decided is read once for each request: it is kept on the user object, which lives as
    long.
    """
    if not organisations:
        return []
    switches = user.__dict__.setdefault("_report_switches", None)
    if switches is None:
        switches = user.__dict__["_report_switches"] = all_switches()
    return [o for o in organisations if is_on(o, identifier, switches)]


def permitted(user: User | AnonymousUser, identifier: str) -> list[Organisation]:
    """The authorities for which ``user`` may see an evaluation that they have switched on."""
    held = organisations_where(user, reports.get(identifier).required_permission)
    return switched_on(held, identifier, user)


def organisations_for(user: User | AnonymousUser, identifier: str) -> list[Organisation]:
    """The same, for the page itself: there is always one.

    Raises ``PermissionDenied`` for who lacks the permission, and ``Http404`` where no authority has
    it switched on.
    """
    if not organisations_where(user, reports.get(identifier).required_permission):
        raise PermissionDenied
    found = permitted(user, identifier)
    if not found:
        raise Http404
    return found
