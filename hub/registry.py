"""One class for every plug-in point of the hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Generic, TypeVar

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


class Registry(Generic[T]):
    """The classes registered for one plug-in point, by a stable key.

    ``key_attribute`` names the class attribute that holds the key; the key becomes part of stored
    data, so it is never renamed. ``contract`` names what each class must have.
    """

    def __init__(self, name: str, *, key_attribute: str, contract: tuple[str, ...] = ()) -> None:
        self.name = name
        self.key_attribute = key_attribute
        self.contract = contract
        self._classes: dict[str, type[T]] = {}

    def register(self, cls: type[T]) -> type[T]:
        """Register ``cls``; usable as a decorator.

        Raises ``TypeError`` naming what is missing of the contract and ``ImproperlyConfigured``
        naming both classes when the key is taken.
        """
        missing = [name for name in (self.key_attribute, *self.contract) if not hasattr(cls, name)]
        if missing:
            raise TypeError(f"{cls.__qualname__} is no {self.name}: it lacks {', '.join(missing)}.")
        key = getattr(cls, self.key_attribute)
        taken = self._classes.get(key)
        if taken is not None and taken is not cls:
            raise ImproperlyConfigured(
                f"Two classes claim the {self.name} key {key!r}: "
                f"{taken.__module__}.{taken.__qualname__} and {cls.__module__}.{cls.__qualname__}."
            )
        self._classes[key] = cls
        return cls

    @contextmanager
    def register_temporarily(self, cls: type[T]) -> Iterator[type[T]]:
        """Register ``cls`` for the length of a ``with`` block; for tests."""
        self.register(cls)
        try:
            yield cls
        finally:
            del self._classes[getattr(cls, self.key_attribute)]

    def get(self, key: str) -> type[T]:
        """The class registered under ``key``; raises ``KeyError`` with the known keys."""
        try:
            return self._classes[key]
        except KeyError:
            known = ", ".join(sorted(self._classes)) or "none"
            raise KeyError(f"No {self.name} {key!r} is registered (known: {known}).") from None

    def __contains__(self, key: object) -> bool:
        return key in self._classes

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)

    def items(self) -> list[tuple[str, type[T]]]:
        """Keys and classes in the order of registration."""
        return list(self._classes.items())


def import_plugins(module: str) -> None:
    """Import the submodule ``module`` of every installed app that has one, so that it registers."""
    for config in apps.get_app_configs():
        dotted = f"{config.name}.{module}"
        if find_spec(dotted):
            import_module(dotted)
