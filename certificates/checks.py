"""What `manage.py check` says about the configuration of certificates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register
from django.utils import timezone

from .signing import KeyProblem, current_key, is_configured, valid_until

#: An operator needs some weeks to get a new key.
SOON = timedelta(days=60)


@register("certificates")
def check_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether the key that certificates are signed with can be used."""
    if not is_configured():
        return []
    try:
        end = valid_until(current_key())
    except KeyProblem as problem:
        return [
            Error(
                f"Certificates cannot be signed: {problem}",
                hint="Correct CERTIFICATE_KEY_FILE and CERTIFICATE_KEY_PASSPHRASE, or remove both "
                "to issue certificates without a signature.",
                id="certificates.E001",
            )
        ]
    if end < timezone.now():
        return [
            Error(
                f"The key in CERTIFICATE_KEY_FILE has expired on {end:%Y-%m-%d}.",
                hint="No PDF can be made until there is a new key.",
                id="certificates.E002",
            )
        ]
    if end < timezone.now() + SOON:
        return [
            Warning(
                f"The key in CERTIFICATE_KEY_FILE expires on {end:%Y-%m-%d}.",
                hint="Get a new key in time: without one no PDF can be made.",
                id="certificates.W001",
            )
        ]
    return []
