"""The key pair that signs checkpoints: Ed25519 (RFC 8032), made at the first start.

The private key stays in ``RADASSIST_HOME/keys`` (mode 0600).  The public key lies beside it, to be
copied to where the owner of the log cannot change it: only then does a signature prove anything to
a stranger.  Should the private key be lost, a new pair is made and its public key is added to the
same file, so that older checkpoints stay provable.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from radassist.errors import InputFault, StorageFault
from radassist.settings.paths import prepare_folder, write_private
from radassist.store.chain import key_id

PRIVATE_NAME = "audit-signing.pem"
PUBLIC_NAME = "audit-public.pem"

#: SubjectPublicKeyInfo of an Ed25519 key (RFC 8410): this, then the 32 bytes of the key.
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]*)-----END PUBLIC KEY-----")
_SPKI = bytes.fromhex("302a300506032b6570032100")


@dataclass(frozen=True)
class SigningKey:
    """The private key with what names it.

    :param trusted: every public key in the file beside it: this one and those before it.
    """

    private: Ed25519PrivateKey
    public: bytes
    trusted: tuple[bytes, ...]

    @property
    def id(self) -> str:
        return key_id(self.public)

    def sign(self, message: bytes) -> str:
        """Hexadecimal signature of 64 bytes."""
        return self.private.sign(message).hex()


def open_signing_key(folder: Path) -> SigningKey:
    """The key pair in ``folder``, made there when there is none.

    :raises StorageFault: the key is damaged, or the folder cannot be written.
    """
    path = folder / PRIVATE_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return _make(folder)
    except OSError as error:
        raise StorageFault(
            f"The signing key of the audit log cannot be read ({error.strerror}).",
            f"Make {path} readable.",
        ) from error
    try:
        private = serialization.load_pem_private_key(data, password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise TypeError("not an Ed25519 key")
    except (ValueError, TypeError) as error:
        raise StorageFault(
            "The signing key of the audit log is damaged.",
            f"Restore {path} from a copy, or move it away: a new key is made and the log says so.",
        ) from error
    public = private.public_key().public_bytes_raw()
    return SigningKey(private, public, _keep_public(folder, public))


def _make(folder: Path) -> SigningKey:
    prepare_folder(folder)
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    trusted = _keep_public(folder, public)
    write_private(folder / PRIVATE_NAME, pem)
    return SigningKey(private, public, trusted)


def _keep_public(folder: Path, public: bytes) -> tuple[bytes, ...]:
    """Have the public key in its file, after those that are there; returns all of them."""
    path = folder / PUBLIC_NAME
    try:
        text = path.read_text("ascii")
        kept = read_public_keys(text)
    except (OSError, UnicodeDecodeError, InputFault):
        text, kept = "", ()  # missing or damaged: it can be made again from the private key
    if public in kept:
        return kept
    write_private(path, (text + public_pem(public)).encode())
    return (*kept, public)


def public_pem(public: bytes) -> str:
    """The public key as PEM, as ``openssl pkey -pubin`` reads it."""
    body = base64.b64encode(_SPKI + public).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"


def read_public_keys(text: str) -> tuple[bytes, ...]:
    """The keys (32 bytes each) given as PEM blocks or as 64 hexadecimal digits.

    :raises InputFault: it is neither.
    """
    text = text.strip()
    try:
        if len(text) == 64:
            return (bytes.fromhex(text),)
        blocks = [base64.b64decode("".join(b.split())) for b in _PEM.findall(text)]
        if blocks and all(b.startswith(_SPKI) and len(b) == len(_SPKI) + 32 for b in blocks):
            return tuple(block[len(_SPKI) :] for block in blocks)
    except ValueError:
        pass  # said below
    raise InputFault(
        "This is not an Ed25519 public key.", "Give audit-public.pem or its 64 hexadecimal digits."
    )


def signature_is_good(public: bytes, signature: str, message: bytes) -> bool:
    """True when ``signature`` (hexadecimal) over ``message`` was made with the key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
