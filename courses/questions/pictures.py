"""A picture in a question or beside an answer."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from hub.blocks import PictureChooserBlock


class QuestionPictureBlock(blocks.StructBlock):
    """A picture that may be left out; with one, its description is needed.

    Wagtail's own ``ImageBlock`` is not used: wagtail-localize fails on one that was never stored,
    as in every question that is older than its picture. It is also too lenient here: without a
    description, a question with a picture cannot be answered by who does not see it.
    """

    image = PictureChooserBlock(required=False, label=_("Picture"))
    alt_text = blocks.CharBlock(
        required=False,
        default="",
        label=_("Description of the picture"),
        help_text=_("For people who cannot see it. It does not give the answer away."),
    )

    def clean(self, value):
        """Refuse a picture without a description; a draft may wait for it."""
        cleaned = super().clean(value)
        if not self.is_deferred_validation and cleaned["image"] and not cleaned["alt_text"]:
            raise blocks.StructBlockValidationError(
                {"alt_text": ValidationError(_("Please describe what the picture shows."))}
            )
        return cleaned

    class Meta:
        icon = "image"
        label = _("Picture")
        collapsed = True
