"""What both sides of exchange_compare.py use: CPU of processes, ports, certificates."""
import os
import pathlib
import socket
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """Something beside the measured programs did not work; says what."""


def free_ports(count):
    """Ports of loopback that nobody listens on at this moment."""
    holders = [socket.socket() for _ in range(count)]
    for holder in holders:
        holder.bind(("127.0.0.1", 0))
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return ports


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, check=False)
    if done.returncode != 0:
        raise Failed(f"openssl {words[0]}: {done.stderr.decode()[-500:]}")


def _stat(pid):
    """The fields of /proc/PID/stat behind the name; none if the process is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def process_tree(root):
    """`root` and its children; servers here have no deeper trees."""
    pids = [root]
    for entry in os.listdir("/proc"):
        fields = _stat(entry) if entry.isdigit() else None
        if fields and int(fields[1]) == root:
            pids.append(int(entry))
    return pids


def cpu_of(pids, waited=None):
    """CPU seconds, user and system; of `waited` also what its ended children had."""
    ticks = 0
    for pid in pids:
        fields = _stat(pid)
        if fields:
            ticks += sum(map(int, fields[11:15 if pid == waited else 13]))
    return ticks / TICKS


def pss_kib(pid):
    """Proportional set size of a process."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise Failed("no Pss in smaps_rollup")


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
