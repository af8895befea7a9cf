"""A Python environment with a test's packages (other people's clients, encoders and decoders), made once in the build folder."""
import os
import subprocess
import sys

SKIPPED = 77  # what ctest takes for "skipped"


def enter(directory, packages, built_with=()):
    """Runs this program again with the environment's interpreter, unless it is running there already.

    `built_with`: what is installed first, for packages that today's tools no longer build.
    """
    if os.path.abspath(sys.prefix) == os.path.abspath(directory):
        return
    python = provide(directory, packages, built_with)
    sys.stdout.flush()
    os.execv(python, [python, *sys.orig_argv[1:]])  # sys.argv may have lost what the test has taken


def provide(directory, packages, built_with=()):
    """The interpreter of the environment, which is made unless it is there with these packages."""
    python = os.path.join(directory, "bin", "python")
    done = os.path.join(directory, "packages")
    wanted = "\n".join([*built_with, *packages])
    if not os.path.exists(done) or open(done).read() != wanted:
        make(directory, python, packages, built_with)
        with open(done, "w") as f:
            f.write(wanted)
    return python


def make(directory, python, packages, built_with):
    run("no environment can be made: is python3-venv installed?", sys.executable, "-m", "venv", directory)
    install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    if built_with:
        run("the packages cannot be built:", *install, *built_with)
        install += ("--no-build-isolation",)
    run("the packages cannot be installed, perhaps because there is no network:", *install, *packages)


def run(otherwise, *command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print("SKIPPED: " + otherwise)
        print((done.stdout + done.stderr)[-500:])
        sys.exit(SKIPPED)
