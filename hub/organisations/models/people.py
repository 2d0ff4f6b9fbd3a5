"""People: the login, and where a person works from when to when."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.organisations.fields import KnownNameField, NameKeyField

from .organisations import Audience, Department, Organisation


class User(AbstractUser):
    """The login of a person. May have no e-mail; ``uuid`` never changes, whatever the name does."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    #: By which lists of people are sorted and searched.
    name_key = NameKeyField(max_length=600, default="", editable=False)
    #: Kept by ``permissions.active_membership`` for the length of a request.
    _active_membership: Membership | None
    #: Kept by ``permissions._grants`` for the length of a request.
    _organisation_grants: dict[str, dict[int, Organisation]]
    _all_organisations: list[Organisation]

    class Meta(AbstractUser.Meta):  # type: ignore[name-defined]
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        indexes = [models.Index(fields=["name_key"], name="organisations_user_name_key")]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def save(self, **kwargs: Any) -> None:
        """Save; the name goes along to the key and to the employments that have not ended."""
        fields = kwargs.get("update_fields")
        is_named = fields is None or bool({"last_name", "first_name"} & set(fields))
        if fields is not None and is_named:
            kwargs["update_fields"] = {*fields, "name_key"}
        is_new = self._state.adding
        super().save(**kwargs)
        if is_named and not is_new:
            name = {each: getattr(self, each) for each in NAMES}
            self.memberships.not_ended().exclude(**name).update(**name)


#: What a membership keeps of the name of its person.
NAMES = ("last_name", "first_name", "name_key")


class Employment(models.TextChoices):
    """Kind of employment; *Externe* work on behalf of the authority (AI Act Art. 4)."""

    EMPLOYEE = "employee", _("employee under a collective agreement")
    CIVIL_SERVANT = "civil_servant", _("civil servant")
    TRAINEE = "trainee", _("trainee")
    EXTERNAL = "external", _("external person working on behalf of the authority")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self, on: date | None = None) -> MembershipQuerySet:
        """Memberships that hold on a day, today if none is given."""
        on = on or timezone.localdate()
        return self.not_ended(on).filter(starts_on__lte=on)

    def not_ended(self, on: date | None = None) -> MembershipQuerySet:
        """Memberships that hold on a day, today if none is given, or begin later."""
        on = on or timezone.localdate()
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))

    def begun_last(self, user: Any) -> MembershipQuerySet:
        """Those that hold today of a person at active authorities, the one begun last first.

        It is the one a person works under. ``user`` may be an ``OuterRef``, for a subquery.
        """
        return (
            self.active()
            .filter(user=user, organisation__is_active=True)
            .order_by("-starts_on", "-pk")
        )

    def in_organisations(self, organisations) -> MembershipQuerySet:
        return self.filter(organisation__in=organisations)

    def take_names(self) -> int:
        """Give those that have not ended the names of today; for after changes in bulk.

        One query; returns how many have not ended.
        """
        person = User.objects.filter(pk=OuterRef("user"))
        return self.not_ended().update(**{name: Subquery(person.values(name)) for name in NAMES})


class Membership(models.Model):
    """Beschäftigung: a person works for an authority from one day to another.

    A transfer closes one membership and opens another; neither is ever deleted while something was
    learnt under it. The name is the one by which this authority knows the person: while the
    membership has not ended that of the account, afterwards the one of then. What becomes of her
    name elsewhere is none of this authority's business (GDPR Art. 5(1)(c)).
    """

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("person")
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="memberships",
        verbose_name=_("authority"),
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("department"),
    )
    employment = models.CharField(
        _("kind of employment"),
        max_length=20,
        choices=Employment.choices,
        default=Employment.EMPLOYEE,
    )
    staff_number = models.CharField(_("staff number"), max_length=40, blank=True)
    last_name = KnownNameField(max_length=150, default="", editable=False)
    first_name = KnownNameField(max_length=150, default="", editable=False)
    #: By which lists of an authority's people are sorted and searched.
    name_key = NameKeyField(max_length=600, default="", editable=False)
    audiences = models.ManyToManyField(
        Audience, blank=True, related_name="memberships", verbose_name=_("audiences")
    )
    starts_on = models.DateField(_("from"), default=timezone.localdate)
    ends_on = models.DateField(_("until"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["name_key", "pk"]
        indexes = [
            models.Index(fields=["organisation", "name_key"], name="organisations_membership_name")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(ends_on__isnull=True),
                name="organisations_membership_one_open",
                violation_error_message=_(
                    "This person works for an authority already. Please end that first."
                ),
            ),
            models.UniqueConstraint(
                fields=["organisation", "staff_number"],
                condition=Q(ends_on__isnull=True) & ~Q(staff_number=""),
                name="organisations_membership_unique_staff_number",
                violation_error_message=_("This staff number is taken in this authority."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
                name="organisations_membership_ends_after_start",
                violation_error_message=_("The end lies before the start."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_name} ({self.organisation.short_name})"

    def save(self, **kwargs: Any) -> None:
        """Save; an employment that is begun anew takes the name of today."""
        fields = kwargs.get("update_fields")
        if fields is not None and {"ends_on", "user", "user_id"} & set(fields):
            kwargs["update_fields"] = {*fields, *NAMES}
        super().save(**kwargs)

    @property
    def has_ended(self) -> bool:
        """Whether the last day is over."""
        return self.ends_on is not None and self.ends_on < timezone.localdate()

    @property
    def person_name(self) -> str:
        """First and last name as this authority knows them.

        Who has none goes by the user name, as long as that is this authority's to give.
        """
        name = f"{self.first_name} {self.last_name}".strip()
        return name or ("–" if self.has_ended else self.user.username)
