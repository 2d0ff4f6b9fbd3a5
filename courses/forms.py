"""Forms of the page editor that refuse what only shows in the whole course."""

from __future__ import annotations

from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm


class CoursePageForm(WagtailAdminPageForm):
    """A course without anything to complete stays a draft."""

    def clean(self) -> dict[str, Any]:
        cleaned = cast(dict[str, Any], super().clean())
        # Wagtail defers what is required while a draft is saved; to publish and to submit for
        # approval are the moments that count.
        if not self.is_deferred_validation and not self._has_completable_part():
            self.add_error(
                None,
                _(
                    "This course has no part yet that can be completed. Please save it as a draft, "
                    "add a module or a quiz below it, publish that, and then publish the course."
                ),
            )
        return cleaned

    def _has_completable_part(self) -> bool:
        from .activities import outline
        from .enums import CompletionMode

        course = self.instance
        return course.pk is not None and any(
            item.is_required and item.completion_mode != CompletionMode.NONE
            for item in outline(course)
        )
