"""A Python environment with other people's encoders and decoders, made once in the build folder."""
import os
import subprocess
import sys

PACKAGES = ("fastavro==1.9.7", "confluent-kafka[avro,protobuf,json]==2.6.1", "grpcio-tools==1.66.2")
SKIPPED = 77  # what ctest takes for "skipped"


def enter(directory):
    """Runs this program again with the environment's interpreter, unless it is running there already."""
    python = os.path.join(directory, "bin", "python")
    done = os.path.join(directory, "packages")
    wanted = "\n".join(PACKAGES)
    if os.path.abspath(sys.prefix) == os.path.abspath(directory):
        return
    if not os.path.exists(done) or open(done).read() != wanted:
        make(directory, python)
        with open(done, "w") as f:
            f.write(wanted)
    sys.stdout.flush()
    os.execv(python, [python, *sys.argv])


def make(directory, python):
    subprocess.run([sys.executable, "-m", "venv", directory], check=True)
    install = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
                             capture_output=True, text=True)
    if install.returncode != 0:
        print("SKIPPED: the packages cannot be installed, perhaps because there is no network:")
        print(install.stderr[-500:])
        sys.exit(SKIPPED)
