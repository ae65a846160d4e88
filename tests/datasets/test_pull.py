"""Fetching a data set: from copies at hand, and from a server of this machine that does what servers do."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import os
import re
import signal
import stat
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import tiny
from facegap.cards import DatasetCard, card_names, load_dataset
from facegap.cards.pull import PullFile
from facegap.datasets import check, pull, terms
from facegap.errors import CardError, DatasetMissing, DiskFull, InputError
from sets import SETS

MakeCard = Callable[..., DatasetCard]
TABLE = b"subject_id,path,gender\nann,a/1.jpg,female\nbo,a/2.jpg,male\n"
BIG = bytes(range(256)) * 4096 * 3
"""3 MB."""


@contextmanager
def silent(_stage: str, _total: int) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def zipped(*members: tuple[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, content in members:
            file.writestr(name, content)
    return data.getvalue()


def tarred(*infos: tarfile.TarInfo) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as file:
        for info in infos:
            file.addfile(info, io.BytesIO(b"x" * info.size) if info.isreg() else None)
    return data.getvalue()


PICTURES = zipped(("a/1.jpg", b"one"), ("a/2.jpg", b"two"))


class Server(http.server.ThreadingHTTPServer):
    """Serves `files`; the other fields say how it errs."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.tag = '"one"'
        self.ranges = True
        self.stop_after = 0
        self.pause = 0.0
        self.redirect = ""
        self.asked: list[str] = []

    def address(self, name: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_address[1]}/{name}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers.get("Range", "")
        server.asked.append(wanted)
        name = self.path[1:]
        if server.redirect and self.headers.get("Host", "").startswith("127.0.0.1"):
            self.send_response(302)
            self.send_header("Location", server.redirect)
            self.end_headers()
            return
        if name not in server.files:
            self.send_error(404)
            return
        data, start = server.files[name], 0
        same = self.headers.get("If-Range") in (None, server.tag)
        if wanted and server.ranges and same:
            start = int(re.findall(r"\d+", wanted)[0])
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        if server.tag:
            self.send_header("ETag", server.tag)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        body = data[start:]
        if server.stop_after:
            body, server.stop_after = body[: server.stop_after], 0
        for at in range(0, len(body), 1 << 16):
            self.wfile.write(body[at : at + (1 << 16)])
            time.sleep(server.pause)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def of(make_card: MakeCard, server: Server) -> Callable[..., DatasetCard]:
    """A card whose files are the server's; a name that ends in .zip or .tgz is unpacked."""

    def make(files: dict[str, bytes], **fields: Any) -> DatasetCard:
        server.files = dict(files)
        kinds = {"zip": "zip", "tgz": "tar"}
        sources = [
            {"url": server.address(name), "name": name, "unpack": kinds.get(name[-3:], "no"), "sha256": sha(data)}
            | fields
            for name, data in files.items()
        ]
        return make_card(pull=tuple(PullFile.model_validate(one) for one in sources))

    return make


def pulled(card: DatasetCard, root: Path, **options: Any) -> list[str]:
    return list(pull(card, root, True, silent, **options))


def at_hand(folder: Path, **files: bytes) -> Path:
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def test_files_are_fetched_checked_unpacked_and_can_be_checked(of: Callable[..., DatasetCard], tmp_path: Path) -> None:
    card, root = of({"pictures.zip": PICTURES, "index.csv": TABLE}), tmp_path / "deep" / "root"
    lines = pulled(card, root)
    assert lines == [
        f"pictures.zip: 2 files unpacked; sha256 {sha(PICTURES)}, as the card says",
        f"index.csv: put there; sha256 {sha(TABLE)}, as the card says",
        f"{root}: try it with `facegap datasets check tiny {root}`",
    ]
    assert check(card, root).ok and check(card, root).groups[0].samples == 2
    assert [path.name for path in root.parent.iterdir()] == ["root"], "nothing is left beside it"


