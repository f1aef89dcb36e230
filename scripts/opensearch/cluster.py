"""Start, stop and hurt a cluster of OpenSearch nodes on this machine, for tests and measurements.

Nodes 1 to 3 listen on the loopback interface only: HTTP at 9201 to 9203, each other at 9301 to 9303, or where
SEARCHKIT_CLUSTER_PORT says. The jars come through Maven, once, and are checked against jars.sha256; they, the nodes'
data and logs lie in a folder outside the project. Needs Java 17 or newer, and Maven. With SEARCHKIT_CLUSTER_APART=1
each node has a network of its own and can be cut off from the others (see `network`).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.opensearch import network

HERE = Path(__file__).resolve().parent
HOME = Path(os.environ.get("SEARCHKIT_CLUSTER_HOME", Path.home() / ".cache" / "searchkit-cluster"))
DIGESTS = HERE / "jars.sha256"
NODES = (1, 2, 3)
KILL, STOP, CONTINUE = signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT
APART = os.environ.get("SEARCHKIT_CLUSTER_APART") == "1"
PORT = int(os.environ.get("SEARCHKIT_CLUSTER_PORT", "9200"))  # nodes take those above it, and those above it + 100
HEAP = "512m"
PATIENCE = 300.0  # seconds in which nodes have to find each other
STUCK = 20.0  # seconds after which a copy of these few documents does not begin any more
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy


class ClusterError(Exception):
    """What is missing, or what a node said."""


def host(node: int) -> str:
    """Return where a node listens."""
    return network.address(node) if APART else "127.0.0.1"


def url(node: int) -> str:
    """Return the address of a node."""
    return f"http://{host(node)}:{PORT + node}"


def health(node: int) -> dict[str, Any] | None:
    """Return what a node says of the cluster, None if it does not answer."""
    try:
        with DIRECT.open(f"{url(node)}/_cluster/health", timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except (OSError, urllib.error.URLError):
        return None


def manager() -> int:
    """Return the node that manages the cluster. Raises ClusterError if none does."""
    for node in NODES:
        try:
            with DIRECT.open(f"{url(node)}/_cat/cluster_manager?format=json", timeout=5) as answer:
                return int(json.load(answer)[0]["node"].removeprefix("n"))
        except (OSError, urllib.error.URLError):
            continue
    raise ClusterError("no node manages the cluster")


def start(nodes: tuple[int, ...] = NODES, *, fresh: bool = True) -> None:
    """Start nodes that do not run, and wait until all of them are one cluster. fresh: without what they held before."""
    jars = _jars()
    if APART:
        network.up(NODES)
    running = [node for node in nodes if _pid(node) is not None]
    for node in nodes:
        if node not in running:
            _launch(node, jars, fresh=fresh, managers=nodes if fresh else NODES)
    wait(len([node for node in NODES if _pid(node) is not None]))


def wait(count: int, status: tuple[str, ...] = ("green",)) -> None:
    """Wait until so many nodes are one cluster in this state, and help it as an operator would. Raises ClusterError."""
    deadline = time.monotonic() + PATIENCE
    copying: dict[str, float] = {}
    while time.monotonic() < deadline:
        alive = [node for node in NODES if _pid(node) is not None]
        if len(alive) < count:
            raise ClusterError(f"a node ended; the end of its log:\n{_last_words()}")
        told = [found for node in alive if (found := health(node))]
        if len(told) == len(alive) and all(t["number_of_nodes"] == count and t["status"] in status for t in told):
            return
        if len(told) == len(alive) and all(t["number_of_nodes"] == count for t in told):
            _reopen_primaries(alive[0], copying)
        time.sleep(0.5)
    late = f"{count} nodes did not become {' or '.join(status)} within {PATIENCE:.0f} s"
    raise ClusterError(f"{late}\n{_not_started()}\n{_last_words()}")


def _reopen_primaries(node: int, copying: dict[str, float]) -> None:
    """Reopen the primaries from which a copy has been about to begin for long. copying: since when, by the copy's id.

    A primary that was promoted by an election in which a dead node came back does not know of it, and takes no writes
    and gives no copies until it is opened anew (OpenSearch issue 19150). Nothing is lost by that.
    """
    with contextlib.suppress(OSError):
        shards = [shard for told in _shards(node) for shard in told]
        now = time.monotonic()
        waiting = {each["allocation_id"]["id"]: each for each in shards if each["state"] == "INITIALIZING"}
        for gone in copying.keys() - waiting.keys():
            del copying[gone]
        late = [each for id_, each in waiting.items() if now - copying.setdefault(id_, now) > STUCK]
        parts = {(each["index"], each["shard"]) for each in late if not each["primary"]}
        commands = [
            {"cancel": {name: each[name] for name in ("index", "shard", "node")} | {"allow_primary": True}}
            for each in shards
            if each["primary"] and each["state"] == "STARTED" and (each["index"], each["shard"]) in parts
        ]
        if commands:
            print(f"reopened primaries that gave no copies: {sorted(parts)}", file=sys.stderr)
            _send(node, "POST", "_cluster/reroute", {"commands": commands})
            _send(node, "DELETE", "_search/point_in_time/_all")  # or they keep what is to be opened anew from closing
            copying.clear()


def _shards(node: int) -> Iterator[list[dict[str, Any]]]:
    """Yield what the cluster's state says of the copies of each shard."""
    with DIRECT.open(f"{url(node)}/_cluster/state/routing_table", timeout=5) as answer:
        indices = json.load(answer)["routing_table"]["indices"]
    for index in indices.values():
        yield from index["shards"].values()


