"""Opens encrypted lists with other programs' libraries: the right password gives the sealed bytes, a wrong one nothing.

usage: encrypted_check.py WORKSPACE PROGRAM
"""

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msoffcrypto
import pyzipper

from warehouse import manifests

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mail"))
from bureau import Bureau  # noqa: E402


def encrypt(program, workspace, list_id, form, folder):
    """The encrypted file that the product writes, and its password."""
    target = os.path.join(folder, f"{list_id}.{form}")
    arguments = ["lists", "encrypt", list_id, "--as", form, "--to", target, "--by", "\u5f20\u79d1\u957f"]
    subprocess.run([program, "-C", workspace, *arguments], check=True, stdout=subprocess.DEVNULL)
    path = os.path.join(workspace, "keys", "passwords", list_id)
    if os.stat(path).st_mode & 0o077:
        raise SystemExit(f"{list_id}: others may read its password")
    with open(path, encoding="utf-8") as opened:
        return target, opened.read().strip()


def check_workbook(target, password, sealed):
    """ECMA-376 agile encryption, with its own integrity check."""
    with open(target, "rb") as opened:
        content = opened.read()
    plain = io.BytesIO()
    book = msoffcrypto.OfficeFile(io.BytesIO(content))
    book.load_key(password=password, verify_password=True)
    book.decrypt(plain, verify_integrity=True)
    if plain.getvalue() != sealed:
        raise SystemExit(f"{target}: decrypted, it is not the sealed workbook")
    try:
        book = msoffcrypto.OfficeFile(io.BytesIO(content))
        book.load_key(password=password + "x", verify_password=True)
    except msoffcrypto.exceptions.InvalidKeyError:
        return
    raise SystemExit(f"{target}: a wrong password is taken")


def check_archive(target, password, folder):
    """Every file of the list, AES-256."""
    with pyzipper.AESZipFile(target) as archive:
        archive.setpassword(password.encode())
        names = archive.namelist()
        if sorted(names) != sorted(os.listdir(folder)):
            raise SystemExit(f"{target} holds {names}")
        for name in names:
            with open(os.path.join(folder, name), "rb") as opened:
                if archive.read(name) != opened.read():
                    raise SystemExit(f"{target}: {name} is not the sealed file")
        if any(entry.wz_aes_strength != 3 for entry in archive.infolist()):
            raise SystemExit(f"{target}: a file without AES-256")
        archive.setpassword(b"wrong")
        try:
            archive.read(names[0])
        except RuntimeError:
            return
    raise SystemExit(f"{target}: a wrong password is taken")


def main():
    workspace, program = sys.argv[1:3]
    found = [manifest for _, manifest in manifests(workspace)]
    month = max(manifest["period"] for manifest in found if len(manifest["period"]) == 7)
    with tempfile.TemporaryDirectory() as place:
        # Only what two people have signed leaves the bureau.
        bureau = Bureau(Path(workspace), Path(place) / "bureau", Path(program).resolve(), month)
        bureau.sign()
        workspace = str(bureau.root)
        leaves = [one for one in manifests(workspace) if not one[1]["office"].startswith("YB")]
        lists = [(folder, manifest) for folder, manifest in leaves if manifest["kind"] == "FULL"][:3]
        for folder, manifest in lists:
            list_id = manifest["list_id"]
            with open(os.path.join(folder, f"{list_id}.xlsx"), "rb") as opened:
                sealed = opened.read()
            check_workbook(*encrypt(program, workspace, list_id, "xlsx", place), sealed)
            check_archive(*encrypt(program, workspace, list_id, "zip", place), folder)
    print(f"encrypted_check: {4 * len(lists)} cases")
    if not lists:
        raise SystemExit("  no list to check")


main()
