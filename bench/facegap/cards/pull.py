"""Where the files of a data set come from that anybody may fetch."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from facegap.cards.model import Sha256
from facegap.cards.toml import Card

Md5 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")]

LOCAL = ("127.0.0.1", "localhost")


class PullFile(Card):
    """One file to fetch: where it lies, what it is called here, and what is known of its content.

    `sha256`, `md5` and `size` (bytes) stand here where they are published; without a digest `facegap datasets pull`
    says the one it found, to be written here. `unpack`: it is an archive whose members go below the root; any other
    file is put there under its name. `hosts` are those that the address may lead on to where no digest tells the file.
    """

    url: str
    name: FileName
    sha256: Sha256 | None = None
    md5: Md5 | None = None
    size: Annotated[int, Field(gt=0)] | None = None
    unpack: Literal["no", "zip", "tar"] = "no"
    hosts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _address_can_be_trusted(self) -> PullFile:
        parts = urlsplit(self.url)
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)):
            raise ValueError(f"url: expected an address that opens with https://, found '{self.url}'")
        return self

    @property
    def host(self) -> str:
        """The machine that the address names."""
        return urlsplit(self.url).hostname or ""
