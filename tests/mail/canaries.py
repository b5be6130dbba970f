"""Document numbers where none may be: as written, as the key of 17 digits, in base64 and in hex, at any alignment; and
whatever a program leaves, for however short a time, in the folder for temporary files."""

import base64
import os
import re
import shutil
import tempfile
import threading
import time
from pathlib import Path

RUN = re.compile(rb"[A-Za-z0-9+/]{22,}={0,2}")
HEX = re.compile(rb"[0-9A-Fa-f]{34,}")
DIGITS = re.compile(rb"\d{17,}[Xx]?")


def readings(data: bytes):
    """The bytes as they are, and what is encoded in them; lines that a mail program joins are joined."""
    yield data
    joined = re.sub(rb"=?\r?\n", b"", data).replace(b"-", b"+").replace(b"_", b"/")
    yield joined
    for text in (data, joined):
        for found in RUN.findall(text):
            for start in range(4):
                part = found.rstrip(b"=")[start:]
                part = part[: len(part) // 4 * 4]
                yield base64.b64decode(part)
                rest = len(found.rstrip(b"=")[start:]) % 4
                if rest > 1:
                    yield base64.b64decode(found.rstrip(b"=")[start:] + b"=" * (4 - rest))
        for found in HEX.findall(text):
            for start in range(2):
                part = found[start:]
                yield bytes.fromhex(part[: len(part) // 2 * 2].decode())


def found_in(data: bytes, ids: set) -> int:
    """How often a document number, or its first 17 digits, can be read out of the bytes."""
    wanted = {one.upper()[:17].encode() for one in ids}
    count = 0
    for text in readings(data):
        for digits in DIGITS.findall(text):
            count += sum(digits[at : at + 17] in wanted for at in range(len(digits) - 16))
    return count


def forms(number: str) -> list:
    """Ways in which a number could slip into a text unseen."""
    plain = number.encode()
    encoded = [base64.b64encode(b"x" * shift + plain + b"rest of the row") for shift in range(3)]
    wrapped = encoded[0][:11] + b"\r\n" + encoded[0][11:]
    quoted = number[:9].encode() + b"=\r\n" + number[9:].encode()
    hexed = plain.hex().encode()
    return [plain, b"key " + plain[:17], *encoded, base64.urlsafe_b64encode(plain), wrapped, quoted, hexed, b"a" + hexed.upper()]


def check_the_search(ids: set) -> int:
    """The search finds what is planted: 500 numbers in every form, and nothing where nothing is."""
    planted = sorted(ids)[:500]
    assert len(planted) == 500, "500 numbers to plant"
    for number in planted:
        for form in forms(number):
            assert found_in(b"log: " + form + b" end", {number}) > 0, f"a planted number was not found as {form[:4]}..."
    clean = b"counts 12, 345, list 202610-990103-MZ-FULL-v1, sha256 " + os.urandom(32).hex().encode()
    assert found_in(clean, ids) == 0
    watched = Temporary()
    for number in planted[:20]:
        path = watched.folder / "short-lived"
        path.write_text(number)
        time.sleep(0.02)
        path.unlink()
    assert sum(found_in(content, set(planted)) > 0 for content in watched.contents()) == 20, "a file that was deleted is missed"
    watched.clear()
    return len(planted) * len(forms(planted[0]))


class Temporary:
    """A folder of our own for a program's temporary files; whatever shows up there is kept, deleted or not."""

    def __init__(self):
        self.folder, self.kept = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
        self.seen, self.is_over = {}, False
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.is_over:
            self.look()
            time.sleep(0.001)

    def look(self):
        for root, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(root, name)
                try:
                    number = os.stat(path).st_ino
                    if number not in self.seen:
                        # A second name for the same bytes: they stay when the first one goes.
                        os.link(path, self.kept / f"{len(self.seen)}")
                        self.seen[number] = path
                except OSError:
                    continue

    def contents(self) -> list:
        """Names and bytes of all files that were there."""
        self.is_over = True
        self.thread.join()
        self.look()
        kept = [(self.kept / str(at)).read_bytes() for at in range(len(self.seen))]
        return [path.encode() + b"\n" + content for path, content in zip(self.seen.values(), kept)]

    def clear(self):
        self.is_over = True
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.kept, ignore_errors=True)
