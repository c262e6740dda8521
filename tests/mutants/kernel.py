# SPDX-License-Identifier: GPL-2.0
"""A kernel with another build of some of its files, made from one that is built.

Its build directory is copied, these files are compiled there by the commands
that compiled them before, and it is linked again.
"""

import os
import re
import subprocess
from pathlib import Path


class Kernel:
    """A copy of the build in OUT/KIND, as OUT/KIND-NAME."""

    IMAGES = {"x86_64": "arch/x86/boot/bzImage", "um": "linux"}

    def __init__(self, out, kind, name, arch):
        self.tree = out / "linux"
        self.original = out / kind
        self.build = out / f"{kind}-{name}"
        self.arch = arch
        self.image = self.build / self.IMAGES[arch]
        subprocess.run(["rsync", "-a", "--delete", f"{self.original}/", f"{self.build}/"],
                       check=True)

    def command(self, path):
        """The one that compiled this file."""
        file = Path(path)
        cmd = self.build / file.parent / f".{file.stem}.o.cmd"
        return re.search(r"^savedcmd_\S+ := (.*)$", cmd.read_text(encoding="utf-8"), re.M)[1]

    def compile_with(self, path, flags):
        """Compile the file itself again, with more flags."""
        command = self.command(path).replace(" -c ", f" {flags} -c ", 1)
        subprocess.run(["sh", "-ec", command], cwd=self.build, check=True)

    def compile(self, path, source):
        """Compile that Source as the file at path; the numbers of those that do not."""
        file = Path(path)
        edited = self.build / file.parent / f"{file.stem}-variants.c"
        command = re.sub(rf"\S*/{re.escape(path)}", str(edited), self.command(path))
        # what is unused, or out of style, in a variant is no error
        command = command.replace(" -c ", f" -w -I{self.tree / file.parent} -c ", 1)
        command = re.sub(r" -Werror(?=\s)", "", command)
        # objtool may come after the compiler
        return source.build(edited, ["sh", "-ec", command], cwd=self.build)

    def make(self, *arguments):
        """The output of the kernel's make for that."""
        # as scripts/build and scripts/kunit, or all of it would be built again
        compilers = [f"CC={os.environ['KCC']}"]
        if self.arch != "um":
            compilers.append(f"HOSTCC={os.environ['KCC']}")
        done = subprocess.run(
            ["make", "-C", self.tree, f"O={self.build}", f"ARCH={self.arch}", *compilers,
             f"-j{os.environ.get('JOBS') or os.cpu_count()}", *arguments],
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "KBUILD_BUILD_TIMESTAMP": "1970-01-01",
                 "KBUILD_BUILD_USER": "nscaps", "KBUILD_BUILD_HOST": "nscaps"})
        if done.returncode:
            raise RuntimeError(f"the kernel with variants does not link:\n{done.stdout[-2000:]}")
        return done.stdout

    def old_tools(self):
        """Let the copy's objtool, which knows its own path and so is built anew, be no
        newer than the objects that it has looked at."""
        old = (self.original / "tools/objtool/objtool").stat()
        self.make("prepare")
        for path in (self.build / "tools/objtool").rglob("*"):
            os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))

    def link(self, *variables):
        if (self.original / "tools/objtool/objtool").exists():
            self.old_tools()
        output = self.make(*variables, self.image.name)
        # what was compiled here must not have been compiled again
        if again := re.findall(r"^  CC +(.*)$", output, re.M):
            unwanted = [name for name in again if not name.startswith(("init/", "arch/"))]
            if unwanted:
                raise RuntimeError(f"compiled again: {' '.join(unwanted)}")


def kunit(kernel, log, *parameters):
    """Run the KUnit tests of a kernel for User Mode Linux; did it end in time?"""
    with open(log, "wb") as file:
        try:
            subprocess.run([kernel.image, "mem=256M", "console=tty", "kunit.enable=1",
                            "kunit.filter_glob=nscaps*", "kunit_shutdown=halt", *parameters],
                           stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                           timeout=120, check=False)
        except subprocess.TimeoutExpired:
            return False
    return True
