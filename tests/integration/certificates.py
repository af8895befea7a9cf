"""Certificates for tests of TLS: an authority, and a server and a client that it vouches for."""
import os
import subprocess


def make(directory):
    """Writes ca.pem, and NAME.key, NAME.pem and NAME.p12 (password: secret) of `server` and `client`."""
    def openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], cwd=directory, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"openssl {' '.join(arguments)}\n{done.stderr}")

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "2")
    with open(os.path.join(directory, "names"), "w") as names:
        names.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl("req", *new_key, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", name + ".pem", "-days", "2", "-extfile", "names")
        openssl("pkcs12", "-export", "-in", name + ".pem", "-inkey", name + ".key", "-out", name + ".p12",
                "-passout", "pass:secret")
