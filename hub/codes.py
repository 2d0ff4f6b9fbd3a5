"""Codes that people read from paper and type."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django import forms
from django.utils.crypto import salted_hmac

#: Crockford's base 32: no letter that can be taken for a digit. Each holds 5 random bits.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: A code is written in groups of so many.
GROUP = 4


def new_code(groups: int) -> str:
    """A code that cannot be guessed: 20 random bits for each group of four."""
    return "-".join(
        "".join(secrets.choice(ALPHABET) for _n in range(GROUP)) for _group in range(groups)
    )


def normalised(code: str) -> str:
    """A code as people type it: blanks, no dashes, small letters, O for zero, I or L for one."""
    letters = re.sub(r"[^0-9A-Z]", "", code.upper())
    letters = letters.translate(str.maketrans("OIL", "011"))
    return "-".join(letters[n : n + GROUP] for n in range(0, len(letters), GROUP))


def code_hash(code: str, *, purpose: str) -> str:
    """What is stored of a code: it opens nothing elsewhere, and nobody reads the code from it.

    60 random bits and the installation's secret need no slow hash.
    """
    return salted_hmac(purpose, normalised(code), algorithm="sha256").hexdigest()


class CodeField(forms.CharField):
    """A code, as people type it from paper."""

    widget = forms.TextInput(
        attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
    )

    def __init__(self, **kwargs: Any) -> None:
        # Blanks and dashes included.
        super().__init__(max_length=60, **kwargs)