def test_copies_at_hand_need_no_network(of: Callable[..., DatasetCard], server: Server, tmp_path: Path) -> None:
    card = of({"pictures.zip": PICTURES, "index.csv": TABLE})
    copies = at_hand(tmp_path / "copies", pictures__zip=PICTURES, index__csv=TABLE)
    assert len(pulled(card, tmp_path / "root", copies=copies)) == 3
    assert server.asked == [] and len(list(copies.iterdir())) == 2


def test_a_file_without_a_digest_says_the_one_to_pin(of: Callable[..., DatasetCard], tmp_path: Path) -> None:
    lines = pulled(of({"index.csv": TABLE}, sha256=None), tmp_path / "root")
    assert lines[0] == (
        "index.csv: put there; its content was checked against nothing; "
        f'write sha256 = "{sha(TABLE)}" into the card to pin it'
    )
    md5 = hashlib.md5(TABLE, usedforsecurity=False).hexdigest()
    lines = pulled(of({"index.csv": TABLE}, sha256=None, md5=md5), tmp_path / "other")
    assert lines[0].startswith("index.csv: put there; its md5 is the card's; write sha256")


def test_what_is_still_to_be_added_is_said(of: Callable[..., DatasetCard], tmp_path: Path) -> None:
    lines = pulled(of({"pictures.zip": PICTURES}), tmp_path / "root")
    assert lines[1] == (
        f"{tmp_path / 'root'}: still to be added by hand: index.csv; the head of the card says what they are"
    )


def test_a_cut_file_goes_on_where_it_stopped(of: Callable[..., DatasetCard], server: Server, tmp_path: Path) -> None:
    card, part = of({"big.bin": BIG}), tmp_path / ".root.pull" / "big.bin.part"
    server.stop_after = 1_500_000
    with pytest.raises(
        DatasetMissing, match=r"after 1500000 (of 3145728 )?bytes.*; the same command goes on from there"
    ):
        pulled(card, tmp_path / "root")
    assert part.stat().st_size == 1_500_000 and not (tmp_path / "root").exists()
    pulled(card, tmp_path / "root")
    assert server.asked == ["", "bytes=1500000-"]
    assert (tmp_path / "root" / "big.bin").read_bytes() == BIG and not part.parent.exists()


@pytest.mark.parametrize("change", ["another version", "no ranges", "shorter", "no version and no digest"])
def test_a_part_of_something_else_is_begun_anew(
    change: str, of: Callable[..., DatasetCard], make_card: MakeCard, server: Server, tmp_path: Path
) -> None:
    other = BIG[::-1] if change == "another version" else BIG[:1_000_000] if change == "shorter" else BIG
    bare = change == "no version and no digest"
    card = of({"big.bin": BIG}, sha256=None if bare else sha(other))
    server.tag = "" if change in ("shorter", "no version and no digest") else server.tag
    server.stop_after = 1_500_000
    with pytest.raises(DatasetMissing):
        pulled(card, tmp_path / "root")
    server.files["big.bin"], server.ranges = other, change != "no ranges"
    server.tag = server.tag and '"two"'
    pulled(card, tmp_path / "root")
    assert (tmp_path / "root" / "big.bin").read_bytes() == other
    assert server.asked[1:] == {"shorter": ["bytes=1500000-", ""], "no version and no digest": [""]}.get(
        change, ["bytes=1500000-"]
    )


def test_what_was_fetched_whole_is_not_fetched_again(
    of: Callable[..., DatasetCard], server: Server, tmp_path: Path
) -> None:
    card = of({"index.csv": TABLE, "pictures.zip": PICTURES})
    del server.files["pictures.zip"]
    with pytest.raises(
        DatasetMissing, match=r"pictures.zip: the server answered 404 .*; look where pictures.zip is now"
    ):
        pulled(card, tmp_path / "root")
    server.files["pictures.zip"] = PICTURES
    asked = len(server.asked)
    pulled(card, tmp_path / "root")
    assert len(server.asked) == asked + 1


