"""The demo month, from the sealed lists to the offices' mailboxes: two people sign, `deliver` hands the letters to a
real Postfix over STARTTLS, and they are read back from a real Dovecot over IMAP by Python's own mail library. Both run
from a temporary folder, beside whatever the system runs. Needs root (Postfix does), postfix and dovecot-imapd.

Usage: imap_check.py DEMO_WORKSPACE MONTH BINARY FIXTURES
"""

import email
import email.policy
import imaplib
import io
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import openpyxl

import msoffcrypto

from bureau import Bureau, certificates, ids_of
from canaries import Temporary, check_the_search, found_in

MAIN = """compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = county.example, bureau.example
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = texthash:{home}/mailboxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
transport_maps = texthash:{home}/transport
smtpd_tls_cert_file = {home}/server.pem
smtpd_tls_key_file = {home}/server.key
smtpd_tls_security_level = encrypt
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions =
maillog_file_prefixes = {home}
maillog_file = {home}/postfix.log
"""

MASTER = """127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
moved unix - n n - - pipe user=nobody argv=/bin/sh -c {{ exit 67 }}
"""

DOVECOT = """protocols = imap
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{home}/mail/%n
passdb {{
  driver = static
  args = password=test
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={home}/mail/%n
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Servers:
    """Postfix and Dovecot of our own."""

    def __init__(self, home: Path, addresses, returned):
        self.home, self.smtp, self.imap = home, free_port(), free_port()
        home.chmod(0o755)
        certificates(home)
        for folder in ["queue", "data", "mail", "conf", "run", "state"]:
            (home / folder).mkdir()
        shutil.chown(home / "data", "postfix")
        os.chown(home / "mail", 65534, 65534)
        boxes = [f"{one} {one.split('@')[0]}/" for one in [*addresses, "lists@bureau.example", "ops@bureau.example"]]
        (home / "mailboxes").write_text("\n".join(boxes) + "\n")
        (home / "transport").write_text("".join(f"{one} moved:\n" for one in returned))
        (home / "conf/main.cf").write_text(MAIN.format(home=home))
        (home / "conf/master.cf").write_text(MASTER.format(port=self.smtp))
        (home / "dovecot.conf").write_text(DOVECOT.format(home=home, port=self.imap))

    def __enter__(self):
        # Daemons keep what they were started with: a pipe would never end.
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["postfix", "-c", self.home / "conf", "start"], check=True, **quiet)
        subprocess.run(["dovecot", "-c", self.home / "dovecot.conf"], check=True, **quiet)
        for port in [self.smtp, self.imap]:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            else:
                raise RuntimeError(f"a server does not answer:\n{self.logs()}")
        return self

    def __exit__(self, *_):
        subprocess.run(["postfix", "-c", self.home / "conf", "stop"], capture_output=True)
        subprocess.run(["dovecot", "-c", self.home / "dovecot.conf", "stop"], capture_output=True)

    def logs(self):
        paths = [self.home / name for name in ["postfix.log", "dovecot.log"]]
        return "".join(path.read_text("utf-8", "replace") for path in paths if path.exists())

    def mailbox(self, address, wanted):
        """The letters of a mailbox, once there are as many as wanted."""
        for _ in range(300):
            with imaplib.IMAP4("127.0.0.1", self.imap) as client:
                client.login(address.split("@")[0], "test")
                client.select("INBOX", readonly=True)
                numbers = client.search(None, "ALL")[1][0].split()
                if len(numbers) >= wanted:
                    return [client.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in numbers]
            time.sleep(0.1)
        raise RuntimeError(f"{address}: fewer than {wanted} letters\n{self.logs()}")


def read(raw):
    """Subject, plain text and the text of the HTML part, as a mail program shows them."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert not mail.defects, mail.defects
    plain, html = (mail.get_body([kind]).get_content() for kind in ["plain", "html"])
    return mail, plain, html


def check_letter(bureau, letter, raw):
    """One letter, as its office got it."""
    mail, plain, html = read(raw)
    assert [one.addr_spec for one in mail["To"].addresses] == [letter["recipient"]] and mail["Cc"] is None
    assert mail["Message-ID"] == f"<{letter['message_id']}>" and mail["Auto-Submitted"] == "auto-generated"
    for list_id in letter["lists"]:
        manifest = bureau.lists()[list_id]
        assert (manifest["county"], manifest["office"]) == (letter["county"], letter["office"])
        assert manifest["county_name"] in mail["Subject"], mail["Subject"]
        counts = manifest["counts"]
        wanted = [list_id, f"第 {manifest['seq']} 号", f"行数：{counts['rows']}（新增 {counts['new']}", "数据交换平台", "Answer by: "]
        assert all(word in plain and word in html for word in wanted), plain
    check_attached(bureau, letter, mail)
    sent = bureau.bytes_of(letter)
    body = sent[sent.index(b"\r\n\r\n"):].rstrip(b"\r\n")
    assert body in raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), "the body is what was approved"
    return plain + html + str(mail["Subject"])


