"""Secrets that two clients have in common: X25519 (RFC 7748), HKDF (RFC 5869), ChaCha20-Poly1305."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fedswipe.learning.secure_sum.error import SecureSumError

KEY = 32  # bytes
ONCE = bytes(12)  # a nonce: each key seals one message


def public_key(private: bytes) -> bytes:
    """Return the public half (32 bytes) of a private key, which is any 32 bytes of chance."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def agree(private: bytes, public: bytes, purpose: bytes) -> bytes:
    """Return the 32 bytes that the other side comes to as well, for this purpose.

    SecureSumError when the public key is none that a client could have made.
    """
    try:
        theirs = X25519PublicKey.from_public_bytes(public)
        shared = X25519PrivateKey.from_private_bytes(private).exchange(theirs)
    except ValueError as error:
        raise SecureSumError(f"public key: is none of X25519 ({error})") from error
    return HKDF(SHA256(), KEY, salt=None, info=b"fedswipe secure sum " + purpose).derive(shared)


def seal(key: bytes, message: bytes) -> bytes:
    """Encrypt a message so that a change is noticed. A key may seal one message."""
    return ChaCha20Poly1305(key).encrypt(ONCE, message, None)


def unseal(key: bytes, sealed: bytes) -> bytes:
    """Return the message. SecureSumError when it was changed, or sealed with another key."""
    try:
        return ChaCha20Poly1305(key).decrypt(ONCE, sealed, None)
    except InvalidTag as error:
        raise SecureSumError("sealed shares: were changed, or are for somebody else") from error
