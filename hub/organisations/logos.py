"""Which drawings the hub takes as a logo."""

import re

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext as _

MAX_BYTES = 100_000
REFERENCE = re.compile(r"(?:url\(|@import|javascript:)(?!\s*[\"']?#)", re.IGNORECASE)
FORBIDDEN_ELEMENTS = {"script", "foreignObject", "iframe", "image", "use", "a"}


def validate_logo(file: File) -> None:
    """Accept a small SVG that runs nothing and asks for nothing outside itself.

    Certificates embed the logo and pages show it, so it must be safe in both. Raises
    ``ValidationError`` with what to do.
    """
    if file.size > MAX_BYTES:
        raise ValidationError(_("The logo is larger than 100 kB. Please simplify the drawing."))
    file.seek(0)
    try:
        # As UTF-8 text, for certificates carry the drawing as text.
        root = ElementTree.fromstring(file.read().decode(), forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise ValidationError(
            _("The logo is not an SVG drawing. Please save it as SVG.")
        ) from error
    finally:
        file.seek(0)
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        raise ValidationError(_("The logo is not an SVG drawing. Please save it as SVG."))
    for element in root.iter():
        name = str(element.tag).rpartition("}")[2]
        unsafe = name in FORBIDDEN_ELEMENTS or any(
            attribute.lower().startswith("on")
            or attribute.rpartition("}")[2] == "href"
            or REFERENCE.search(value)
            for attribute, value in element.attrib.items()
        )
        if unsafe or REFERENCE.search(element.text or ""):
            raise ValidationError(
                _(
                    "The logo contains scripts or refers to other files. "
                    "Please save it as plain SVG."
                )
            )
