"""Starts a standalone cluster of Spark on this machine, a master and two workers, and runs a command beside it.

    python bench/spark_cluster.py COMMAND...

The command finds the master's address in INCLOAD_SPARK_MASTER, as host:port. Whatever it does, the processes that were
started here are ended by their numbers, the workers first, and their folder is removed; its status is that of the
command.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from incload.engines.spark.starting.java import java_home
from incload.errors import Refused

HERE = "127.0.0.1"
WORKERS, CORES = 2, os.environ.get("INCLOAD_SPARK_CORES", "1")
SIZE = os.environ.get("INCLOAD_SPARK_WORKER_SIZE", "768m")
"""How much of the machine each worker may give to executors."""
SECONDS = 240
"""How long the cluster may take to be complete."""


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        return int(taken.getsockname()[1])


def environment(folder: Path) -> dict[str, str]:
    """Return what the daemons find in their environment."""
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        raise Refused("pyspark is not installed: pip install 'incload[spark]'.")
    return {
        **os.environ,
        "JAVA_HOME": str(java_home(os.environ)),
        "SPARK_HOME": str(Path(found.origin).parent),
        "SPARK_LOCAL_IP": HERE,
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_WORKER_DIR": str(folder / "work"),
        "PYSPARK_PYTHON": sys.executable,
    }


def started(folder: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a daemon that writes its log into the folder; the launcher becomes the process of Java."""
    daemon = environment(folder)
    command = [f"{daemon['SPARK_HOME']}/bin/spark-class", f"org.apache.spark.deploy.{arguments[0]}", *arguments[1:]]
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(command, env=daemon, stdout=log, stderr=log)  # noqa: S603 - the Spark that is installed


def ended(daemon: subprocess.Popen[bytes]) -> None:
    """End a daemon by its number, and wait until it is gone."""
    daemon.send_signal(signal.SIGTERM)
    try:
        daemon.wait(timeout=20)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def wait_for(folder: Path, name: str, said: str, daemon: subprocess.Popen[bytes]) -> None:
    """Wait until a daemon has said something in its log; refuse where it ends before, or takes too long."""
    until = time.monotonic() + SECONDS
    while True:
        log = (folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        if said in log:
            return
        if daemon.poll() is not None or time.monotonic() > until:
            raise Refused(f"the {name} of the cluster did not start: {' '.join(log.split())[-400:]}")
        time.sleep(0.2)


def main(command: list[str]) -> int:
    """Start the cluster, run the command, and end the cluster."""
    port = free_port()
    address = f"spark://{HERE}:{port}"
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="incload-cluster-")))
        ports = ("--host", HERE, "--port", str(port), "--webui-port", str(free_port()))
        daemons = {"master": started(folder, "master", "master.Master", *ports)}
        closing.callback(ended, daemons["master"])
        wait_for(folder, "master", "I have been elected leader", daemons["master"])
        for number in range(1, WORKERS + 1):
            ports = ("--host", HERE, "--port", str(free_port()), "--webui-port", str(free_port()))
            size = ("--cores", CORES, "--memory", SIZE)
            daemons[f"worker {number}"] = started(folder, f"worker {number}", "worker.Worker", *size, *ports, address)
            closing.callback(ended, daemons[f"worker {number}"])
        for name, daemon in daemons.items():
            if name != "master":
                wait_for(folder, name, "Successfully registered", daemon)
        said = ", ".join(f"{name} {daemon.pid}" for name, daemon in daemons.items())
        sys.stdout.write(f"{address}: {said}\n")
        sys.stdout.flush()
        return subprocess.run(  # noqa: S603 - the caller's own command
            command, env={**os.environ, "INCLOAD_SPARK_MASTER": f"{HERE}:{port}"}, check=False
        ).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as error:
        sys.stdout.write(f"n/a: {error}\n")
        sys.exit(0)
