"""The operator's signature: valid, invisible, and nothing else changes."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import page
import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from certificates.checks import check_key
from certificates.designs import ClassicDesign
from certificates.making import make_pdf
from certificates.payload import Signatory
from certificates.rendering import render
from certificates.signing import KeyProblem, signed

from .test_matrix import SCAN, longest_with_pictures
from .test_rendering import CASES, payload, render_pdf
from .text import pages_of

PASSPHRASE = "nur für den Test"


@pytest.fixture
def key(tmp_path, settings):
    """Makes a key and configures it; ``days`` is how long it is still valid."""

    def make(days=700):
        now = datetime.now(UTC)
        secret = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kreis Coesfeld, KI-Hub")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(secret.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=900))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    content_commitment=True,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=False,
                    crl_sign=False,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
            .sign(secret, hashes.SHA256())
        )
        path = tmp_path / f"key{days}.p12"
        encryption = BestAvailableEncryption(PASSPHRASE.encode())
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(b"hub", secret, certificate, None, encryption)
        )
        (tmp_path / "certificate.der").write_bytes(certificate.public_bytes(Encoding.DER))
        settings.CERTIFICATE_KEY_FILE = str(path)
        settings.CERTIFICATE_KEY_PASSPHRASE = PASSPHRASE
        return path

    return make


def status_of(content, folder):
    root = load_cert_from_pemder(str(folder / "certificate.der"))
    (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
    # An event loop may be running here, of a browser in another test; pyHanko starts its own.
    with ThreadPoolExecutor(max_workers=1) as apart:
        trusted = ValidationContext(trust_roots=[root])
        return signature, apart.submit(validate_pdf_signature, signature, trusted).result()


@pytest.mark.parametrize("name", ["normal", "letters of DIN 91379", "many modules"])
def test_the_signature_holds_and_covers_the_whole_file(name, key, tmp_path):
    key()
    unsigned = render_pdf(CASES[name], ClassicDesign())
    content = signed(unsigned)
    signature, status = status_of(content, tmp_path)
    assert status.bottom_line
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.coverage.name == "ENTIRE_FILE"
    assert str(signature.sig_object["/SubFilter"]) == "/ETSI.CAdES.detached"


def test_the_first_revision_is_the_checked_file_byte_by_byte(key):
    key()
    unsigned = render_pdf(payload(), ClassicDesign())
    content = signed(unsigned)
    assert content[: len(unsigned)] == unsigned
    assert content != unsigned
    for profile in ("3a", "ua1"):
        assert page.is_pdf_compliant_bytes(content[: len(unsigned)], profile=profile)


def test_signing_changes_nothing_that_is_seen_or_heard(key):
    key()
    unsigned = render_pdf(payload(), ClassicDesign())
    content = signed(unsigned)
    assert pages_of(content) == pages_of(unsigned)
    with pikepdf.open(io.BytesIO(content)) as pdf, pikepdf.open(io.BytesIO(unsigned)) as before:
        assert pdf.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()
        assert pdf.Root.Lang == before.Root.Lang
        assert sorted(pdf.attachments) == sorted(before.attachments)
        (field,) = pdf.Root.AcroForm.Fields
        left, bottom, right, top = (float(side) for side in field.Rect)
        assert left == right < 0
        assert bottom == top < 0
        assert "/N" not in field.get("/AP", {})
        for new, old in zip(pdf.pages, before.pages, strict=True):
            assert new.Contents.read_raw_bytes() == old.Contents.read_raw_bytes()


@pytest.mark.parametrize(
    "case",
    [
        CASES["normal"],
        CASES["letters of DIN 91379"],
        CASES["many modules"],
        longest_with_pictures(),
    ],
)
@pytest.mark.parametrize("profile", ["3a", "ua1"])
def test_the_signed_file_conforms_as_well(case, profile, key):
    """The validator takes neither the field nor the metadata amiss, which stay as they are."""
    key()
    report = page.validate_pdf_bytes(signed(render_pdf(case, ClassicDesign())), profile=profile)
    assert report.is_compliant, [failure.message for failure in report.failures]


@pytest.mark.parametrize("part", [0.1, 0.5, 0.8])
def test_one_changed_byte_is_detected(part, key, tmp_path):
    key()
    unsigned = render_pdf(payload(), ClassicDesign())
    content = bytearray(signed(unsigned))
    place = content.index(b"stream", int(len(unsigned) * part)) + 20
    content[place] ^= 1
    _signature, status = status_of(bytes(content), tmp_path)
    assert not status.intact
    assert not status.bottom_line


def test_the_checksum_is_that_of_the_signed_file(key):
    key()
    made = make_pdf(payload().to_json(), "classic")
    assert made.problem == ""
    assert b"/ByteRange" in made.content
    drawn = render(payload(), ClassicDesign(), is_signed=True).content
    assert made.content.startswith(drawn)


@pytest.mark.parametrize("has_key", [False, True])
@pytest.mark.parametrize("signatures", [0, 1, 2])
@pytest.mark.parametrize("language", ["de", "de-simple", "en"])
def test_the_sheet_says_how_it_is_signed(language, signatures, has_key, key):
    if has_key:
        key()
    people = [Signatory(f"Person {n}", "", SCAN if n < signatures else "") for n in range(3)]
    case = payload(signatories=people, language=language)
    (sheet, *_annex) = pages_of(make_pdf(case.to_json(), "classic").content)
    text = " ".join(sheet.split())
    german = [
        "Maschinell erstellt und vom KI-Hub elektronisch signiert."
        if has_key
        else "Maschinell erstellt und ohne eigenhändige Unterschrift gültig.",
        "Die Unterschrift oben ist ein eingescanntes Bild.",
        "Die Unterschriften oben sind eingescannte Bilder.",
    ]
    english = [
        "Made by machine and signed electronically by the KI-Hub."
        if has_key
        else "Made by machine and valid without a handwritten signature.",
        "The signature above is a scanned picture.",
        "The signatures above are scanned pictures.",
    ]
    sentences = english if language == "en" else german
    assert [sentence in text for sentence in sentences] == [True, signatures == 1, signatures == 2]


def test_a_record_of_an_earlier_schema_says_it_as_well():
    """Before schema 3 a signatory had no picture."""
    old = payload(signatories=[Signatory("Ö. Çelik", "Leitung")]).to_json()
    old = {name: old[name] for name in old if name not in {"replaces", "as_written"}}
    old["signatories"] = [{"name": "Ö. Çelik", "role": "Leitung"}]
    for schema in (1, 2):
        made = make_pdf({**old, "schema": schema}, "classic")
        assert made.problem == ""
        text = " ".join(pages_of(made.content)[0].split())
        assert "ohne eigenhändige Unterschrift gültig." in text
        assert "eingescannt" not in text


@pytest.mark.parametrize("case", [payload(), longest_with_pictures()], ids=["usual", "longest"])
def test_the_update_adds_the_field_and_changes_no_other_object(case, key):
    key()
    before = render(case, ClassicDesign()).content
    after = signed(before)
    with pikepdf.open(io.BytesIO(before)) as old, pikepdf.open(io.BytesIO(after)) as new:
        changed = {}
        for known in old.objects:
            if isinstance(known, pikepdf.Dictionary | pikepdf.Stream) and known.is_indirect:
                now = new.get_object(known.objgen)
                if known.unparse(resolved=True) != now.unparse(resolved=True) or (
                    isinstance(known, pikepdf.Stream)
                    and known.get("/Type") != "/XRef"
                    and known.read_raw_bytes() != now.read_raw_bytes()
                ):
                    changed[str(known.get("/Type"))] = set(now.keys()) - set(known.keys())
        field = new.Root.AcroForm.Fields[0]
        added = [item for item in new.objects if item.objgen not in {o.objgen for o in old.objects}]
    # PAdES (ETSI EN 319 142-1) is an extension of PDF 1.7, which the catalog names.
    assert changed == {"/Catalog": {"/AcroForm", "/Extensions"}, "/Page": {"/Annots"}}
    assert field.objgen in {item.objgen for item in added}


def test_without_a_key_the_file_stays_as_it_is(settings):
    assert settings.CERTIFICATE_KEY_FILE == ""
    assert signed(b"%PDF") == b"%PDF"
    assert check_key(None) == []


def test_the_check_tells_of_keys_that_cannot_be_used(key, settings, tmp_path):
    key()
    assert check_key(None) == []
    key(days=20)
    assert [message.id for message in check_key(None)] == ["certificates.W001"]
    key(days=-3)
    assert [message.id for message in check_key(None)] == ["certificates.E002"]
    settings.CERTIFICATE_KEY_PASSPHRASE = "falsch"
    (wrong,) = check_key(None)
    assert wrong.id == "certificates.E001"
    assert "passphrase" in wrong.msg
    settings.CERTIFICATE_KEY_FILE = str(tmp_path / "nowhere.p12")
    (missing,) = check_key(None)
    assert missing.id == "certificates.E001"
    assert "nowhere.p12" in missing.msg


def test_a_key_that_has_expired_signs_nothing(key):
    key(days=-3)
    with pytest.raises(KeyProblem, match="valid from"):
        signed(render_pdf(payload(), ClassicDesign()))
    made = make_pdf(payload().to_json(), "classic")
    assert made.content == b""
    assert "KeyProblem" in made.problem
