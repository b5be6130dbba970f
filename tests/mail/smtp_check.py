"""`deliver` against scripted mail servers on loopback: refusals, stalls, drops, TLS.

Usage: smtp_check.py SEALED_WORKSPACE MONTH BINARY
"""

import asyncio
import base64
import logging
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from bureau import Bureau, certificates


class Script:
    """A server that does as it is told, and remembers what it was sent."""

    def __init__(self, **answers):
        self.answers, self.taken, self.offered, self.mails, self.sessions = answers, [], [], 0, set()

    async def step(self, server, name, address=""):
        answer = self.answers.get(name)
        answer = answer(address) if callable(answer) else answer
        if answer == "stall":
            await asyncio.sleep(4)
            return "250 late"
        if answer == "drop":
            server.transport.abort()
            await asyncio.sleep(0.1)
        return answer

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.mails += 1
        self.sessions.add(id(session))
        answer = await self.step(server, "mail", address)
        envelope.mail_from = address
        return answer or "250 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = await self.step(server, "rcpt", address)
        if answer and not answer.startswith("2"):
            return answer
        envelope.rcpt_tos.append(address)
        return answer or "250 ok"

    async def handle_DATA(self, server, session, envelope):
        letter = (envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content)
        self.offered.append(letter)
        if self.answers.get("takes", True):
            self.taken.append(letter)
        return await self.step(server, "data") or "250 taken"


def serve(handler, **options):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tls = options.pop("ssl_context", None)

    class Server(Controller):
        def factory(self):
            return SMTP(handler, **options)

    controller = Server(handler, hostname="127.0.0.1", port=port, ssl_context=tls)
    controller.start()
    return controller, port


