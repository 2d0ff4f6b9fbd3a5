"""The menu of the Wagtail admin: the three tasks of HR, and entries for those whose work they are.

An app adds an entry to a task by the hook of its name, or a viewset by its ``menu_hook``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

#: The hooks by which entries are added to the tasks: functions without arguments.
PEOPLE = "register_people_menu_item"
REQUIREMENTS = "register_requirements_menu_item"
LISTS = "register_lists_menu_item"

#: Whether a person has the work an entry leads to.
Allows = Callable[[Any], bool]


class WorkMenuItem(MenuItem):
    """An entry for those whose work it leads to."""

    def __init__(self, *args: Any, allows: Allows, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.allows = allows

    def is_shown(self, request: HttpRequest) -> bool:
        return self.allows(request.user)


@dataclass(frozen=True)
class Entry:
    """An entry of the menu; called when the menu is built, which is when addresses are known."""

    name: str
    label: StrOrPromise
    view_name: str
    icon_name: str
    order: int
    allows: Allows
    query: str = ""

    def __call__(self) -> WorkMenuItem:
        return WorkMenuItem(
            self.label,
            reverse(self.view_name) + self.query,
            name=self.name,
            icon_name=self.icon_name,
            order=self.order,
            allows=self.allows,
        )


@dataclass(frozen=True)
class Task:
    """What HR does in the hub: a submenu, and a box on the start page with the same entries."""

    name: str
    label: StrOrPromise
    #: In plain words, for who comes once a month.
    purpose: StrOrPromise
    icon_name: str
    order: int
    menu: Menu

    def submenu(self) -> SubmenuMenuItem:
        """The submenu; Wagtail shows it to those who find an entry in it."""
        return SubmenuMenuItem(
            self.label, self.menu, name=self.name, icon_name=self.icon_name, order=self.order
        )

    def entries(self, request: HttpRequest) -> list[MenuItem]:
        """What a person finds in it, in the order of the menu."""
        return sorted(self.menu.menu_items_for_request(request), key=lambda item: item.order)


TASKS = (
    Task(
        "people",
        pgettext_lazy("menu", "People"),
        _("Who works for you, how people sign in, and what they have learnt elsewhere."),
        "group",
        301,
        Menu(register_hook_name=PEOPLE),
    ),
    Task(
        "duties",
        pgettext_lazy("menu", "Requirements and AI systems"),
        _("Which courses are a must for whom, and which AI systems are in use."),
        "clipboard-list",
        302,
        Menu(register_hook_name=REQUIREMENTS),
    ),
    Task(
        "lists",
        pgettext_lazy("menu", "Lists and figures"),
        _("What is still open and what is completed, and which lists were handed over."),
        "table",
        303,
        Menu(register_hook_name=LISTS),
    ),
)
