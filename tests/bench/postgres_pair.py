"""Two PostgreSQL 15 servers on loopback that replicate one table: what exchange_compare.py measures
beside two nodes. Logical replication with a row filter and a column list, over TLS 1.3 with both
certificates, durable at both ends.

Everything lies in one folder; the servers are ended by their process ids.
"""
import os
import pathlib
import pwd
import shutil
import subprocess
import threading
import time

from measures import Failed, free_ports, openssl, process_tree, cpu_of

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
TEXT_BYTES = 216  # of each of three columns, as exchange_feed writes them
# As those of initdb, but for these; each server has what it needs on a machine with two cores.
CONF = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
wal_level = logical
shared_buffers = 256MB
max_wal_size = 8GB
ssl = on
ssl_min_protocol_version = 'TLSv1.3'
ssl_ca_file = '{tls}/ca.pem'
ssl_cert_file = '{tls}/server.pem'
ssl_key_file = '{tls}/server.key'
"""
HBA = """local all all trust
hostssl all all 127.0.0.1/32 cert
"""
# Found by record and by subject, as a node finds them.
COLUMNS = """n bigint not null, record_id uuid primary key, version int not null,
class smallint not null, subject uuid not null, recorded_at timestamptz not null default now(),
public text, government text"""
TABLE = f"create table records({COLUMNS}, limited text);"
NARROW = f"create table records({COLUMNS});"
INDEX = "create index on records(subject); create index on records(n);"
# Rows; each of the three texts is as long as a record's.
INSERT = """insert into records(n, record_id, version, class, subject, public, government, limited)
select n, md5(n::text)::uuid, 1, 1, md5((n / 4)::text)::uuid, t, reverse(t), t from
(select n, substr(string_agg(md5(n || ' ' || k), ''), 1, {size}) t from
generate_series({first}, {last}) n, generate_series(1, 7) k group by n) s;"""


class Console:
    """A psql that stays, so that asking costs one round."""

    def __init__(self, folder, port, user):
        self.psql = subprocess.Popen(
            [BIN / "psql", "-XAtq", "-h", folder, "-p", str(port), "-U", "postgres", "bench"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            user=user)
        self.pid = int(self.ask("select pg_backend_pid();"))

    def ask(self, sql):
        self.psql.stdin.write(sql + "\n\\echo .\n")
        self.psql.stdin.flush()
        lines = []
        for line in self.psql.stdout:
            if line == ".\n":
                return "".join(lines).strip()
            lines.append(line)
        raise Failed(f"psql ended at: {sql}")

    def close(self):
        self.psql.stdin.close()
        self.psql.wait(20)


class Server:
    """One database server with its folder and its port."""

    def __init__(self, folder, port, user):
        self.folder, self.port, self.user = folder, port, user
        self.data = folder / "data"
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "--no-sync")
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(CONF.format(port=port, folder=folder, tls=folder.parent / "tls"))
        (self.data / "pg_hba.conf").write_text(HBA, encoding="utf-8")
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen([BIN / "postgres", "-D", self.data], user=user,
                                            stdout=log, stderr=log, cwd=folder)
        self._wait_ready()
        self._run("createdb", "-h", folder, "-p", str(port), "-U", "postgres", "bench")
        self.console = Console(folder, port, user)

    def _run(self, program, *words):
        done = subprocess.run([BIN / program, *words], user=self.user, capture_output=True,
                              check=False, cwd=self.folder)
        if done.returncode != 0:
            raise Failed(f"{program}: {done.stderr.decode()[-1000:]}")

    def _wait_ready(self):
        end = time.monotonic() + 30
        while subprocess.run([BIN / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)],
                             check=False).returncode != 0:
            if time.monotonic() > end or self.process.poll() is not None:
                raise Failed(f"the server does not start: see {self.folder}/log")
            time.sleep(0.1)

    def cpu(self):
        """CPU seconds of all processes of the server, the ended ones too, but for the console's."""
        return cpu_of(process_tree(self.process.pid), waited=self.process.pid) - cpu_of(
            [self.console.pid])

    def senders_cpu(self):
        """CPU seconds of the processes that send changes."""
        pids = self.console.ask("select pid from pg_stat_replication;").split()
        return cpu_of([int(pid) for pid in pids])

    def stop(self):
        self.console.close()
        self.process.terminate()  # smart shutdown would wait for the subscribers
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.send_signal(2)
            self.process.wait(30)


