"""The authorities of the district, their departments and the audiences of training."""

import uuid

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from hub.organisations.logos import validate_logo


class Organisation(models.Model):
    """One authority: an employer and controller of its own (GDPR Art. 4 no. 7)."""

    class Kind(models.TextChoices):
        DISTRICT = "district", _("District (Kreis)")
        TOWN = "town", _("Town (Stadt)")
        MUNICIPALITY = "municipality", _("Municipality (Gemeinde)")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("short form in addresses"), unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    short_name = models.CharField(_("short name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    code = models.CharField(
        _("code"),
        max_length=6,
        unique=True,
        validators=[RegexValidator(r"^[A-Z]{2,6}$", _("Two to six capital letters."))],
        help_text=_("Begins the numbers of this authority's certificates, for example COE."),
    )
    official_key = models.CharField(
        _("official municipality key"),
        max_length=8,
        unique=True,
        validators=[RegexValidator(r"^\d{5}(\d{3})?$", _("Five or eight digits."))],
        help_text=_("Amtlicher Gemeindeschlüssel: eight digits, for the district five."),
    )
    address = models.TextField(_("address"), blank=True)
    logo = models.FileField(
        _("logo"),
        upload_to="logos/",
        blank=True,
        validators=[validate_logo],
        help_text=_("An SVG drawing without scripts or references to other files."),
    )
    department_label = models.CharField(
        _("word for department"),
        max_length=40,
        default="Organisationseinheit",
        help_text=_("What a department is called here: Fachbereich, Amt, Fachdienst …"),
    )
    hr_label = models.CharField(
        _("word for HR"),
        max_length=60,
        default="Personalabteilung",
        help_text=_("What HR is called here: Personalamt, Fachdienst Personal …"),
    )
    months_after_leaving = models.PositiveSmallIntegerField(
        _("months after leaving"),
        default=12,
        validators=[MaxValueValidator(60)],
        help_text=_(
            "For how long this authority is still told by name what people learnt here who have "
            "left. Afterwards they are in no list, search or file any more; nothing is deleted, "
            "and the people keep their own record. 0 to 60."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("authority")
        verbose_name_plural = _("authorities")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A unit of one authority (Fachbereich, Amt, Fachdienst)."""

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="departments",
        verbose_name=_("authority"),
    )
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["organisation__name", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"],
                name="organisations_department_unique_name",
                violation_error_message=_("There is a department of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Audience(models.Model):
    """Zielgruppe: whom a requirement is meant for, shared by all authorities."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.TextField(_("description"), blank=True)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")
        ordering = ["sort_order", "name"]

    def __str__(self) -> str:
        return self.name
