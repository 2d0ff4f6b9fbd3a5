"""One conversation with the mail server for several mails."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

logger = logging.getLogger(__name__)


class ServerIsDown(Exception):
    """The mail server takes nothing, so that trying the others is of no use."""


@contextmanager
def connected() -> Iterator[BaseEmailBackend]:
    """An open connection. Raises ``ServerIsDown`` where there is none, or where it breaks off."""
    connection = get_connection()
    try:
        connection.open()
        yield connection
    except OSError as error:
        logger.error("No mails are sent: %s", type(error).__name__)
        raise ServerIsDown from error
    finally:
        with suppress(OSError):  # all is said; it may be gone already
            connection.close()