def _send(node: int, method: str, path: str, body: object = None) -> None:
    content = None if body is None else json.dumps(body).encode()
    kind = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url(node)}/{path}", content, kind, method=method)  # noqa: S310 - one of ours
    DIRECT.open(request, timeout=30).close()


def send(node: int, number: signal.Signals) -> None:
    """Send a signal to a node: SIGKILL, SIGSTOP, SIGCONT."""
    pid = _pid(node)
    if pid is None:
        raise ClusterError(f"node {node} does not run")
    os.kill(pid, number)
    if number in (signal.SIGKILL, signal.SIGTERM):
        while _pid(node) is not None:
            time.sleep(0.05)


def stop() -> None:
    """End all nodes and forget what they held."""
    for node in NODES:
        if _pid(node) is not None:
            send(node, signal.SIGKILL)
    shutil.rmtree(HOME / "nodes", ignore_errors=True)
    if APART:
        network.down(NODES)


def cut(node: int) -> None:
    """Cut a node off from the others; clients still reach it. Raises ClusterError where nodes share a network."""
    _require_apart()
    network.cut(node, NODES)


def mend(node: int) -> None:
    """Let a node that was cut off reach the others again."""
    _require_apart()
    network.mend(node, NODES)


def _require_apart() -> None:
    if not APART:
        raise ClusterError("nodes share one network; start them with SEARCHKIT_CLUSTER_APART=1, as root")


def _pid(node: int) -> int | None:
    """Return the process of a node that runs."""
    try:
        pid = int((HOME / "nodes" / str(node) / "pid").read_text())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if f"node.name=n{node}".encode() in arguments.split(b"\0") else None


