"""Three nodes on loopback: two cities and their province, their keys, registry and policies new.

Used by the demonstration, by tests/federation and by benchmarks. Everything goes into one folder;
nothing outside of it is changed. The processes are children of this one and are ended by their ids.

East takes registrations of companies (GB 18030) and honoured restaurants (CP949), West takes food
hygiene (XML) and inspections (CSV). North is their province and a hub. Who may have what:
  North  from both cities, for gov.food-safety: by rule GOVERNMENT, by East's grant LIMITED
  West   from East, for gov.market-supervision: by rule GOVERNMENT, no grant
  East   West's feed, through North, without a purpose: what the public may have
"""
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOMAIN = "federation.example"
EAST, WEST, NORTH = (f"spiffe://{DOMAIN}/{name}" for name in ("north/east", "north/west", "north"))
NAMES = {EAST: "east", WEST: "west", NORTH: "north"}
PURPOSE = {NORTH: "gov.food-safety", WEST: "gov.market-supervision", EAST: ""}
# (who takes, from whom, which origins): the ways of the exchange.
WAYS = [(NORTH, EAST, [EAST]), (NORTH, WEST, [WEST]), (WEST, EAST, [EAST]), (EAST, NORTH, [WEST])]
PACKS = {EAST: ["cn-registration-shanghai", "kr-seoul-exemplary"],
         WEST: ["uk-fhrs", "ca-toronto-dinesafe"], NORTH: []}
# East's grants: the telephone numbers of honoured restaurants, to the province.
PHONES = {"g-phones": (NORTH, ["kr.food.exemplary_restaurant"])}
LAYERS = ("PUBLIC", "GOVERNMENT", "LIMITED")
YEAR_S = 365 * 86400
WAIT_S = 60
PORTS = (20000, 32000)
OF_RECORDS = b"\x08\x01"  # how the descriptor of a stream of records begins
# Where the honours' telephone numbers stand in the pack's catalogue; East holds them to be LIMITED.
PHONE = "      - name: contact.phone\n"

POLICY = """origin: {origin}
version: {version}
issued_at: {issued}
expires_at: {expires}
rules:
  - id: to-government
    effect: ALLOW
    recipients: {{any_member: true}}
    items: ["*"]
    layer: GOVERNMENT
    purposes: ["gov.food-safety", "gov.market-supervision"]
    legal_basis: "dpv:PublicInterest"
"""
GRANT = """id: {name}
origin: {origin}
version: 1
recipients: ["{recipient}"]
items: {items}
purposes: ["gov.food-safety"]
legal_basis: gov.agreement
reference: Agreement of the demonstration
from: {issued}
until: {expires}
mode: BULK
"""
NODE = """serve:
  listen: 127.0.0.1:{port}
  local: 127.0.0.1:{local}
  ping_interval_ms: 1000
  receipt_interval_ms: 100
  audit_head_interval_ms: 1000
  peers:
"""


def free_ports(count):
    """Ports of loopback that nobody listens on, below those that outgoing connections are given."""
    ports = []
    while len(ports) < count:
        port = random.SystemRandom().randrange(*PORTS)
        with socket.socket() as probe:
            if port not in ports and probe.connect_ex(("127.0.0.1", port)) != 0:
                ports.append(port)
    return ports


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Failed(Exception):
    """A program of the federation did not do what it should; says which and how."""


