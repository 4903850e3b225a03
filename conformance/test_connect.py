"""The subscriber on a socket: TLS 1.3, who the other side is, the upgrade; revocation lists."""

import hashlib
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import federation_sample as f  # noqa: E402
from documents import REVOCATION_LIST  # noqa: E402
from exchange import CREDIT, Session, check_peer, connect, run  # noqa: E402
from frames import FrameReader, read_payload, write_frame  # noqa: E402
from policy import Codes  # noqa: E402
from registry import Trust  # noqa: E402
from test_registry import Case  # noqa: E402
from wire import Refused  # noqa: E402

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tombolo/1\r\n\r\n"


class Certificates:
    """An authority and what it has signed, in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self._key("ca")
        self._run("req", "-x509", "-key", "ca.key", "-subj", "/CN=ca", "-days", "2", "-addext",
                  "keyUsage=critical,keyCertSign,cRLSign", "-out", "ca.pem")

    def _run(self, *command):
        subprocess.run(["openssl", *command], check=True, capture_output=True, cwd=self.folder)

    def _key(self, name):
        self._run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                  f"{name}.key")

    def list(self, number, *revoked, days=1):
        """A revocation list in DER, and the same in a PEM file beside the authority."""
        (self.folder / "index.txt").write_text("", encoding="ascii")
        (self.folder / "number").write_text(f"{number:02X}\n", encoding="ascii")
        (self.folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ncrlnumber=number\n"
            "default_md=sha256\n", encoding="ascii")
        signed = ("-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key")
        for name in revoked:
            self._run("ca", *signed, "-revoke", f"{name}.pem")
        self._run("ca", *signed, "-gencrl", "-crldays", str(days), "-out", "list.pem")
        self._run("crl", "-in", "list.pem", "-outform", "DER", "-out", "list.der")
        return (self.folder / "list.der").read_bytes()

    def der(self):
        self._run("x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der")
        return (self.folder / "ca.der").read_bytes()

    def under(self, other, usage="keyCertSign,cRLSign"):
        """Has another authority sign this one's certificate anew."""
        (self.folder / "extensions").write_text(
            "basicConstraints=critical,CA:TRUE,pathlen:0\n"
            f"keyUsage=critical,{usage}\n", encoding="ascii")
        self._run("req", "-new", "-key", "ca.key", "-subj", "/CN=below", "-out", "ca.csr")
        self._run("x509", "-req", "-in", "ca.csr", "-CA", str(other.folder / "ca.pem"), "-CAkey",
                  str(other.folder / "ca.key"), "-CAcreateserial", "-days", "2", "-extfile",
                  "extensions", "-out", "ca.pem")
        return self

    def issue(self, name, *uris):
        """Paths of chain and key, and the hash of the public key."""
        self._key(name)
        names = ",".join(f"URI:{uri}" for uri in uris) or "DNS:a.example"
        (self.folder / "extensions").write_text(f"subjectAltName={names}\n", encoding="ascii")
        self._run("req", "-new", "-key", f"{name}.key", "-subj", "/", "-out", f"{name}.csr")
        self._run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                  "-CAcreateserial", "-days", "2", "-extfile", "extensions", "-out",
                  f"{name}.pem")
        self._run("pkey", "-in", f"{name}.key", "-pubout", "-outform", "DER", "-out",
                  f"{name}.spki")
        return (str(self.folder / f"{name}.pem"), str(self.folder / f"{name}.key"),
                hashlib.sha256((self.folder / f"{name}.spki").read_bytes()).digest())


