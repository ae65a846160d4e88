"""The secret under which people and pictures of a run have their ids and digests.

It is made once, lies in the private cache, and is handed to whoever may verify a run's pictures. Ids of runs on two
machines can be joined only where both were given the same secret.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from facegap.errors import StoreError
from facegap.store.files import cache_dir, create_once

LEAST_BYTES, LEAST_DIFFERENT = 16, 8
"""A secret of fewer bytes, or of fewer different ones, was typed and not drawn: it can be guessed."""

_MADE_BYTES, _CHECK_BYTES = 32, 8


def local_secret() -> bytes:
    """The key that turns names and pictures into opaque ids; made once, mode 0600, never leaves the machine.

    $FACEGAP_SECRET (hex) overrides it, so that two machines can make ids that agree.

    Raises:
        StoreError: $FACEGAP_SECRET is not hexadecimal or too weak, or the key cannot be written or read, is damaged, or
            lies open to others.
    """
    given = os.environ.get("FACEGAP_SECRET")
    if given is not None:
        return _strong("FACEGAP_SECRET", _hexadecimal("FACEGAP_SECRET", given))
    path = cache_dir(write=False) / "id-secret"
    if not path.exists():
        made = secrets.token_bytes(_MADE_BYTES)
        create_once(cache_dir() / path.name, made + _check(made), mode=0o600)
    return read_secret(path)


def known_secret(wanted: str) -> bytes | None:
    """This machine's own secret where it is the one of that `secret_id`; None where it is another, or there is none."""
    try:
        there = "FACEGAP_SECRET" in os.environ or (cache_dir(write=False) / "id-secret").exists()
        secret = local_secret() if there else None
    except StoreError:
        return None
    return secret if secret is not None and secret_id(secret) == wanted else None


def read_secret(path: Path) -> bytes:
    """The secret in a file: the cache's own `id-secret`, or hexadecimal digits.

    Raises:
        StoreError: it cannot be read, is damaged or too weak, or others can read it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(4096) if stat.S_ISREG(mode) else b""
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise StoreError(f"{path}: the secret cannot be read: {why}; set FACEGAP_CACHE or FACEGAP_SECRET") from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StoreError(f"{path}: others can read or change this secret (mode {stat.S_IMODE(mode):o}); chmod 600 it")
    return _strong(str(path), _content(path, data))


def _content(path: Path, data: bytes) -> bytes:
    if len(data) == _MADE_BYTES + _CHECK_BYTES:
        made, check = data[:_MADE_BYTES], data[_MADE_BYTES:]
        if check != _check(made):
            raise StoreError(
                f"{path}: the secret is damaged; restore it from a copy, or remove it, and later runs get other ids"
            )
        return made
    # What earlier versions made has no check.
    return data if len(data) == _MADE_BYTES else _hexadecimal(str(path), data.decode("ascii", "replace"))


def _check(made: bytes) -> bytes:
    return hashlib.sha256(made).digest()[:_CHECK_BYTES]


def _hexadecimal(where: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text.strip())
    except ValueError:
        raise StoreError(f"{where}: expected hexadecimal digits") from None


def _strong(where: str, secret: bytes) -> bytes:
    if len(secret) < LEAST_BYTES or len(set(secret)) < LEAST_DIFFERENT:
        raise StoreError(
            f"{where}: a weak secret: expected {LEAST_BYTES} bytes or more, drawn by chance, found {len(secret)} with "
            f"{len(set(secret))} different values; `openssl rand -hex 32` draws one"
        )
    return secret


def keyed(secret: bytes, kind: str, value: str) -> str:
    """Hex HMAC-SHA256 of a name or a digest; `kind` keeps a person, a sample and a picture apart.

    A name that was read from a file system may hold bytes that are no text.
    """
    return hmac.new(secret, f"{kind}:{value}".encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def secret_id(secret: bytes) -> str:
    """What tells one secret from another and gives neither away."""
    return keyed(secret, "secret", "id")[:16]