class Node:
    """One member: its folder, its ports, its server if it runs."""

    def __init__(self, federation, spiffe_id, port, local):
        self.federation, self.id, self.name = federation, spiffe_id, NAMES[spiffe_id]
        self.folder = federation.folder / self.name
        self.port, self.local = port, local
        self.since_s = time.time() - 60  # of all that it signs, so that a grant stays the same
        self.server = None

    def run(self, *words, codes=(0,)):
        """What the verb prints; `words` without --node."""
        return self.federation.tombolo(*words, "--node", self.folder, codes=codes)

    def json(self, *words):
        return json.loads(self.run(*words, "--json"))

    def json_lines(self, *words):
        return [json.loads(line) for line in self.run(*words, "--json").splitlines()]

    # --- the folder

    def make(self):
        self.federation.tombolo("init", self.folder, "--origin", self.id,
                                "--title", self.name.capitalize())
        with open(self.folder / "node.yaml", "a", encoding="utf-8") as file:
            file.write(NODE.format(port=self.port, local=self.local))
            file.writelines(f"    - {json.dumps(peer)}\n" for peer in self._peers())

    def _peers(self):
        """Entries of node.yaml: who takes from somebody dials, unless both would."""
        takes = {giver: origins for taker, giver, origins in WAYS if taker == self.id}
        gives = {taker for taker, giver, _ in WAYS if giver == self.id}
        for peer in sorted(takes.keys() | gives):
            if peer not in takes:
                yield {"id": peer}
                continue
            yield {"id": peer, "dial": peer not in gives or self.id < peer, "subscribe": True,
                   "purpose": PURPOSE[self.id], "origins": takes[peer]}

    # --- policy

    def sign_policy(self, version, grants):
        """Signs the rules and the grants, id -> (recipient, items), with the node's key."""
        folder = self.federation.folder / "drafts" / self.name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "grants").mkdir(parents=True)
        words = {"origin": self.id, "version": version, "issued": moment(self.since_s),
                 "expires": moment(self.since_s + YEAR_S)}
        (folder / "policy.yaml").write_text(POLICY.format(**words), encoding="utf-8")
        for name, (recipient, items) in grants.items():
            (folder / "grants" / f"{name}.yaml").write_text(
                GRANT.format(name=name, recipient=recipient, items=json.dumps(sorted(items)),
                             **words), encoding="utf-8")
        self.run("policy", "sign", folder / "policy.yaml", "--grants", folder / "grants")

    # --- records

    def ingest(self, pack, files, *options):
        """The sum that the program prints; exit code 3 means that rows wait in quarantine."""
        out = self.run("ingest", "--pack", pack, "--json", *options, *files, codes=(0, 3))
        return [json.loads(line) for line in out.splitlines()]

    def export(self, path, origin=None):
        """Writes the export of this node's streams, or of those that it holds of `origin`."""
        pathlib.Path(path).unlink(missing_ok=True)
        self.run("export", "--out", path, *(["--origin", origin] if origin else []))
        return path

    def query(self, sql, *values):
        """Rows of the store, read beside whoever writes."""
        store = sqlite3.connect(f"file:{self.folder / 'store.db'}?mode=ro", uri=True, timeout=10)
        try:
            return store.execute(sql, values).fetchall()
        finally:
            store.close()

    def own_sizes(self):
        """Stream id -> entries, of own streams of records; received ones have high numbers."""
        return {bytes(stream_id): size for stream_id, size, descriptor in self.query(
            "select stream_id, size, descriptor from stream_head where stream < 65536")
                if bytes(descriptor).startswith(OF_RECORDS)}

    def received(self):
        """Stream id -> (entries under a head, first entry missing by layer, incomplete)."""
        return {bytes(row[0]): (row[1], tuple(row[2:5]), row[5]) for row in self.query(
            "select h.stream_id, r.proved_size, r.next_public, r.next_government, r.next_limited, "
            "r.incomplete from received_stream r join stream_head h on h.stream = r.stream "
            "where h.size > 0")}

    # --- the server

    def start(self):
        log = open(self.federation.folder / f"{self.name}.log", "ab")
        self.server = subprocess.Popen(
            [self.federation.program, "serve", "--node", self.folder], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True)
        log.close()

    def is_ready(self):
        """What /readyz of a server that runs says; False while it cannot be asked."""
        url = f"http://127.0.0.1:{self.local}/readyz"
        try:
            with urllib.request.urlopen(url, timeout=5) as reply:
                return reply.status == 200
        except OSError:
            return False

    def reload(self):
        """Has the server read its folder again."""
        self.server.send_signal(signal.SIGHUP)

    def kill(self):
        """Ends the server at once; gives its exit code."""
        self.server.kill()
        return self.ended()

    def ended(self):
        """The exit code of the server, which has been told to stop."""
        try:
            code = self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
            raise Failed(f"{self.name} did not stop; see {self.federation.folder}") from None
        finally:
            self.server = None
        return code

    def stop(self):
        self.server.terminate()
        return self.ended()

    def peers(self):
        """What `tombolo peers` says, by peer."""
        return {row["id"]: row for row in self.json_lines("peers")}


