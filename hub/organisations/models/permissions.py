"""Which group may do what for which authority."""

from django.contrib.auth.models import Group, Permission
from django.db import models
from django.utils.translation import gettext_lazy as _

from .organisations import Organisation


class GroupOrganisationPermission(models.Model):
    """A permission that a group holds for the people of one authority.

    The counterpart of Wagtail's ``GroupCollectionPermission``; edited where groups are edited.
    """

    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, related_name="organisation_permissions"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="group_permissions"
    )
    permission = models.ForeignKey(Permission, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("permission for an authority")
        verbose_name_plural = _("permissions for authorities")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "organisation", "permission"],
                name="organisations_group_permission_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.group} · {self.organisation} · {self.permission.codename}"