def check_attached(bureau, letter, mail):
    """The agriculture office gets its lists with the mail: Excel's encryption, the sealed bytes in it, no password."""
    files = {file.get_filename(): file.get_content() for file in mail.iter_attachments()}
    lists = [one for one in letter["lists"] if bureau.lists()[one]["counts"]["rows"] > 0]
    wanted = {f"{one}.xlsx": one for one in lists if letter["office"] == "NC" and bureau.attaches}
    assert set(files) == set(wanted), (set(files), set(wanted))
    for name, list_id in wanted.items():
        password = (bureau.root / "keys/passwords" / list_id).read_text("utf-8").strip()
        assert password not in mail.as_string() and password not in mail.get_body(["plain"]).get_content()
        book, plain = msoffcrypto.OfficeFile(io.BytesIO(files[name])), io.BytesIO()
        book.load_key(password=password, verify_password=True)
        book.decrypt(plain, verify_integrity=True)
        assert plain.getvalue() == (bureau.root / "lists" / bureau.month / list_id / name).read_bytes(), name
        bureau.attached += 1


def check_alerts(bureau, servers):
    """One letter to the operators, about the mail that was refused and the one that came back."""
    bureau.run("run", "deliver")
    letters = servers.mailbox("ops@bureau.example", 1)
    mail = email.message_from_bytes(letters[0], policy=email.policy.default)
    text = mail.get_body(["plain"]).get_content()
    assert "被拒收" in text and "被退回" in text and "letters bounced" in text, text
    bureau.run("run", "deliver")
    assert len(servers.mailbox("ops@bureau.example", 1)) == 1, "never twice about the same alert"
    return text + letters[0].decode()


def demo_month(demo, month, binary, home, temporary):
    """Every list of the demo month at its office; one office is unknown to the server, one has moved."""
    bureau = Bureau(demo, home / "workspace", binary, month, temporary.folder)
    bureau.attaches, bureau.attached = True, 0
    table = bureau.root / "pipelines/tables/offices.csv"
    rows = [row + "xlsx" if row.startswith("NC,") else row for row in table.read_text("utf-8").splitlines()]
    table.write_text("\n".join(rows) + "\n", "utf-8")
    bureau.set(address="ops@bureau.example", allow_domains=["county.example", "bureau.example"])
    bureau.sign()
    letters = bureau.letters()
    unknown, moved = letters[0]["recipient"], letters[-1]["recipient"]
    addresses = [one["recipient"] for one in letters if one["recipient"] != unknown]
    servers_home = home / "servers"
    servers_home.mkdir()
    shown = []
    with Servers(servers_home, addresses, [moved]) as servers:
        shutil.copy(servers_home / "ca.pem", bureau.root / "ca.pem")
        bureau.set(live=True, transport="smtp", host="localhost", port=servers.smtp, security="starttls", ca_file="ca.pem")
        said = bureau.run("deliver", code=4)
        assert f"accepted {len(letters) - 1}, deferred 0, rejected 1, unknown 0" in said, said + servers.logs()
        assert "accepted 0" in bureau.run("deliver")
        for letter in letters:
            if letter["recipient"] in [unknown, moved]:
                continue
            raw = servers.mailbox(letter["recipient"], 1)
            assert len(raw) == 1, "once, and no more"
            shown.append(check_letter(bureau, letter, raw[0]) + raw[0].decode())
        reports = servers.mailbox("lists@bureau.example", 1)
        (bureau.root / "returned.eml").write_bytes(reports[0])
        said = bureau.run("deliver", "bounces", str(bureau.root / "returned.eml"))
        assert f"letter {letters[-1]['message_id']} came back" in said, said
        shown.append(check_alerts(bureau, servers))
        assert "bounced 1, rejected 1" in bureau.run("status")
        logs = servers.logs()
    answers = offices_answer(bureau)
    texts = [*shown, logs, bureau.said, *(bureau.bytes_of(one).decode() for one in letters)]
    assert bureau.attached > 0
    print(f"lists read out of the mail that they came with: {bureau.attached} cases")
    return letters, texts, answers


def fill_in(source: Path, target: Path) -> int:
    """The yellow block of a list's own workbook, filled in for every person; how many there are."""
    book = openpyxl.load_workbook(source)
    persons = 0
    for sheet in book.worksheets:
        for head in sheet.iter_rows(max_row=12):
            titles = {cell.value: cell.column for cell in head}
            if "行标识" not in titles or "签收情况" not in titles:
                continue
            for row in range(head[0].row + 1, sheet.max_row + 1):
                if not sheet.cell(row, titles["行标识"]).value:
                    continue
                answer = {"签收情况": "接收", "是否找到": "是", "是否纳入监测": "是", "纳入类别": "低保对象",
                          "帮扶措施": "低保", "帮扶金额（元）": "500.00", "核查日期": "2026-11-20"}
                for title, value in answer.items():
                    sheet.cell(row, titles[title]).value = value
                persons += 1
    book.save(target)
    return persons


