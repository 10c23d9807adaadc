"""
A real store for the slower tests: Ceph on one machine, with one disk that is a file, for loopback only.

It needs the programs of Debian's packages ceph-mon, ceph-osd and radosgw (16.2). Run it by `python -m tests -m ceph`.
It checks what MiniStack does not (signatures in headers), and does not know SHA-256 checksums, as many stores.
"""

import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from .lookalike import free_port
from .s3 import S3Server

PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")

# Each of its parts takes up to six seconds; several times that on a busy machine.
START_S = 120

# One of everything, without a manager.
CONFIGURATION = """\
[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{mon_port}/0]
mon_initial_members = a
keyring = {folder}/keyring
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr1 = false
ms_bind_ipv6 = false
run_dir = {folder}/run
admin_socket = {folder}/run/$cluster-$name.asok
pid_file =
log_file = {folder}/$name.log
crash_dir = {folder}/run
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_crush_chooseleaf_type = 0
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
rgw_rados_pool_pg_num_min = 4
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
mon_data_avail_crit = 1
mon_data_avail_warn = 2
[mon]
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
mon_tick_interval = 1
mon_osd_min_down_reporters = 1
mon_data = {folder}/mon
mon_cluster_log_file = {folder}/cluster.log
[osd]
osd_data = {folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 1073741824
osd_class_update_on_start = false
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw_data = {folder}/rgw
rgw_enable_usage_log = false
rgw_enable_apis = s3,admin
rgw_thread_pool_size = 32
"""

CAPABILITIES = {
    "mon.": {"mon": "allow *"},
    "client.admin": {"mon": "allow *", "osd": "allow *", "mgr": "allow *"},
    "osd.0": {"mon": "allow profile osd", "osd": "allow *", "mgr": "allow profile osd"},
    "client.rgw": {"mon": "allow rw", "osd": "allow rwx", "mgr": "allow rw"},
}


def missing_programs() -> list[str]:
    return [program for program in PROGRAMS if shutil.which(program) is None]


@contextmanager
def running_ceph(folder: Path) -> Iterator[S3Server]:
    """Make a cluster in an empty folder and run it until the block is left."""
    server = S3Server(f"http://127.0.0.1:{free_port()}", compares_sha256=False)
    with ExitStack() as running:
        cluster = _Cluster(folder, running)
        cluster.configure(server)
        cluster.start_monitor()
        cluster.start_disk()
        cluster.start_gateway(server)
        yield server


class _Cluster:
    """The steps, in their order."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        self._folder = folder
        self._running = running
        self._fsid = str(uuid.uuid4())
        self._mon_port = free_port()

    def configure(self, server: S3Server) -> None:
        for name in ("run", "osd", "rgw"):
            (self._folder / name).mkdir()
        port = server.url.rpartition(":")[2]
        values = {"fsid": self._fsid, "mon_port": self._mon_port, "port": port, "folder": self._folder}
        (self._folder / "ceph.conf").write_text(CONFIGURATION.format(**values))
        keyring = self._path("keyring")
        _run("ceph-authtool", "--create-keyring", keyring)
        for name, capabilities in CAPABILITIES.items():
            options = [part for kind, capability in capabilities.items() for part in ("--cap", kind, capability)]
            _run("ceph-authtool", keyring, "--gen-key", "-n", name, *options)

    def start_monitor(self) -> None:
        address = f"[v2:127.0.0.1:{self._mon_port}/0]"
        _run("monmaptool", "--create", "--fsid", self._fsid, "--addv", "a", address, self._path("monmap"))
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", self._path("monmap"), "--keyring", self._path("keyring"))
        self._start("ceph-mon", "-i", "a", "-f")
        _wait(lambda: self._succeeds("ceph", "--connect-timeout", "5", "-s"))

    def start_disk(self) -> None:
        disk = str(uuid.uuid4())
        self._run("ceph", "osd", "new", disk, "0")
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        self._start("ceph-osd", "-i", "0", "-f")
        _wait(lambda: json.loads(self._run("ceph", "osd", "stat", "-f", "json"))["num_up_osds"] == 1)

    def start_gateway(self, server: S3Server) -> None:
        user = ("--uid=test", "--display-name=Test")
        keys = (f"--access-key={server.access_key}", f"--secret-key={server.secret_key}")
        self._run("radosgw-admin", "-n", "client.rgw", "user", "create", *user, *keys)
        self._start("radosgw", "-n", "client.rgw", "-f")
        _wait(lambda: _answers(server.url))

    def _path(self, name: str) -> str:
        return str(self._folder / name)

    def _run(self, program: str, *arguments: str) -> str:
        return _run(program, "-c", self._path("ceph.conf"), *arguments)

    def _succeeds(self, program: str, *arguments: str) -> bool:
        command = [program, "-c", self._path("ceph.conf"), *arguments]
        return subprocess.run(command, capture_output=True).returncode == 0

    def _start(self, program: str, *arguments: str) -> None:
        output = (self._folder / f"{program}.out").open("wb")
        self._running.callback(output.close)
        command = [program, "-c", self._path("ceph.conf"), *arguments]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self._running.callback(_stop, process)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_S)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
    return done.stdout


def _stop(process: subprocess.Popen[bytes]) -> None:
    # What it holds is thrown away, so there is nothing to wait for.
    process.kill()
    process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_S
    while not condition():
        assert time.monotonic() < deadline, "a part of Ceph did not start"
        time.sleep(0.1)