def mute_server():
    """Accepts connections and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    held = []

    def accept():
        while True:
            try:
                held.append(listener.accept())
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    return listener, held


class Check:
    def __init__(self, source, month, binary, home):
        self.bureau = Bureau(source, home, binary, month)
        self.counties = sorted({one["county"] for one in self.bureau.lists().values() if one["county"][4:] != "00"})
        self.home, self.cases = home, 0
        certificates(home)
        self.bureau.set(live=True, transport="smtp", security="none", connect_seconds=2, command_seconds=2, accept_seconds=2)

    def county(self):
        """The next county, signed: two letters wait."""
        county = self.counties.pop(0)
        self.bureau.sign(county)
        return county

    def deliver(self, handler, code=0, **options):
        controller, port = serve(handler, **options)
        try:
            self.bureau.set(port=port)
            return self.bureau.run("deliver", code=code)
        finally:
            controller.stop()

    def expect(self, county, mz, nc):
        states = self.bureau.states(county)
        assert states == {"MZ": mz, "NC": nc}, (county, states)
        self.cases += 1

    def same_bytes(self, county, letters):
        """Whatever was sent is what stands in the outbox, to its one recipient."""
        kept = {one["recipient"]: self.bureau.bytes_of(one) for one in self.bureau.letters(county)}
        for sender, recipients, content in letters:
            assert sender == "lists@bureau.example" and len(recipients) == 1, (sender, recipients)
            assert content.rstrip(b"\r\n") == kept[recipients[0]].rstrip(b"\r\n")
        self.cases += 1


def plain(check):
    county, script = check.county(), Script()
    check.deliver(script)
    check.expect(county, "accepted", "accepted")
    check.same_bytes(county, script.taken)
    assert len(script.taken) == 2 and len(script.sessions) == 1, "both letters over one connection"
    again = Script()
    check.deliver(again)
    assert again.mails == 0, "nothing is sent twice"


def not_now(check):
    """4xx at every step; the retry has the same bytes."""
    county, sent = check.county(), []
    for answers in [{"mail": "421 4.3.2 closing"}, {"rcpt": "450 4.2.0 greylisted"}, {"data": "451 4.3.0 try later", "takes": False}]:
        script = Script(**answers)
        said = check.deliver(script)
        assert "accepted 0, deferred 2" in said, said
        sent += script.offered
        early = Script()
        check.deliver(early)
        assert early.mails == 0, "not before its time"
        check.bureau.let_time_pass()
    check.expect(county, "deferred", "deferred")
    script = Script()
    check.deliver(script)
    check.expect(county, "accepted", "accepted")
    check.same_bytes(county, sent + script.taken)
    assert len(script.taken) == 2


def never_for_one(check):
    """5xx for one recipient: the other is not touched by it."""
    county = check.county()
    script = Script(rcpt=lambda address: "550 5.1.1 no such user" if address.startswith("mz") else None)
    check.deliver(script, code=4)
    check.expect(county, "rejected", "accepted")
    assert len(script.taken) == 1
    assert "550" in check.bureau.run("deliver", "show"), "the server's words are kept"


def never_after_the_dot(check):
    county = check.county()
    check.deliver(Script(data="554 5.7.1 refused", takes=False), code=4)
    check.expect(county, "rejected", "rejected")


def lost_after_the_dot(check, answer):
    """Taken, and the answer never came: unknown, and never sent again without a word."""
    county, script = check.county(), Script(data=answer)
    check.deliver(script, code=4)
    check.expect(county, "unknown", "unknown")
    again = Script()
    check.deliver(again, code=4)
    assert again.mails == 0, "not sent again blindly"
    mz, nc = sorted(check.bureau.letters(county), key=lambda one: one["office"])
    word = ["--by", "丙", "--reason", "查过中继日志"]
    check.bureau.run("deliver", "resolve", mz["message_id"], "--sent", *word)
    check.bureau.run("deliver", "resolve", nc["message_id"], "--not-sent", *word)
    check.deliver(again)
    check.expect(county, "accepted", "accepted")
    assert [recipients for _, recipients, _ in again.taken] == [(nc["recipient"],)]
    check.same_bytes(county, script.taken + again.taken)


def stalled_before_the_dot(check):
    county = check.county()
    check.deliver(Script(rcpt="stall"))
    check.expect(county, "deferred", "deferred")
    check.bureau.let_time_pass()
    check.deliver(Script())
    check.expect(county, "accepted", "accepted")


def no_server(check):
    county = check.county()
    listener, held = mute_server()
    check.bureau.set(port=listener.getsockname()[1])
    said = check.bureau.run("deliver")
    listener.close()
    assert "deferred 2" in said and len(held) == 1, "one letter tried, the other spared"
    check.bureau.let_time_pass()
    said = check.bureau.run("deliver")
    assert "deferred 2" in said, "connection refused"
    check.bureau.let_time_pass()
    check.deliver(Script())
    check.expect(county, "accepted", "accepted")


def tls(check):
    """No TLS, no letter; a certificate that nobody vouches for, no letter."""
    county = check.county()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(check.home / "server.pem", check.home / "server.key")
    check.bureau.set(host="localhost", security="starttls")
    script = Script()
    for options, said in [({}, "offers no STARTTLS"), ({"tls_context": context, "require_starttls": True}, "certificate")]:
        check.deliver(script, **options)
        check.expect(county, "deferred", "deferred")
        assert said in check.bureau.run("deliver", "show"), said
        check.bureau.let_time_pass()
    assert script.mails == 0, "nothing goes out in clear text, or to a stranger"
    check.bureau.set(ca_file="ca.pem")

    def authenticate(server, session, envelope, mechanism, data):
        right = mechanism == "PLAIN" and (data.login, data.password) == (b"bureau", b"secret")
        return AuthResult(success=right, handled=False)

    guarded = {"tls_context": context, "require_starttls": True, "authenticator": authenticate, "auth_required": True}
    check.bureau.set(username="bureau", password_file="password")
    (check.home / "password").write_text("wrong\n")
    check.deliver(script, **guarded)
    check.expect(county, "deferred", "deferred")
    check.bureau.let_time_pass()
    (check.home / "password").write_text("secret\n")
    check.deliver(script, **guarded)
    check.expect(county, "accepted", "accepted")
    assert all(word not in check.bureau.said for word in ["secret", base64.b64encode(b"\0bureau\0secret").decode()])
    check.bureau.set(username="", password_file="", security="tls")
    county, script = check.county(), Script()
    check.deliver(script, ssl_context=context)
    check.expect(county, "accepted", "accepted")
    check.same_bytes(county, script.taken)


# Durable calls, and every piece that goes to the server. strace counts each kind on its own.
CALLS = ["fsync", "fdatasync", "link", "linkat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "sendto", "writev"]


def killed(check, month, binary):
    """Killed at each durable call and each write to the server: nothing lost, nothing sent twice."""
    if not shutil.which("strace"):
        print("!! strace is missing: no kills against a server")
        return 0
    county, trials = check.county(), 0
    check.bureau.set(host="127.0.0.1", security="none")
    for call in CALLS:
        for number in range(1, 1000):
            if not killed_at(check, month, binary, county, f"inject={call}:signal=SIGKILL:when={number}"):
                break
            trials += 1
    check.deliver(Script())
    return trials


def killed_at(check, month, binary, county, inject):
    """One kill and what follows; False when the run made fewer such calls."""
    home = check.home.parent / "killed"
    bureau = Bureau(check.bureau.root, home, binary, month)
    script = Script()
    controller, port = serve(script)
    bureau.set(port=port)
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={','.join(CALLS)}", "-e", inject]
    done = subprocess.run([*trace, binary, "-C", home, "deliver"], capture_output=True)
    if done.returncode != 0:
        again = subprocess.run([binary, "-C", home, "deliver"], capture_output=True, text=True)
        assert again.returncode in (0, 4), again.stderr
        for letter in bureau.letters(county):
            if letter["standing"]["state"] == "unknown":
                there = any(to == (letter["recipient"],) for _, to, _ in script.taken)
                word = "--sent" if there else "--not-sent"
                bureau.run("deliver", "resolve", letter["message_id"], word, "--by", "丙", "--reason", "查过中继日志")
        bureau.run("deliver")
    controller.stop()
    assert bureau.states(county) == {"MZ": "accepted", "NC": "accepted"}, (inject, bureau.states(county))
    taken = sorted(to[0] for _, to, _ in script.taken)
    assert taken == sorted(letter["recipient"] for letter in bureau.letters(county)), (inject, taken)
    shutil.rmtree(home)
    return done.returncode != 0


def main():
    logging.disable()
    source, month, binary = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).resolve()
    home = Path(tempfile.mkdtemp())
    try:
        check = Check(source, month, binary, home / "workspace")
        plain(check)
        not_now(check)
        never_for_one(check)
        never_after_the_dot(check)
        lost_after_the_dot(check, "drop")
        lost_after_the_dot(check, "stall")
        stalled_before_the_dot(check)
        no_server(check)
        kills = killed(check, month, binary)
        tls(check)
        print(f"mail servers, killed at each durable call and each write: {kills} trials, 0 lost, 0 sent twice")
        print(f"mail servers, scripted: {check.cases} cases")
    finally:
        shutil.rmtree(home)


main()