def offices_answer(bureau):
    """Every office fetches its lists, counts them, answers about every person; the month is closed then."""
    answers = bureau.root / "answers"
    answers.mkdir()
    persons = 0
    for list_id, manifest in bureau.lists().items():
        [source] = bureau.root.glob(f"collect/**/{list_id}.xlsx")
        fen = manifest["control_fen"]
        rows, yuan = str(manifest["counts"]["rows"]), f"{fen // 100}.{fen % 100:02}"
        bureau.run("receipts", "file", list_id, "--rows", rows, "--control", yuan, "--by", "对接人")
        if (found := fill_in(source, answers / f"{list_id}.xlsx")) > 0:
            said = bureau.run("receipts", "import", str(answers / f"{list_id}.xlsx"))
            assert f"{found} rows: {found} answers" in said, said
        persons += found
    assert f"{bureau.month}: closed" in bureau.run("lists", "close", "--month", bureau.month, "--by", "张科长")
    with sqlite3.connect(bureau.root / "ledger.sqlite") as ledger:
        query = "select count(distinct person_key) from case_events e inner join cases c using (case_id) where e.kind = 'answered'"
        cases = ledger.execute(query).fetchone()[0]
        listed = "select count(distinct person_key) from list_persons p inner join lists l using (list_id) " \
                 "where l.office in ('MZ', 'NC') and l.period = ? and p.delta <> 'withdrawn'"
        assert cases == ledger.execute(listed, [bureau.month]).fetchone()[0] > 0
    return persons


def odd_names(binary, fixtures, home):
    """A county with rare characters in its name, one with 300 characters: read back as written."""
    names = {"990101": "𬱖㛃䶮县", "990102": "远" * 299 + "县", "990103": "=?utf-8?q?a?= <b>&\"县"}
    root = home / "odd"
    subprocess.run([binary, "init", root, "--policy", "fujian", "--area", "990000"], check=True, capture_output=True)
    table = root / "pipelines/tables/counties.csv"
    rows = ["code,name"] + [f'{code},"{name.replace(chr(34), chr(34) * 2)}"' for code, name in names.items()]
    table.write_text("\n".join(rows) + "\n", "utf-8")
    shutil.rmtree(root / "landing")
    shutil.copytree(fixtures / "small/landing", root / "landing")
    for job in [["nightly", "--as-of", "2026-10-31"], ["monthly", "--month", "2026-10"]]:
        subprocess.run([binary, "-C", root, "run", *job], check=True, capture_output=True)
    bureau = Bureau(root, home / "odd-signed", binary, "2026-10")
    bureau.attaches = False
    places = {(one["county"], one["office"]) for one in bureau.lists().values() if one["county"] in names}
    bureau.set(live=True, transport="smtp", host="localhost", allow_domains=["county.example"])
    bureau.set(**{"from": "lists@bureau.example"})
    head = "county,office,address,valid_from,valid_to,approved_by,confirmed_by,code"
    rows = [f"{county},{office},{office.lower()}{county}@county.example,2020-01-01,,甲,乙," for county, office in sorted(places)]
    routes = bureau.root / "pipelines/tables/routes.csv"
    routes.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    # As a newcomer does it: `check` tells each row's code.
    hints = [line.split("set code to ")[1] for line in bureau.run("check", code=3).splitlines() if "set code to " in line]
    routes.write_text("\n".join([head, *(row + code for row, code in zip(rows, hints, strict=True))]) + "\n", "utf-8")
    bureau.run("check")
    for county in sorted(names):
        bureau.sign(county)
    letters = bureau.letters()
    servers_home = home / "odd-servers"
    servers_home.mkdir()
    with Servers(servers_home, [one["recipient"] for one in letters], []) as servers:
        shutil.copy(servers_home / "ca.pem", bureau.root / "ca.pem")
        bureau.set(port=servers.smtp, ca_file="ca.pem")
        bureau.run("deliver")
        for letter in letters:
            text = check_letter(bureau, letter, servers.mailbox(letter["recipient"], 1)[0])
            assert names[letter["county"]] in text
    return len(letters)


def main():
    demo, month, binary, fixtures = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).resolve(), Path(sys.argv[4])
    home = Path(tempfile.mkdtemp())
    home.chmod(0o755)
    temporary = Temporary()
    try:
        letters, texts, answers = demo_month(demo, month, binary, home, temporary)
        ids = ids_of(demo / "landing")
        assert len(ids) > 500, f"only {len(ids)} document numbers found in the landed files"
        planted = check_the_search(ids)
        left = temporary.contents()
        found = sum(found_in(text, ids) for text in [*(text.encode() for text in texts), *left])
        assert found == 0, f"{found} document numbers in mails, logs, output or temporary files"
        odd = odd_names(binary, fixtures, home)
        print(f"demo month in the offices' mailboxes: {len(letters)} letters, 1 refused, 1 returned, {len(letters)} cases")
        print(f"answers about persons on their lists, month closed: {answers} cases")
        print(f"odd county names read back: {odd} cases")
        print(f"document numbers planted as text, key, base64 and hex: {planted} cases, all found")
        print(
            f"document numbers looked for in mails, server logs, output and {len(left)} temporary files: "
            f"{len(ids)} cases, 0 found"
        )
    finally:
        temporary.clear()
        shutil.rmtree(home)


main()
