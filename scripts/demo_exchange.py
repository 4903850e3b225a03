#!/usr/bin/env python3
"""The demonstration: demo_exchange.py PROGRAM FOLDER [--data DIR] [--keep]

Two cities and their province exchange records on loopback; scripts/demo builds and calls this.
"""
import argparse
import concurrent.futures
import pathlib
import shutil
import subprocess
import sys
import time

import demo_tables
import three_nodes
from three_nodes import EAST, LAYERS, NAMES, NORTH, PACKS, PURPOSE, ROOT, WAYS, WEST

VERIFY = ROOT / "conformance" / "verify.py"
MANY = "1000000000"
PHONE = "contact.phone"


def heading(text):
    print(f"\n== {text}")


class Demo:
    """One run. `wrong` gathers what did not come out as it should."""

    def __init__(self, program, folder, data):
        self.federation = three_nodes.Federation(program, folder)
        self.east, self.west, self.north = (self.federation[i] for i in (EAST, WEST, NORTH))
        self.data, self.wrong, self.later = data, [], []
        self.known = {}  # (node, origin): its records, until something changes

    # --- the steps

    def make(self):
        heading("Three nodes, with authorities, certificates, registry and policies made just now")
        self.federation.make()
        for node in self.federation:
            takes = [f"{NAMES[giver]}'s feed" + (f" for {PURPOSE[node.id]}" if PURPOSE[node.id]
                                                 else " without a purpose")
                     for taker, giver, _ in WAYS if taker == node.id]
            print(f"{node.name:6} {node.id}  127.0.0.1:{node.port}  takes {', '.join(takes)}")
        print("Both cities allow members GOVERNMENT for gov.food-safety and gov.market-supervision;"
              "\neast grants north the telephone numbers (LIMITED) of honoured restaurants.")

    def ingest(self):
        first, again = [], []
        for node in (self.east, self.west):
            for pack in PACKS[node.id]:
                files = three_nodes.sample_files(pack, self.data)
                now, later = three_nodes.editions(files)
                self.later += [(pack, file) for file in later]
                first += node.ingest(self.federation.pack(pack), now)
                again += node.ingest(self.federation.pack(pack), now)
        self.wrong += demo_tables.balances(first) + demo_tables.nothing_new(again)

    def exchange(self):
        heading("The exchange")
        start = time.monotonic()
        self.federation.start()
        self.federation.wait_level()
        print(f"All hold what they may after {time.monotonic() - start:.1f} s, start included; "
              "each page proved before it was stored.")
        self.federation.wait("all have signed for what they got", self.all_signed)
        for node in self.federation:
            for peer, row in sorted(node.peers().items()):
                print(f"{node.name:6} and {NAMES[peer]:6}: {row['state']}, "
                      f"{row['records_in']:,} records in, {row['records_out']:,} out, "
                      f"{row['unconfirmed']:,} not yet signed for")

    def all_signed(self):
        return all(row["state"] == "OPEN" and not row["unconfirmed"]
                   for node in self.federation for row in node.peers().values())

    def holdings(self):
        rows = []
        for node, origin in [(n, o) for o in (EAST, WEST) for n in (self.federation[o], self.north)
                             ] + [(self.west, EAST), (self.east, WEST)]:
            records = self.records(node, origin)
            counts = {"records": len(records)}
            for layer in LAYERS:
                counts[layer] = sum(1 for r in records if self.content(r, layer))
            rows.append((node.name, NAMES[origin], counts))
        demo_tables.holdings(rows)

    def one_record(self):
        heading("One record, as each party has it")
        records = [r for r in self.records(self.east, EAST) if self.content(r, "LIMITED")]
        if not records:
            self.wrong.append("no record of east has a LIMITED layer")
            return None
        record = records[0]
        print(f"{record['item']} {record['id']}, version {record['version']}, of east")
        for node, who in ((self.east, "the origin"), (self.north, "the granted peer"),
                          (self.west, "another member")):
            held = self.find(node, record["id"])
            self.show(f"{node.name}, {who}", lambda layer, r=held: r["layers"][layer.lower()])
        told = self.explain(record["id"], "public", "")
        shown = {row["layer"]: row["shown"] for row in told["layers"]}
        self.show("the public", lambda layer: self.layer(record, layer) if shown[layer]
                  else "withheld")
        return record["id"]

    def show(self, who, layer_of):
        words = []
        for layer in LAYERS:
            value = layer_of(layer)
            fields = value if isinstance(value, dict) else {}
            phone = f" ({PHONE} {fields[PHONE]})" if PHONE in fields else ""
            words.append(f"{layer} withheld" if value == "withheld" else
                         f"{layer} {len(fields)} fields{phone}")
        print(f"  {who:26} {', '.join(words)}")

    def refusal(self, record_id):
        heading("Why west does not have the LIMITED layer")
        print(self.east.run("explain", "--record", record_id, "--to", WEST, "--purpose",
                            PURPOSE[WEST]).strip())

    def change(self):
        heading("A changed source file arrives at west")
        before = {n.name: self.keys(n) for n in (self.west, self.north, self.east)}
        start = time.monotonic()
        for pack, file in self.later:
            for done in self.west.ingest(pack, [file], "--yes"):
                records = demo_tables.add(list(done["records"].values()))
                print(f"{done['file']}: " + ", ".join(f"{records[k]:,} {k}"
                                                      for k in demo_tables.RECORDS))
        self.federation.wait_level()
        print(f"All hold the new state after {time.monotonic() - start:.1f} s, ingest included.")
        self.known.clear()
        after = {n.name: self.keys(n) for n in (self.west, self.north, self.east)}
        for node in (self.west, self.north, self.east):
            old, new = before[node.name], after[node.name]
            print(f"  {node.name:6} {len(new.keys() - old.keys()):6,} new records, "
                  f"{sum(1 for k in new.keys() & old.keys() if new[k] != old[k]):6,} new versions, "
                  f"{len(old.keys() - new.keys()):6,} vanished")
        if any(after[name] != after["west"] for name in after):
            self.wrong.append("west's records are not the same everywhere")

    def verify(self):
        heading("The three audit logs, by the program and by one that shares no code with it")
        for node in self.federation:
            lines = node.run("audit", "verify").splitlines()
            witnessed = sum(1 for line in lines if " countersigned " in line)
            print(f"{node.name}: {lines[0]} Peers countersigned it {witnessed} times.")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for line in pool.map(lambda way: self.verified(*way), [
                    (node, None) for node in self.federation] + [
                    (self.federation[t], o) for t, _, origins in WAYS for o in origins]):
                print(line)

    def verified(self, holder, origin):
        """What the verifier says of an export of own streams, or of those held of `origin`."""
        name = f"{holder.name}-{NAMES[origin]}" if origin else holder.name
        path = holder.export(self.federation.folder / f"{name}.jsonl", origin)
        done = subprocess.run([sys.executable, VERIFY, "export", path, "--federation",
                               self.federation.folder / "federation"], check=False,
                              capture_output=True, text=True)
        last = (done.stdout or done.stderr).strip().splitlines()[-1]
        if done.returncode:
            self.wrong.append(f"{path}: {last}")
        what = f"what it holds of {NAMES[origin]}" if origin else "its own"
        return f"{holder.name}, {what}: {last}"

    # --- questions to the nodes

    def records(self, node, origin):
        if (node.name, origin) not in self.known:
            self.known[node.name, origin] = node.json_lines("records", "list", "--origin", origin,
                                                            "--limit", MANY)
        return self.known[node.name, origin]

    def keys(self, node):
        return {r.get("record_id", r["id"]): r["version"] for r in self.records(node, WEST)}

    def find(self, node, record_id):
        return next(r for r in self.records(node, EAST)
                    if r.get("record_id", r["id"]) == record_id)

    @staticmethod
    def layer(record, layer):
        return record.get("layers", {}).get(layer.lower(), "withheld")

    def content(self, record, layer):
        value = self.layer(record, layer)
        return isinstance(value, dict) and value

    def explain(self, record_id, to, purpose):
        return self.east.json("explain", "--record", record_id, "--to", to,
                              *(["--purpose", purpose] if purpose else []))

    # --- the end

    def go_on(self, keep):
        program = pathlib.Path(self.federation.program)
        folder = self.federation.folder
        heading("Going on by hand")
        if keep:
            pids = " ".join(str(node.server.pid) for node in self.federation)
            (folder / "pids").write_text(pids + "\n", encoding="ascii")
            print(f"The three nodes go on. Stop them:  kill {pids}")
        else:
            for node in self.federation:
                print(f"  {program} serve --node {node.folder} &")
        print(f"  {program} peers --node {self.north.folder}\n"
              f"  {program} records list --node {self.north.folder} --origin all\n"
              f"  {program} --help")


def run(options):
    folder = pathlib.Path(options.folder)
    pids = folder / "pids"
    if pids.exists():
        alive = [pid for pid in pids.read_text(encoding="ascii").split()
                 if b"serve" in _command_line(pid)]
        if alive:
            print(f"{folder} is in use. First:  kill {' '.join(alive)}", file=sys.stderr)
            return 2
    shutil.rmtree(folder, ignore_errors=True)
    demo = Demo(options.program, folder, options.data)
    keep = False
    try:
        demo.make()
        demo.ingest()
        demo.exchange()
        demo.holdings()
        record_id = demo.one_record()
        if record_id:
            demo.refusal(record_id)
        demo.change()
        demo.verify()
        keep = options.keep and not demo.wrong
        demo.go_on(keep)
    except three_nodes.Failed as error:
        demo.wrong.append(str(error))
    finally:
        if not keep:
            demo.federation.stop()
    if demo.wrong:
        print("\nNOT RIGHT: " + "; ".join(demo.wrong))
    return 1 if demo.wrong else 0


def _command_line(pid):
    path = pathlib.Path("/proc") / pid / "cmdline"
    return path.read_bytes() if path.exists() else b""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--data")
    parser.add_argument("--keep", action="store_true")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
