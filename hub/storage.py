"""Where files lie that only permitted views may hand out."""

from django.core.files.storage import Storage, storages


def private_storage() -> Storage:
    """Certificates and hand-overs; no address leads there."""
    return storages["private"]