class Publisher(threading.Thread):
    """Takes one connection, answers the upgrade with `answer`, then sends `frames`."""

    def __init__(self, roots, chain, key, answer=SWITCH, frames=b"", version=None):
        super().__init__(daemon=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        context.load_verify_locations(roots)
        context.verify_mode = ssl.CERT_REQUIRED
        if version:
            context.maximum_version = version
        self.context, self.answer, self.frames, self.got = context, answer, frames, b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.start()

    def run(self):
        try:
            with self.listener, self.listener.accept()[0] as plain:
                plain.settimeout(10)
                with self.context.wrap_socket(plain, server_side=True) as tls:
                    while b"\r\n\r\n" not in self.got:
                        self.got += tls.recv(4096)
                    tls.sendall(self.answer + self.frames)
                    while chunk := tls.recv(4096):
                        self.got += chunk
        except OSError:
            pass  # the other side went away, as some tests mean it to


class ConnectTest(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.made = Certificates(cls.folder.name)
        cls.server = cls.made.issue("server", f.CITY)
        chain, key, _ = cls.made.issue("client", f.PROVINCE)
        cls.roots = str(cls.made.folder / "ca.pem")
        cls.files = {"chain": chain, "key": key, "roots": cls.roots}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def serve(self, **change):
        chain, key, _ = self.server
        return Publisher(self.roots, chain, key, **change)

    def dial(self, publisher, **change):
        member = {"id": f.CITY, "tls_keys": [self.server[2]], **change}
        return connect(publisher.address, self.files, member)

    def session(self):
        trust = Trust(f.root(), f.NOW_US)
        registry = f.registry()
        trust.offer(registry, f.NOW_US)
        return Session(f.PROVINCE, f.CITY, trust, Codes(f.PURPOSES, f.LEGAL_BASES))

    def hello(self, **change):
        return write_frame("HELLO", {"node": f.CITY, "versions": [1], "credit_bytes": CREDIT,
                                     "ping_interval_ms": 1000, **change}, 1)

    def sent(self, publisher):
        publisher.join(10)
        head, _, data = publisher.got.partition(b"\r\n\r\n")
        reader, out = FrameReader(), []
        reader.feed(data)
        while (frame := reader.next()) is not None:
            out.append((frame[0], read_payload(*frame)))
        return head, out

    def test_a_session_to_its_end(self):
        publisher = self.serve(frames=self.hello() + write_frame("BYE", {}, 2))
        session = self.session()
        run(self.dial(publisher), session)
        self.assertEqual(session.ended, "BYE")
        head, frames = self.sent(publisher)
        self.assertTrue(head.startswith(b"GET /exchange HTTP/1.1\r\nHost: 127.0.0.1\r\n"), head)
        self.assertEqual([name for name, _ in frames], ["HELLO", "HELD", "SUBSCRIBE"])

    def test_its_own_end(self):
        publisher = self.serve(frames=self.hello())
        run(self.dial(publisher), self.session(), seconds=0)
        self.assertEqual(self.sent(publisher)[1][-1], ("BYE", {"reason": "IDLE"}))

    def test_a_fault_is_answered(self):
        publisher = self.serve(frames=self.hello(node=f.OTHER))
        self.refused("PEER_KEY_MISMATCH", run, self.dial(publisher), self.session())
        name, refusal = self.sent(publisher)[1][-1]
        self.assertEqual((name, refusal["code"]), ("REFUSAL", "PEER_KEY_MISMATCH"))

    def test_who_answers(self):
        for change in ({"id": f.OTHER}, {"tls_keys": [bytes(32)]}):
            self.refused("PEER_KEY_MISMATCH", lambda: self.dial(self.serve(), **change))
        for uris in ((), (f.CITY, f.OTHER)):
            chain, key, digest = self.made.issue("other", *uris)
            publisher = Publisher(self.roots, chain, key)
            self.refused("PEER_KEY_MISMATCH", lambda: self.dial(publisher, tls_keys=[digest]))

    def test_another_authority(self):
        with tempfile.TemporaryDirectory() as folder:
            stranger = Certificates(folder)
            chain, key, digest = stranger.issue("server", f.CITY)
            publisher = Publisher(self.roots, chain, key)
            with self.assertRaises(ssl.SSLError):
                self.dial(publisher, tls_keys=[digest])

    def test_a_revoked_certificate(self):
        def dial(publisher):
            files = {**self.files, "lists": str(self.made.folder / "list.pem")}
            return connect(publisher.address, files, {"id": f.CITY, "tls_keys": [self.server[2]]})

        self.made.list(1)
        dial(self.serve()).close()
        self.made.list(2, "server")
        with self.assertRaises(ssl.SSLError):
            dial(self.serve())

    def test_an_older_tls(self):
        with self.assertRaises(ssl.SSLError):
            self.dial(self.serve(version=ssl.TLSVersion.TLSv1_2))

    def test_no_upgrade(self):
        for answer in (b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n\r\n",
                       b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 17000):
            with self.assertRaises(Refused):
                self.dial(self.serve(answer=answer))

    def test_a_name_from_the_certificate_only(self):
        class Tls:
            def getpeercert(self, der=False):
                return b"" if der else {"subjectAltName": (("DNS", f.CITY),)}

        self.refused("PEER_KEY_MISMATCH", check_peer, Tls(), {"id": f.CITY, "tls_keys": []})


class ListTest(Case):
    """Revocation lists as documents."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.made = Certificates(self.folder.name)
        self.now_us = time.time_ns() // 1000
        span = {"issued_at": "2020-01-01T00:00:00Z", "expires_at": "9999-01-01T00:00:00Z"}
        root = f.root(certificate_authorities=[self.made.der()], **span)
        self.trust = Trust(root, self.now_us)
        self.span = span

    def offer(self, body, **change):
        document = {"kind": REVOCATION_LIST, "body": body, "signatures": [], **change}
        return self.trust.offer(document, change.pop("now_us", self.now_us))

    def test_lists(self):
        authority = self.made.der()
        fifth = self.made.list(5)
        body = fifth + authority
        self.assertEqual(self.offer(body), "active")
        self.assertEqual(self.offer(body), "same")
        self.assertEqual(list(self.trust.lists.values()),
                         [(5, hashlib.sha256(fifth).digest())])
        self.refused("DOCUMENT_ROLLBACK", self.offer, self.made.list(4) + authority)
        self.made.issue("server", f.CITY)
        other = self.made.list(5, "server")
        self.refused("DOCUMENT_FORKED", self.offer, other + authority)
        self.assertEqual(self.offer(self.made.list(6, "server") + authority), "active")
        self.assertEqual(len(self.trust.lists), 1)

    def test_damages(self):
        authority, good = self.made.der(), self.made.list(5)
        with tempfile.TemporaryDirectory() as folder:
            stranger = Certificates(folder)
            for bad in (good, good + authority[:-1], good + authority + b"\0", authority + good,
                        good[:-1] + authority, b"", b"\x30\x84", good + stranger.der(),
                        stranger.list(5) + stranger.der(), stranger.list(5) + authority,
                        good[:-1] + bytes([good[-1] ^ 1]) + authority):
                self.refused("INVALID_ARGUMENT", self.offer, bad)
        signed = {"key_id": bytes(32), "suite": 1, "signature": b""}
        self.refused("INVALID_ARGUMENT", lambda: self.offer(good + authority, signatures=[signed]))
        self.assertEqual(self.trust.lists, {})

    def test_an_authority_below(self):
        with tempfile.TemporaryDirectory() as folder:
            below = Certificates(folder)
            self.refused("INVALID_ARGUMENT", self.offer, below.list(1) + below.der())
            below.under(self.made, "keyCertSign")  # not for lists
            self.refused("INVALID_ARGUMENT", self.offer, below.list(1) + below.der())
            below.under(self.made)
            self.assertEqual(self.offer(below.list(1) + below.der()), "active")
            self.assertEqual(self.offer(self.made.list(1) + self.made.der()), "active")
        self.assertEqual(len(self.trust.lists), 2)
        both = sorted([self.made.der(), f.AUTHORITY])
        self.trust.offer(f.root(2, certificate_authorities=both, **self.span), self.now_us)
        self.assertEqual(len(self.trust.lists), 2)
        self.trust.offer(f.root(3, certificate_authorities=[f.AUTHORITY], **self.span),
                         self.now_us)
        self.assertEqual(self.trust.lists, {})  # they go with their authority

    def test_when_it_holds(self):
        body = self.made.list(5) + self.made.der()
        for offset in (-3600, 2 * 86400):
            self.trust.seen_us = 0
            now_us = self.now_us + offset * 1000000
            self.refused("DOCUMENT_EXPIRED", lambda: self.trust.offer(
                {"kind": REVOCATION_LIST, "body": body}, now_us))


if __name__ == "__main__":
    unittest.main()
