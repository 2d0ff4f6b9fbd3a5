"""Where files lie that only permitted views may hand out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.core.files.storage import Storage, storages


def private_storage() -> Storage:
    """Certificates and hand-overs; no address leads there."""
    return storages["private"]


def delete_written_until(moment: datetime, *, folder: str, but: Collection[str] = ()) -> None:
    """Delete the files of a private folder that were last written by then; safe to race.

    Those whose paths are in ``but`` stay.
    """
    storage = private_storage()
    try:
        _folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        path = f"{folder}/{name}"
        if path in but:
            continue
        try:
            is_old = storage.get_modified_time(path) <= moment
        except FileNotFoundError:
            continue  # somebody else deletes
        if is_old:
            storage.delete(path)