class Federation:
    """The three nodes, the authorities and the registry, in `folder`."""

    def __init__(self, program, folder):
        self.program, self.folder = pathlib.Path(program).resolve(), pathlib.Path(folder).resolve()
        ports = free_ports(6)
        self.nodes = {i: Node(self, i, *ports[2 * n:2 * n + 2])
                      for n, i in enumerate((EAST, WEST, NORTH))}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def __getitem__(self, spiffe_id):
        return self.nodes[spiffe_id]

    def __iter__(self):
        return iter(self.nodes.values())

    def tombolo(self, *words, codes=(0,)):
        done = subprocess.run([self.program, *words], stdin=subprocess.DEVNULL, check=False,
                              capture_output=True, timeout=600)
        if done.returncode not in codes:
            raise Failed(f"tombolo {' '.join(map(str, words))}: exit code {done.returncode}\n"
                         + done.stderr.decode(errors="replace") + done.stdout.decode()[-2000:])
        return done.stdout.decode()

    # --- making it

    def make(self):
        """Authorities, nodes, registry, policies: all keys new."""
        self.make_members()
        self._make_packs()
        self[EAST].sign_policy(1, PHONES)
        self[WEST].sign_policy(1, {})

    def make_members(self):
        """Authorities, nodes and the registry that names them; the province first."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ca, fed = self.folder / "ca", self.folder / "federation"
        ca.mkdir()
        self.tombolo("pki", "root", ca / "root", "--name", "Root", "--domain", DOMAIN)
        self.tombolo("pki", "intermediate", ca / "north", "--root", ca / "root", "--name",
                     "Province North", "--domain", DOMAIN)
        self.tombolo("pki", "crl", "--authority", ca / "root", "--days", "30")
        self.tombolo("pki", "crl", "--authority", ca / "north")
        self.tombolo("federation", "init", fed, "--name", DOMAIN, "--ca", ca / "root" / "cert.pem")
        for node in sorted(self, key=lambda member: member.id):
            node.make()
            self._enroll(node, ca / "north", fed)
        self.tombolo("federation", "sign", fed / "root.json", "--key", fed / "keys/root-1.key")
        self.sign_registry()

    def _enroll(self, node, authority, fed):
        tls = node.folder / "tls"
        request = self.folder / f"{node.name}.csr"
        request.write_text(self.tombolo("pki", "request", tls, "--id", node.id), encoding="utf-8")
        self.tombolo("pki", "sign", request, "--authority", authority, "--out", tls / "chain.pem")
        key = self.folder / f"{node.name}.der"
        subprocess.run(["openssl", "pkey", "-in", node.folder / "signing.key", "-pubout",
                        "-outform", "DER", "-out", key], check=True, capture_output=True)
        level = "PROVINCE" if node.id == NORTH else "CITY"
        above = [] if node.id == NORTH else ["--parent", NORTH]
        self.tombolo("federation", "add", fed, node.id, "--level", level, *above, "--title",
                     node.name.capitalize(), "--endpoint", f"127.0.0.1:{node.port}", "--chain",
                     tls / "chain.pem", "--signing-key", key)

    def sign_registry(self):
        """Signs the registry as it stands and a timestamp that names it; hands both out."""
        fed, ca = self.folder / "federation", self.folder / "ca"
        self.tombolo("federation", "sign", fed / "registry.json", "--key",
                     fed / "keys/registry-1.key")
        self.tombolo("federation", "timestamp", fed, "--key", fed / "keys/timestamp-1.key",
                     "--list", ca / "root", "--list", ca / "north")
        self.tombolo("federation", "verify", fed)
        for node in self:
            (node.folder / "federation").mkdir(exist_ok=True)
            for file in sorted(fed.glob("*.json")):
                shutil.copy(file, node.folder / "federation")

    def suspend(self, spiffe_id):
        """The member is dealt with no longer, as soon as the nodes have read the new registry."""
        self.tombolo("federation", "suspend", self.folder / "federation", spiffe_id)
        self.sign_registry()
        for node in self:
            if node.server is not None:
                node.reload()

    def _make_packs(self):
        """East's own copy of the pack of honours: the telephone is LIMITED, so a grant matters."""
        self.honours = self.folder / "packs" / "kr-seoul-exemplary"
        shutil.copytree(ROOT / "adapters/packs/kr-seoul-exemplary", self.honours)
        catalogue = self.honours / "catalogue.yaml"
        before, _, after = catalogue.read_text(encoding="utf-8").partition(PHONE)
        catalogue.write_text(before + PHONE + after.replace("GOVERNMENT", "LIMITED", 1),
                             encoding="utf-8")

    def pack(self, name):
        return self.honours if name == self.honours.name else name

    # --- running it

    def start(self):
        for node in self:
            node.start()

    def stop(self):
        """Ends every server that runs, together; their exit codes."""
        running = [node for node in self if node.server is not None]
        for node in running:
            node.server.terminate()
        return [node.ended() for node in running]

    def wait(self, what, holds, seconds=WAIT_S):
        """Asks until it holds; `Failed` with what the nodes say if that takes too long."""
        end = time.monotonic() + seconds
        while not holds():
            for node in self:
                if node.server is not None and node.server.poll() is not None:
                    raise Failed(f"{node.name} has ended with {node.server.returncode}: "
                                 + self._log_of(node))
            if time.monotonic() > end:
                raise Failed(f"after {seconds} s still not: {what}\n"
                             + "\n".join(f"{node.name}: {self._log_of(node)}" for node in self))
            time.sleep(0.02)

    def _log_of(self, node):
        log = self.folder / f"{node.name}.log"
        return log.read_text(errors="replace")[-1500:] if log.exists() else "no log"

    def wait_level(self, ways=None, seconds=WAIT_S):
        """Until every taker holds all that its giver's origins have, and says it is complete."""
        self.wait("everyone holds what they may", lambda: self.is_level(ways or WAYS), seconds)

    def is_level(self, ways):
        """Of origins whose streams each of the takers may see, in some layer."""
        for taker, _, origins in ways:
            held = self[taker].received()
            for origin in origins:
                if not all(whole(held.get(stream_id), size)
                           for stream_id, size in self[origin].own_sizes().items()):
                    return False
        return True


def whole(held, size):
    """Whether a received stream is all there, in each layer that is permitted."""
    if held is None:
        return False
    proved, next_seq, incomplete = held
    return proved == size and not incomplete and all(n in (0, size + 1) for n in next_seq)


def sample_files(pack, data=None):
    """Files of a pack: real ones of `data`, which has a folder a pack, else the pack's samples."""
    folder = pathlib.Path(data) / pack if data and (pathlib.Path(data) / pack).is_dir() else \
        ROOT / "adapters/packs" / pack / "sample"
    return sorted((f for f in folder.iterdir() if f.suffix in (".csv", ".xml")),
                  key=lambda f: os.fsencode(f.name))


def editions(files):
    """The first state of each file, and the later ones (NAME.DATE.xml) in order."""
    names = [file.name.partition(".")[0] for file in files]
    return ([f for n, f in enumerate(files) if names[n] not in names[:n]],
            [f for n, f in enumerate(files) if names[n] in names[:n]])
