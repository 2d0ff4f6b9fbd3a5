"""The files a content version shows: copied when it is frozen, found again when it is read."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

from django.core.files import File
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from hub.blocks import kept_pictures

from .models import ContentVersion, FrozenFile

logger = logging.getLogger(__name__)

#: Where a content has the checksums of its files, by model and primary key in the library:
#: ``{"wagtailimages.image": {"12": "9f86…"}}``.
FILES = "files"


def keep_files(unit: Any) -> dict[str, dict[str, str]]:
    """Copy what the texts of a unit show of the library; returns what belongs in its content.

    A file that cannot be read is left out and told to the operators: nobody should be kept from
    publishing by it. Safe to repeat: what is there already is not copied again.
    """
    kept: dict[str, dict[str, str]] = {}
    for model, keys in _shown_by(unit).items():
        for key, shown in sorted(model._default_manager.in_bulk(sorted(keys)).items()):
            try:
                sha256 = _keep(shown.file)
            except OSError:
                logger.exception("The file of %s %s cannot be read.", model._meta.label, key)
                continue
            kept.setdefault(model._meta.label_lower, {})[str(key)] = sha256
    return kept


def _shown_by(unit: Any) -> dict[Any, set[int]]:
    """The primary keys of the pictures and documents in the texts of a unit, by model."""
    found = defaultdict(set)
    library = (get_image_model(), get_document_model())
    for field in unit._meta.get_fields():
        if hasattr(field, "extract_references"):
            # A copy: a stream that was looked into is stored in another form than one that was not.
            texts = field.to_python(field.get_prep_value(field.value_from_object(unit)))
            for model, key, *_path in field.extract_references(texts):
                if model in library:
                    found[model].add(int(key))
    return found


def _keep(source: Any) -> str:
    """Copy a file unless it is kept already; returns its SHA-256."""
    with source.storage.open(source.name, "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if not FrozenFile.objects.filter(sha256=sha256).exists():
            file.seek(0)
            path = PurePath(source.name)
            FrozenFile.objects.get_or_create(
                sha256=sha256,
                defaults={"file": File(file, sha256 + path.suffix.lower()), "name": path.name},
            )
    return sha256


def files_of(version: ContentVersion) -> dict[str, FrozenFile]:
    """The files a version shows, by checksum; one query, none for a version without files."""
    sums = {sha256 for kept in version.content.get(FILES, {}).values() for sha256 in kept.values()}
    if not sums:
        return {}
    return {file.sha256: file for file in FrozenFile.objects.filter(sha256__in=sums)}


def file_url(sha256: str) -> str:
    """Where people who learn, and who edits, get a kept file."""
    return reverse("courses:frozen_file", args=[sha256])


@contextmanager
def as_it_was(version: ContentVersion, *, only_missing: bool = False) -> Iterator[None]:
    """Draw the texts of a version with the pictures it was frozen with.

    With ``only_missing``, the library's own pictures are shown as long as it has them: in the
    version of today they are the same, and there are smaller copies of them.
    """
    model = get_image_model()
    kept: dict[str, str] = version.content.get(FILES, {}).get(model._meta.label_lower, {})
    if only_missing and kept:
        there = model._default_manager.filter(pk__in=kept).values_list("pk", flat=True)
        kept = {key: kept[key] for key in kept.keys() - {str(pk) for pk in there}}
    token = kept_pictures.set({int(key): file_url(sha256) for key, sha256 in kept.items()})
    try:
        yield
    finally:
        kept_pictures.reset(token)