class PostgresPair:
    """A publisher and `subscribers` subscribers; the publisher has `records` rows."""

    name = "PostgreSQL 15"

    def __init__(self, folder, records):
        self.folder = pathlib.Path(folder)
        self.user = pwd.getpwnam("postgres").pw_uid if os.getuid() == 0 else None
        self.last = 0
        self.folder.mkdir()
        self._make_tls()
        self.ports = free_ports(4)
        self.publisher = self._server(0)
        self.subscribers = []
        self.publisher.console.ask(TABLE)
        self.publisher.console.ask(
            "create publication narrow for table records (n, record_id, version, class, subject, "
            "recorded_at, public, government) where (class < 3) with (publish = 'insert');")
        self._insert(records)
        self.publisher.console.ask("checkpoint;")

    def _server(self, number):
        folder = self.folder / f"server{number}"
        folder.mkdir()
        if self.user is not None:
            os.chown(folder, self.user, -1)
        return Server(folder, self.ports[number], self.user)

    def _make_tls(self):
        tls = self.folder / "tls"
        tls.mkdir()
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *curve, "-days", "2", "-subj", "/CN=bench", "-keyout",
                tls / "ca.key", "-out", tls / "ca.pem")
        for name, subject in (("server", "localhost"), ("client", "postgres")):
            openssl("req", *curve, "-subj", f"/CN={subject}", "-keyout", tls / f"{name}.key",
                    "-out", tls / f"{name}.csr")
            openssl("x509", "-req", "-in", tls / f"{name}.csr", "-CA", tls / "ca.pem", "-CAkey",
                    tls / "ca.key", "-CAcreateserial", "-days", "2", "-out", tls / f"{name}.pem")
        for key in tls.glob("*.key"):
            key.chmod(0o600)
        if self.user is not None:
            for path in [self.folder, tls, *tls.iterdir()]:
                os.chown(path, self.user, -1)

    def _insert(self, count):
        while count > 0:
            part = min(count, 20000)
            self.publisher.console.ask(INSERT.format(first=self.last + 1, last=self.last + part,
                                                     size=TEXT_BYTES))
            self.last += part
            count -= part

    # --- what is measured

    def copy(self):
        """(seconds, CPU seconds of both ends) of the first subscriber's copy of all there is."""
        subscriber = self.add_subscriber()
        before, start = self.publisher.cpu() + subscriber.cpu(), time.monotonic()
        self.subscribe(subscriber)
        seconds = time.monotonic() - start
        time.sleep(0.5)  # the copying processes end, and their parents count them
        return seconds, self.publisher.cpu() + subscriber.cpu() - before

    def add_subscriber(self):
        server = self._server(len(self.subscribers) + 1)
        server.console.ask(NARROW + INDEX)
        self.subscribers.append(server)
        return server

    def subscribe(self, server):
        tls = self.folder / "tls"
        server.console.ask(
            f"create subscription s{len(self.subscribers)} connection 'host=localhost "
            f"hostaddr=127.0.0.1 port={self.ports[0]} user=postgres dbname=bench "
            f"sslmode=verify-full sslrootcert={tls}/ca.pem sslcert={tls}/client.pem "
            f"sslkey={tls}/client.key' publication narrow with (synchronous_commit = 'on');")
        end = time.monotonic() + 600
        while server.console.ask("select srsubstate from pg_subscription_rel;") not in ("r", "s"):
            if time.monotonic() > end:
                raise Failed(f"the copy does not end: see {server.folder}/log")
            time.sleep(0.02)

    def follow(self, count, per_commit, per_second=0):
        """(seconds, CPU of the senders, of the first subscriber) while `count` changes come."""
        first = self.subscribers[0]
        before = self.publisher.senders_cpu(), first.cpu()
        start = time.monotonic()
        end = self.last + count
        for done in range(0, count, per_commit):
            part = min(per_commit, count - done)
            if per_second:
                time.sleep(max(0, start + done / per_second - time.monotonic()))
            self._insert(part)
        for server in self.subscribers:
            while not int(server.console.ask("select max(n) from records;") or 0) >= end:
                time.sleep(0.005)
        seconds = time.monotonic() - start
        return seconds, self.publisher.senders_cpu() - before[0], first.cpu() - before[1]

    def delays(self, count, per_second):
        """[(seconds from the commit's begin, from its end)] until a change shows at the first
        subscriber, one commit a change."""
        seen, stop = [], threading.Event()
        base, console = self.last, self.subscribers[0].console

        def watch():
            shown = base
            while shown < base + count and not stop.is_set():
                now_shown = int(console.ask("select max(n) from records;") or 0)
                now = time.monotonic()
                seen.extend([now] * (now_shown - shown))
                shown = now_shown
                time.sleep(0.0001)

        watcher = threading.Thread(target=watch)
        watcher.start()
        asked = []
        start = time.monotonic()
        for i in range(count):
            time.sleep(max(0, start + i / per_second - time.monotonic()))
            before = time.monotonic()
            self._insert(1)
            asked.append((before, time.monotonic()))
        watcher.join(30)
        stop.set()
        return [(s - b, s - e) for s, (b, e) in zip(seen, asked)]

    def stop(self):
        for server in self.subscribers:
            server.stop()
        self.publisher.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
