"""The own account in the Wagtail admin: what people set themselves, and what only HR may."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.views import account


class NamePanel(account.BaseSettingsPanel):
    """Shows the name and who changes it."""

    name = "official_name"
    title = _("Name")
    order = 100
    template_name = "organisations/name_panel.html"

    def get_form(self) -> forms.Form:
        """A form without fields, never bound: nothing of it is saved."""
        return forms.Form()

    def get_context_data(self) -> dict[str, Any]:
        membership = self.user.memberships.active().select_related("organisation").first()
        return {
            "person": self.user,
            "organisation": membership.organisation if membership else None,
        }


class AccountView(account.AccountView):
    """Wagtail's own page, less what the person is called and looks like.

    Certificates and lists take the name from the account, so it comes from HR alone; a picture
    would be personal data that serves nothing. Wagtail's hook only adds panels, it takes none away.
    """

    def get_panels(self) -> list[account.BaseSettingsPanel]:
        left_out = (account.NameEmailSettingsPanel, account.AvatarSettingsPanel)
        return [panel for panel in super().get_panels() if not isinstance(panel, left_out)]
