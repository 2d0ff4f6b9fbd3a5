"""Ids that are the same on every run, made from readable names."""

from __future__ import annotations

import uuid

NAMESPACE = uuid.UUID("6f0f3c1e-8f0e-5d0a-9c5b-2b6f5e1d4a77")


def stable_id(*names: str) -> uuid.UUID:
    """The id of the thing that is called by these names."""
    return uuid.uuid5(NAMESPACE, "/".join(names))


class BlockIds:
    """The ids of the blocks and list items of one page, in every language the same.

    Remembers which name an id stands for, so that an error can say it.
    """

    def __init__(self, page: str) -> None:
        self.page = page
        self.names: dict[str, str] = {}

    def __call__(self, *names: str) -> str:
        """The id of a block or list item. Raises ``ValueError`` when a name is used twice.

        A page with the same id twice cannot be submitted for translation.
        """
        block_id = str(stable_id("block", self.page, *names))
        if block_id in self.names:
            raise ValueError(f"{self.page}: the key {'/'.join(names)} is used twice")
        self.names[block_id] = "/".join(names)
        return block_id

    def readable(self, content_path: str) -> str:
        """A content path of wagtail-localize with keys instead of ids."""
        return ".".join(self.names.get(part, part) for part in content_path.split("."))
