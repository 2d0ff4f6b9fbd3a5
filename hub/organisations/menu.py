"""Entries in the menu of the Wagtail admin that only those see whose work they lead to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django_stubs_ext import StrOrPromise
from wagtail.admin.menu import MenuItem

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
