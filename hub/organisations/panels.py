"""What the start page of the administration shows to those who do the work of HR."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from wagtail.admin.ui.components import Component

from .menu import TASKS


class TasksPanel(Component):
    """The tasks of HR in plain words, each with the entries of its menu that a person has."""

    order = 90
    template_name = "organisations/tasks_panel.html"

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: Mapping[str, Any] | None) -> dict[str, Any]:
        tasks = [(task, task.entries(self.request)) for task in TASKS]
        return {"tasks": [(task, entries) for task, entries in tasks if entries]}