def _launch(node: int, jars: Path, *, fresh: bool, managers: tuple[int, ...]) -> None:
    """Start a node. managers: the nodes that a new cluster begins with."""
    home = HOME / "nodes" / str(node)
    if fresh:
        shutil.rmtree(home, ignore_errors=True)
    (home / "config").mkdir(parents=True, exist_ok=True)
    settings = {
        "cluster.name": "searchkit-test",
        "node.name": f"n{node}",
        "path.home": str(home),
        "network.host": host(node),
        "http.port": str(PORT + node),
        "transport.port": str(PORT + 100 + node),
        "discovery.seed_hosts": ",".join(f"{host(each)}:{PORT + 100 + each}" for each in NODES),
        "cluster.initial_cluster_manager_nodes": ",".join(f"n{each}" for each in managers),
        "node.store.allow_mmap": "false",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "http.type": "netty4",
        "transport.type": "netty4",
    }
    options = [
        f"-Xms{HEAP}",
        f"-Xmx{HEAP}",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}",
        "-Dlog4j2.disable.jmx=true",
        "-Djava.util.logging.manager=org.apache.logging.log4j.jul.LogManager",
    ]
    arguments = [f"{name}={value}" for name, value in settings.items()]
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(
            [
                *(network.inside(node) if APART else ()),
                _tool("java"),
                *options,
                "-cp",
                f"{jars}/*{os.pathsep}{jars}",
                "Node",
                *arguments,
            ],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    (home / "pid").write_text(str(process.pid))
    while _pid(node) is None and process.poll() is None:  # not java yet
        time.sleep(0.01)


def _jars() -> Path:
    """Return the folder of the jars, fetched and checked if they are not there yet."""
    wanted = hashlib.sha256(
        b"".join((HERE / name).read_bytes() for name in ("pom.xml", "Node.java", "jars.sha256"))
    ).hexdigest()
    folder = HOME / f"jars-{wanted[:12]}"
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        _fetch(part)
        check(part)
        _run([_tool("javac"), "-cp", f"{part}/*", "-d", str(part), str(HERE / "Node.java")])
        part.rename(folder)
    return folder


def _fetch(folder: Path) -> None:
    goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
    print("Fetching OpenSearch through Maven …", file=sys.stderr)
    _run([_tool("mvn"), "-q", "-B", "-f", str(HERE / "pom.xml"), goal, f"-DoutputDirectory={folder}"])
    for archive in folder.glob("*.zip"):
        with zipfile.ZipFile(archive) as held:
            for name in held.namelist():
                if name.endswith(".jar") and not (folder / Path(name).name).exists():
                    (folder / Path(name).name).write_bytes(held.read(name))


def digests(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and SHA-256 of each file that Maven brought."""
    for path in sorted(folder.glob("*.jar")) + sorted(folder.glob("*.zip")):
        yield path.name, hashlib.sha256(path.read_bytes()).hexdigest()


def check(folder: Path) -> None:
    """Compare files with the digests that are known. Raises ClusterError."""
    known = dict(reversed(line.split("  ", 1)) for line in DIGESTS.read_text().splitlines())
    found = dict(digests(folder))
    wrong = sorted(name for name in known.keys() | found.keys() if known.get(name) != found.get(name))
    if wrong:
        raise ClusterError(f"these are not the files of {DIGESTS.name}: {', '.join(wrong)}")


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ClusterError(f"{name} is not installed; a cluster needs a JDK of version 17 or newer, and Maven")
    return path


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ClusterError(f"{Path(command[0]).name} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _not_started() -> str:
    """Return what each node says of the cluster, and the shards that are not there yet."""
    told = [f"{url(node)}: {health(node)}" for node in NODES]
    for node in NODES:
        try:
            with DIRECT.open(f"{url(node)}/_cat/shards?h=state,index,shard,prirep,node", timeout=5) as answer:
                lines = answer.read().decode().splitlines()
                return "\n".join([*told, *(line for line in lines if not line.startswith("STARTED"))])
        except (OSError, urllib.error.URLError):
            continue
    return "\n".join(told)


def _last_words() -> str:
    logs = sorted((HOME / "nodes").glob("*/log"))
    return "\n".join(f"{log}: {log.read_text(errors='replace')[-1500:]}" for log in logs)


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="scripts/cluster", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "command", choices=("start", "stop", "status", "kill", "restart", "pause", "resume", "cut", "mend", "digests")
    )
    about = "for kill, restart, pause, resume, cut and mend; start: it alone"
    parser.add_argument("node", nargs="?", type=int, choices=NODES, help=about)
    options = parser.parse_args()
    try:
        if options.command == "start":
            nodes = (options.node,) if options.node else NODES
            start(nodes)
            print(" ".join(map(url, nodes)))
        elif options.command == "stop":
            stop()
        elif options.command == "status":
            for node in NODES:
                print(url(node), json.dumps(health(node)))
        elif options.command == "digests":  # to write jars.sha256 anew after a change of pom.xml
            folder = HOME / "jars.new"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            _fetch(folder)
            print("\n".join(f"{digest}  {name}" for name, digest in digests(folder)))
        elif options.node is None:
            parser.error(f"{options.command} needs a node")
        elif options.command == "restart":
            start((options.node,), fresh=False)
        elif options.command in ("cut", "mend"):
            {"cut": cut, "mend": mend}[options.command](options.node)
        else:
            signals = {"kill": signal.SIGKILL, "pause": signal.SIGSTOP, "resume": signal.SIGCONT}
            send(options.node, signals[options.command])
    except ClusterError as error:
        sys.exit(f"scripts/cluster: {error}")


if __name__ == "__main__":
    main()