def test_a_part_that_is_whole_needs_no_more(
    of: Callable[..., DatasetCard], server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the machine stopped between the last byte and the rename."""
    card = of({"big.bin": BIG})
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pulled(card, tmp_path / "root")
    assert (tmp_path / ".root.pull" / "big.bin.part").stat().st_size == len(BIG)
    pulled(card, tmp_path / "root")
    assert server.asked == ["", f"bytes={len(BIG)}-"]
    assert (tmp_path / "root" / "big.bin").read_bytes() == BIG


def test_what_came_from_another_address_is_fetched_anew(
    of: Callable[..., DatasetCard], make_card: MakeCard, server: Server, tmp_path: Path
) -> None:
    server.files = {"one.csv": TABLE, "two.csv": TABLE[::-1]}
    cards = [
        make_card(pull=tuple(PullFile(url=server.address(name), name=kept) for name, kept in pairs))
        for pairs in ((("one.csv", "t.csv"), ("gone", "u.csv")), (("two.csv", "t.csv"),))
    ]
    with pytest.raises(DatasetMissing):
        pulled(cards[0], tmp_path / "root")
    pulled(cards[1], tmp_path / "root")
    assert (tmp_path / "root" / "t.csv").read_bytes() == TABLE[::-1]


@pytest.mark.parametrize("fetched", [False, True])
@pytest.mark.parametrize("what", ["sha256", "md5", "size"])
def test_another_content_is_refused(
    what: str, fetched: bool, of: Callable[..., DatasetCard], server: Server, tmp_path: Path
) -> None:
    wrong, says = {
        "sha256": ("0" * 64, f"expected sha256 {'0' * 64}, found {sha(TABLE)}"),
        "md5": ("1" * 32, f"expected md5 {'1' * 32}, found "),
        "size": (5, f"expected 5 bytes, the server has {len(TABLE)}" if fetched else f"bytes 5, found {len(TABLE)};"),
    }[what]
    card = of({"index.csv": TABLE}, **{what: wrong})
    copies = None if fetched else at_hand(tmp_path / "copies", index__csv=TABLE)
    with pytest.raises(DatasetMissing) as caught:
        pulled(card, tmp_path / "root", copies=copies)
    line = str(caught.value)
    assert says in line and "\n" not in line and not (tmp_path / "root").exists()
    assert not (tmp_path / ".root.pull" / "index.csv").exists(), "the next try begins anew"
    assert copies is None or (copies / "index.csv").read_bytes() == TABLE


def test_no_server(make_card: MakeCard, tmp_path: Path) -> None:
    card = make_card(pull=(PullFile(url="http://127.0.0.1:9/index.csv", name="index.csv"),))
    with pytest.raises(DatasetMissing, match=r"index.csv: not fetched: .*; check the network, or give --from FOLDER"):
        pulled(card, tmp_path / "root")
    assert list(tmp_path.iterdir()) == []


def test_another_host_is_followed_where_a_digest_or_the_card_tells(
    of: Callable[..., DatasetCard], server: Server, tmp_path: Path
) -> None:
    server.redirect = server.address("index.csv", "localhost")
    pulled(of({"index.csv": TABLE}), tmp_path / "one")
    pulled(of({"index.csv": TABLE}, sha256=None, hosts=("localhost",)), tmp_path / "two")
    with pytest.raises(DatasetMissing, match="it leads on to another host, localhost, and the card has no digest"):
        pulled(of({"index.csv": TABLE}, sha256=None), tmp_path / "three")
    server.redirect = "ftp://localhost/index.csv"
    with pytest.raises(DatasetMissing, match="not https, ftp://localhost"):
        pulled(of({"index.csv": TABLE}), tmp_path / "four")
    server.redirect = server.address("index.csv")
    with pytest.raises(DatasetMissing, match=r"the server answered 302 .*"):
        pulled(of({"index.csv": TABLE}), tmp_path / "five")


def _link(kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo("a/1.jpg")
    info.type, info.linkname = kind, "/etc/passwd"
    return info


def _file(name: str, size: int = 3) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    return info


def _zip_link() -> bytes:
    data, info = io.BytesIO(), zipfile.ZipInfo("a/1.jpg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(data, "w") as file:
        file.writestr(info, "/etc/passwd")
    return data.getvalue()


HOSTILE = {
    "up.zip": (zipped(("a/../../up.jpg", b"x")), "a path that leaves the folder or is no plain one"),
    "absolute.zip": (zipped(("/tmp/up.jpg", b"x")), "a path that leaves the folder or is no plain one"),
    "drive.zip": (zipped(("C:/up.jpg", b"x")), "a path that leaves the folder or is no plain one"),
    "control.zip": (zipped(("a\x1b[2J.jpg", b"x")), "a path that leaves the folder or is no plain one"),
    "twice.zip": (zipped(("a/1.jpg", b"x"), ("A/1.JPG", b"y")), "A/1.JPG: there twice, or once more in other letters"),
    "link.zip": (_zip_link(), "expected a regular file of at most .* bytes, found a link or a folder"),
    "empty.zip": (zipped(), "holds no file"),
    "text.zip": (b"no archive", "cannot be read: File is not a zip file"),
    "cut.tgz": (tarred(_file("a/1.jpg", 200_000))[:150], "cannot be read"),
    "up.tgz": (tarred(_file("../up.jpg")), "a path that leaves the folder or is no plain one"),
    "backslash.tgz": (tarred(_file("a\\..\\up.jpg")), "a path that leaves the folder or is no plain one"),
    "symlink.tgz": (tarred(_link(tarfile.SYMTYPE)), "found a link or a folder"),
    "hardlink.tgz": (tarred(_link(tarfile.LNKTYPE)), "found a link or a folder"),
    "pipe.tgz": (tarred(_link(tarfile.FIFOTYPE)), "found a link or a folder"),
    "bomb.tgz": (tarred(_file("a/1.jpg", 80 << 20)), r"unpacks to more than 6\d+ bytes"),
    "under.tgz": (tarred(_file("a"), _file("a/1.jpg")), "cannot be written"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_archive_that_is_unsound_leaves_nothing(name: str, of: Callable[..., DatasetCard], tmp_path: Path) -> None:
    data, says = HOSTILE[name]
    copies = at_hand(tmp_path / "in" / "copies")
    (copies / name).write_bytes(data)
    with pytest.raises(Exception, match=says) as caught:
        pulled(of({name: data}), tmp_path / "in" / "root", copies=copies)
    assert "\n" not in str(caught.value) and caught.type.__module__ == "facegap.errors"
    assert not (tmp_path / "in" / "root").exists()
    assert not any("up.jpg" in path.name for path in tmp_path.rglob("*"))


def test_too_many_members(of: Callable[..., DatasetCard], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facegap.datasets.unpack._COUNT", 1)
    with pytest.raises(DatasetMissing, match="lists more than 1 members"):
        pulled(of({"pictures.zip": PICTURES}), tmp_path / "root")


def test_a_file_of_the_card_that_an_archive_has_too(of: Callable[..., DatasetCard], tmp_path: Path) -> None:
    files = {"pictures.zip": zipped(("index.csv", b"x")), "index.csv": TABLE}
    with pytest.raises(DatasetMissing, match=r"index.csv: there twice"):
        pulled(of(files), tmp_path / "root")


def test_terms_are_shown_first_and_never_acknowledged_silently(
    of: Callable[..., DatasetCard], server: Server, tmp_path: Path
) -> None:
    card = of({"index.csv": TABLE}, size=len(TABLE))
    assert terms(card)[1:3] == ["status: open; licence: CC0-1.0", "terms: none"]
    assert terms(card)[-1] == f"from: {server.address('index.csv')} (0.0 MB)"
    with pytest.raises(InputError, match="tiny: terms: none; read them, then give --acknowledge-terms"):
        list(pull(card, tmp_path / "root", False, silent))
    assert server.asked == [] and list(tmp_path.iterdir()) == []


def test_what_is_in_the_way(of: Callable[..., DatasetCard], make_card: MakeCard, tmp_path: Path) -> None:
    card, root = of({"index.csv": TABLE}), tmp_path / "root"
    root.mkdir()
    pulled(card, root)
    with pytest.raises(InputError, match="root: holds something already; name a folder that is not there yet"):
        pulled(card, root)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="link: holds something already"):
        pulled(card, tmp_path / "link")
    with pytest.raises(InputError, match="tiny: its card names no file that anybody may fetch: ask its makers"):
        pulled(make_card(), tmp_path / "other")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Exception, match="cannot be written: Not a directory"):
        pulled(card, tmp_path / "file" / "root")


def test_two_at_once(of: Callable[..., DatasetCard], tmp_path: Path) -> None:
    card = of({"index.csv": TABLE, "pictures.zip": PICTURES})
    one = pull(card, tmp_path / "root", True, silent)
    next(one)
    with pytest.raises(InputError, match="root: another facegap is fetching it; wait for it to end"):
        pulled(card, tmp_path / "root")
    list(one)
    assert (tmp_path / "root" / "index.csv").is_file()


def test_no_room(
    of: Callable[..., DatasetCard], server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = of({"big.bin": BIG})
    with monkeypatch.context() as patch:
        patch.setattr("facegap.datasets.download.shutil.disk_usage", lambda _: SimpleNamespace(free=9))
        with pytest.raises(DiskFull, match="no room: 3145728 bytes are to come, 9 are free; free some space"):
            pulled(card, tmp_path / "root")
    pulled(card, tmp_path / "root")


CARD = """\
name = "mine"
version = "1"
title = "Mine"
licence = "CC BY 4.0"
terms = "name the authors"
status = "open"
adapter = "csv"
citation = "none"

[[pull]]
url = "{url}"
name = "big.bin"

[files]
manifest = "big.bin"

[groups.gender]
values = ["female", "male"]
label_source = "self-report"
"""


def place_with(tmp_path: Path, url: str) -> Path:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "mine.toml").write_text(CARD.format(url=url), encoding="utf-8")
    return tmp_path


def test_the_command(server: Server, tmp_path: Path) -> None:
    server.files["big.bin"] = BIG
    place = place_with(tmp_path, server.address("big.bin"))
    code, out, error = tiny.facegap(place, "datasets", "pull", "mine")
    assert code == 2 and "terms: name the authors" in out.splitlines()
    assert error == "facegap: mine: terms: name the authors; read them, then give --acknowledge-terms\n"
    code, out, error = tiny.facegap(place, "datasets", "pull", "mine", "--acknowledge-terms")
    assert code == 0, error
    assert f'write sha256 = "{sha(BIG)}" into the card to pin it' in out
    assert (place / "data" / "mine" / "big.bin").read_bytes() == BIG
    code, _, error = tiny.facegap(place, "datasets", "pull", "mine", "new", "--acknowledge-terms", "--from", "data")
    assert code == 3 and len(error.splitlines()) == 1 and "no such file; expected the file of http://" in error
    code, _, error = tiny.facegap(place, "datasets", "pull", "rfw", "--acknowledge-terms")
    assert code == 2 and "rfw: its card names no file that anybody may fetch: ask its makers, http" in error


def test_ctrl_c_leaves_the_part_and_the_same_command_goes_on(server: Server, tmp_path: Path) -> None:
    server.files["big.bin"], server.pause = BIG, 0.1
    place = place_with(tmp_path, server.address("big.bin"))
    words = ("datasets", "pull", "mine", "--acknowledge-terms")
    part = place / "data" / ".mine.pull" / "big.bin.part"
    with tiny.start(place, *words) as process:
        for _ in range(400):
            if part.is_file() and part.stat().st_size:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in error, error
    there = part.stat().st_size
    assert 0 < there < len(BIG) and not (place / "data" / "mine").exists()
    server.pause = 0.0
    assert tiny.facegap(place, *words)[0] == 0
    assert server.asked[-1] == f"bytes={there}-"
    assert (place / "data" / "mine" / "big.bin").read_bytes() == BIG


@pytest.mark.skipif(os.name != "posix", reason="limits on a file's size are POSIX's")
def test_a_full_disk_is_one_line_and_the_part_stays(
    of: Callable[..., DatasetCard], server: Server, tmp_path: Path
) -> None:
    import resource

    card, part = of({"big.bin": BIG}), tmp_path / ".root.pull" / "big.bin.part"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, before[1]))
    try:
        with pytest.raises(DiskFull, match=r"big.bin.part: cannot be written: File too large; free some space"):
            pulled(card, tmp_path / "root")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert part.stat().st_size > 0
    pulled(card, tmp_path / "root")
    assert server.asked[-1].startswith("bytes=")


@pytest.mark.parametrize(
    ("url", "name", "says"),
    [
        (
            "http://example.org/x.zip",
            "x.zip",
            "url: expected an address that opens with https://, found 'http://example",
        ),
        ("file:///etc/passwd", "x.zip", "url: expected an address that opens with https://"),
        ("https://example.org/x.zip", "../x.zip", "pull.0.name"),
    ],
)
def test_addresses_and_names_of_cards(url: str, name: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(CARD.format(url=url).replace('"big.bin"\n\n[files]', f'"{name}"\n\n[files]'), encoding="utf-8")
    with pytest.raises(CardError, match=re.escape(says)):
        load_dataset(str(path))


def test_the_sets_that_anybody_may_fetch() -> None:
    """Their addresses are the makers', or of a keeper who publishes digests; archives of unknown content say so."""
    found = {name: load_dataset(name).pull for name in card_names("datasets") if load_dataset(name).pull}
    assert {name: [file.name for file in files] for name, files in found.items()} == {
        "controlface10k": ["controlface10k.zip"],
        "lfw": ["lfw.tgz", "pairs.txt"],
        "london": ["neutral_front.zip", "smiling_front.zip", "london_faces_info.csv"],
    }
    assert all(file.sha256 for name in ("controlface10k", "lfw") for file in found[name])
    assert all(file.sha256 is None and "s3-eu-west-1.amazonaws.com" in file.hosts for file in found["london"])
    for name in found:
        assert not load_dataset(name).bars and load_dataset(name).status in ("open", "synthetic")
        assert json.dumps([file.url for file in found[name]]).count("https://") == len(found[name])


@pytest.mark.parametrize("name", ["lfw", "london", "controlface10k"])
def test_a_published_set_from_copies_in_its_makers_form(name: str, tmp_path: Path) -> None:
    """Archives made of the small tree, under digests of their own; what is pulled is what `check` reads."""
    tree = SETS[name].write(tmp_path / "tree")
    copies = at_hand(tmp_path / "copies")
    card = load_dataset(name)
    for file in card.pull:
        folder = {"neutral_front.zip": "neutral_front", "smiling_front.zip": "smiling_front", "lfw.tgz": "lfw",
                  "controlface10k.zip": "controlface"}.get(file.name, "")  # fmt: skip
        if file.unpack == "zip":
            with zipfile.ZipFile(copies / file.name, "w") as archive:
                for path in sorted((tree / folder).rglob("*.*g")):
                    archive.write(path, path.relative_to(tree).as_posix())
        elif file.unpack == "tar":
            with tarfile.open(copies / file.name, "w:gz") as packed:
                packed.add(tree / folder, folder)
        else:
            (copies / file.name).write_bytes((tree / file.name).read_bytes())
    own = tuple(file.model_copy(update={"sha256": None, "size": None}) for file in card.pull)
    lines = pulled(card.model_copy(update={"pull": own}), tmp_path / "root", copies=copies)
    absent = [line for line in lines if "still to be added by hand" in line]
    assert ("female_names.txt, male_names.txt" in absent[0]) if name == "lfw" else not absent
    for sex in ("female", "male") if name == "lfw" else ():
        (tmp_path / "root" / f"{sex}_names.txt").write_bytes((tree / f"{sex}_names.txt").read_bytes())
    assert check(card, tmp_path / "root").ok
    assert check(card, tmp_path / "root").groups == check(card, tree).groups
