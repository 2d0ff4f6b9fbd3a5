"""What a package brings that pages share: pictures, documents, topics, keywords."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.fields import WagtailImageField
from wagtail.models import Collection
from wagtail.permission_policies.collections import CollectionOwnershipPermissionPolicy

from courses.models import QuestionTag, Topic
from courses.models.topics import TopicLabel
from hub.organisations.models import User

from .package import MEDIA_FIELDS, MediaEntry, Package, TagEntry


class Shelf:
    """Finds or makes what pages refer to, each only when it is needed first.

    What is here already stays as it is: other pages use it too. ``lost`` is told in words what
    cannot be made.
    """

    def __init__(self, package: Package, user: User | None) -> None:
        self.package = package
        self.user = user
        self.media = {entry.sha256: entry for entry in package.media}
        self.tags = {(tag.model, tag.slug): tag for tag in package.tags}
        self.found: dict[Any, int | None] = {}
        #: The files made here; a transaction that is taken back does not take them back.
        self.files: list[Any] = []
        self.made: list[str] = []
        self.lost: list[str] = []

    def medium(self, kind: str, digest: str) -> int | None:
        """The primary key of a picture or document; ``None`` if it cannot be taken over."""
        entry = self.media.get(digest)
        if entry is None or entry.kind != kind:
            return None
        if digest not in self.found:
            self.found[digest] = self._known(entry) or self._make(entry)
        return self.found[digest]

    def _known(self, entry: MediaEntry) -> int | None:
        model = get_image_model() if entry.kind == "image" else get_document_model()
        sha1 = hashlib.sha1(self.package.files[entry.sha256], usedforsecurity=False).hexdigest()
        pk: int | None = (
            model.objects.filter(file_hash=sha1).order_by("pk").values_list("pk", flat=True).first()
        )
        return pk

    def _make(self, entry: MediaEntry) -> int | None:
        is_image = entry.kind == "image"
        model = get_image_model() if is_image else get_document_model()
        collection = self._collection(
            CollectionOwnershipPermissionPolicy(model, owner_field_name="uploaded_by_user")
        )
        if collection is None:
            self.lost.append(_("You may not add this file: %(name)s") % {"name": entry.file_name})
            return None
        try:
            row = self._image(entry) if is_image else self._document(entry)
        except ValidationError as error:
            self.lost.append(f"{entry.file_name}: {' '.join(error.messages)}")
            return None
        row.collection = collection
        row.uploaded_by_user = self.user
        row._set_file_hash()
        row.save()
        self.files.append(row.file)
        self.made.append(entry.title)
        pk: int = row.pk
        return pk

    def _collection(self, policy: Any) -> Collection | None:
        if self.user is None:
            return Collection.get_first_root_node()
        found: Collection | None = policy.collections_user_has_permission_for(
            self.user, "add"
        ).first()
        return found

    def _image(self, entry: MediaEntry) -> Any:
        """A picture, looked at as one that an editor uploads."""
        content = self.package.files[entry.sha256]
        upload = SimpleUploadedFile(entry.file_name, content)
        checked = WagtailImageField().clean(upload)
        size = checked.image.get_size()
        row = get_image_model()(
            title=entry.title[:255],
            file=ContentFile(content, name=entry.file_name),
            width=size[0],
            height=size[1],
            file_size=len(content),
        )
        if isinstance(described := entry.fields.get("description"), str):
            row.description = described[:255]
        focus = {name: entry.fields.get(name) for name in MEDIA_FIELDS[1:]}
        if all(type(value) is int and 0 <= value < 100_000 for value in focus.values()):
            for name, value in focus.items():
                setattr(row, name, value)
        return row

    def _document(self, entry: MediaEntry) -> Any:
        content = self.package.files[entry.sha256]
        row = get_document_model()(
            title=entry.title[:255],
            file=ContentFile(content, name=entry.file_name),
            file_size=len(content),
        )
        row.clean()
        return row

    def tag(self, model: type[Topic | QuestionTag], slug: str) -> int | None:
        """The primary key of a topic or keyword; ``None`` if it cannot be made."""
        key = (model._meta.label_lower, slug)
        if key not in self.found:
            entry = self.tags.get(key)
            pk = model._default_manager.filter(slug=slug).values_list("pk", flat=True).first()
            if pk is None and entry is not None:
                pk = self._make_tag(model, entry)
            self.found[key] = pk
        return self.found[key]

    def _make_tag(self, model: type[Topic | QuestionTag], entry: TagEntry) -> int | None:
        same = model._default_manager.filter(name__iexact=entry.name).first()
        if same is not None and model is Topic:
            return same.pk
        if same is not None or not self._may_add(model):
            self.lost.append(
                _("“%(name)s” is missing here, and cannot be made.") % {"name": entry.name}
            )
            return None
        row = model(name=entry.name[:100], slug=entry.slug)
        if isinstance(row, Topic):
            known = dict(TopicLabel._meta.get_field("language").choices or ())
            row.labels.set(
                TopicLabel(language=language, text=text[:100])
                for language, text in sorted(entry.labels.items())
                if language in known and isinstance(text, str)
            )
        row.save()
        self.made.append(entry.name)
        return row.pk

    def _may_add(self, model: type[Topic | QuestionTag]) -> bool:
        """Keywords are typed freely; topics are made by who may make topics."""
        return self.user is None or model is QuestionTag or self.user.has_perm("courses.add_topic")
