"""Certificates of authorities that nobody knows, made by openssl, and programs that trust one of them."""
import os
import pathlib
import subprocess

from harness import Skip

# Where the Foundation of Linux looks for what the system trusts. It heeds no variable for it.
TRUSTED = "/etc/ssl/certs/ca-certificates.crt"
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    def __init__(self, context, name):
        self.openssl = context.program("openssl", "openssl")
        self.place = context.new_directory()
        self.place.mkdir()
        self.certificate = self.place / "authority.pem"
        self.run("req", "-x509", *KEY, "-keyout", "authority.key", "-out", self.certificate, "-subj", f"/CN={name}")

    def run(self, *arguments, **options):
        subprocess.run([self.openssl, *map(str, arguments)], cwd=self.place, check=True, capture_output=True, **options)

    def issue(self, host):
        """A certificate of a host, and its key, in one file."""
        made = self.place / f"{host}.pem"
        self.run("req", *KEY, "-keyout", f"{host}.key", "-out", f"{host}.csr", "-subj", f"/CN={host}")
        self.run("x509", "-req", "-in", f"{host}.csr", "-CA", self.certificate, "-CAkey", "authority.key",
                 "-CAcreateserial", "-extfile", "/dev/stdin", "-out", made, input=f"subjectAltName=DNS:{host}".encode())
        made.write_text(made.read_text() + (self.place / f"{host}.key").read_text())
        return made

    def trusted_by(self, program):
        """The program, with this authority as the only one that the system trusts: mounted over the others, as people do in
        a container. Skips the test where no process may have mounts of its own."""
        script = self.place / "with-authority"
        alone = "unshare --mount" if os.geteuid() == 0 else "unshare --mount --map-root-user"
        script.write_text(
            f"""#!/bin/sh\nexec {alone} sh -c 'mount --bind "{self.certificate}" {TRUSTED} && exec "$0" "$@"' "$@"\n""")
        script.chmod(0o755)
        if not pathlib.Path(TRUSTED).exists() or subprocess.run([script, "true"], capture_output=True).returncode:
            raise Skip(f"nothing can be mounted over {TRUSTED} here")
        command = self.place / program.name
        command.write_text(f"""#!/bin/sh\nexec "{script}" "{program}" "$@"\n""")
        command.chmod(0o755)
        return command
