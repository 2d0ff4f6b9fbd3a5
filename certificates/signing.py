"""The signature of the operator: PAdES B-B, invisible, in an incremental update.

Only with a key of the operator's own, a PKCS #12 file; without one certificates are unsigned, which
the sheet says. An invisible field leaves PDF/A-3 and PDF/UA as they were, a visible one would not.
The only importer of pyHanko.
"""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers import SimpleSigner

FIELD = "Certificate"


class KeyProblem(Exception):
    """The operator's key cannot be used; the message says why."""


def is_configured() -> bool:
    """Whether the operator names a key."""
    return bool(settings.CERTIFICATE_KEY_FILE)


def signed(content: bytes) -> bytes:
    """The file with the operator's signature, or as it is where no key is configured.

    Raises ``KeyProblem``: who configured a key is not served without it.
    """
    if not is_configured():
        return content
    from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

    key = current_key()
    if not valid_from(key) <= timezone.now() <= valid_until(key):
        raise KeyProblem(f"The key is valid from {valid_from(key)} until {valid_until(key)}.")
    signer = PdfSigner(
        PdfSignatureMetadata(
            field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        ),
        signer=key,
        # A field without extent beside the page: PDF/UA-1, 7.18.1 asks no tag of it.
        new_field_spec=SigFieldSpec(
            sig_field_name=FIELD,
            readable_field_name=FIELD,
            invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
        ),
    )
    # pyHanko starts an event loop of its own, and a thread can have only one.
    with ThreadPoolExecutor(max_workers=1) as apart:
        output = apart.submit(signer.sign_pdf, _update_of(content)).result()
    return bytes(output.getbuffer())


def _update_of(content: bytes) -> IncrementalPdfFileWriter:
    """An update that adds the signature and leaves all else alone.

    pyHanko would write the metadata anew, declaration of conformity included, with the moment of
    signing as that of the last change. And for keys on curves it would make the file one of PDF
    2.0, which PDF/A-3 does not know (ISO 19005-3, 6.1.2).
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    class Update(IncrementalPdfFileWriter):
        def _update_meta(self) -> None:
            pass

        def ensure_output_version(self, version: Any) -> None:
            pass

        def register_extension(self, ext: Any) -> None:
            if ext.base_version == "/1.7":
                super().register_extension(ext)

    return Update(io.BytesIO(content))


def current_key() -> SimpleSigner:
    """The operator's key. Raises ``KeyProblem``."""
    return _key(settings.CERTIFICATE_KEY_FILE, settings.CERTIFICATE_KEY_PASSPHRASE)


def valid_from(key: SimpleSigner) -> datetime:
    """From when on the key may sign. Raises ``KeyProblem`` where it has no certificate."""
    moment: datetime = _certificate(key).not_valid_before
    return moment


def valid_until(key: SimpleSigner) -> datetime:
    """Until when the key may sign. Raises ``KeyProblem`` where it has no certificate."""
    moment: datetime = _certificate(key).not_valid_after
    return moment


def _certificate(key: SimpleSigner) -> Any:
    if key.signing_cert is None:
        raise KeyProblem("The file of the key holds no certificate.")
    return key.signing_cert


@lru_cache(maxsize=4)
def _key(path: str, passphrase: str) -> SimpleSigner:
    from pyhanko.sign.signers import SimpleSigner

    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise KeyProblem(f"{path} cannot be read: {error.strerror}.") from error
    key = SimpleSigner.load_pkcs12(path, passphrase=passphrase.encode())
    if key is None:
        raise KeyProblem(f"{path} is no PKCS #12 file, or the passphrase is not its own.")
    return key
