#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Take out each protection in turn, and see that its tests fail.

What is taken out is in the file "protections".  A copy of the build of the
kernel "compare" gets the edited file, and only that is compiled and linked.
"""

import argparse
import configparser
import fnmatch
import os
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
SOURCE = "security/commoncap_ns.c"


def die(text):
    print(f"nscaps: attacks: {text}", file=sys.stderr)
    sys.exit(1)


def edited(text, function, edit):
    """The source with that function edited, or None when nothing changed."""
    start = re.search(rf"^\S.*\b{function}\([^;]*?^{{$", text, re.M)
    if not start:
        return None
    end = text.index("\n}\n", start.end()) + 3
    body = text[start.start():end]
    after = subprocess.run(["sed", edit], input=body, text=True,
                           stdout=subprocess.PIPE, check=True).stdout
    return None if after == body else text[:start.start()] + after + text[end:]


class Kernel:
    """A copy of a kernel's build, for one edited file."""

    def __init__(self, out):
        self.tree = out / "linux"
        self.build = out / "attacks"
        self.image = self.build / "arch/x86/boot/bzImage"
        subprocess.run(["rsync", "-a", "--delete", f"{out}/compare/", f"{self.build}/"],
                       check=True)
        saved = (self.build / "security/.commoncap_ns.o.cmd").read_text(encoding="utf-8")
        self.command = re.search(r"^savedcmd_\S+ := (.*)$", saved, re.M)[1]
        self.text = (self.tree / SOURCE).read_text(encoding="utf-8")

    def make(self, text):
        """Compile the text as the file would be, and link it."""
        file = self.build / "edited.c"
        file.write_text(text, encoding="utf-8")
        command = re.sub(rf"\S*/{SOURCE}", str(file), self.command)
        # the static functions that nothing calls any more are no error here
        command = command.replace("-Werror", "")
        subprocess.run(["sh", "-c", command], cwd=self.build, check=True,
                       stderr=subprocess.DEVNULL)
        subprocess.run(["make", "-s", "-C", self.tree, f"O={self.build}", "ARCH=x86_64",
                        f"-j{os.environ.get('JOBS') or os.cpu_count()}", "bzImage"],
                       check=True, stdout=subprocess.DEVNULL, env=same_version())


def same_version():
    return {**os.environ, "KBUILD_BUILD_TIMESTAMP": "1970-01-01",
            "KBUILD_BUILD_USER": "nscaps", "KBUILD_BUILD_HOST": "nscaps",
            "CC": os.environ["KCC"]}


def failed_tests(out, test):
    """The names of the tests that fail in a guest with that kernel."""
    done = subprocess.run([TOP / "scripts/guest-run", "attacks", "kselftest",
                           "--initrd", out / "initramfs-compare.cpio.gz"],
                          env={**os.environ, "TEST": test}, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    failed = re.findall(r"^FAIL failed: \S+ (\S+)", done.stdout, re.M)
    ran = re.search(r"^(\d+) passed, (\d+) failed$", done.stdout, re.M)
    if not ran:
        die(f"the guest did not run:\n{done.stdout}")
    return failed


def attack(kernel, out, name, protection):
    """The complaint, or None when all is as it should be."""
    text = edited(kernel.text, protection["function"], protection["edit"])
    if text is None:
        return "the edit changes nothing"
    kernel.make(text)
    failed = failed_tests(out, protection["test"])
    missing = [want for want in protection["fails"].split()
               if not fnmatch.filter(failed, want)]
    print(f"  without {name}: {len(failed)} tests of {protection['test']} fail", flush=True)
    return f"passes without it: {' '.join(missing)}" if missing else None


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("out", type=Path, help="where the kernels are")
    arguments.add_argument("protection", nargs="*", help="only these")
    args = arguments.parse_args()
    protections = configparser.ConfigParser(interpolation=None)
    with open(HERE / "protections", encoding="utf-8") as file:
        protections.read_file(file)
    begin = time.monotonic()
    kernel = Kernel(args.out)
    passed = failed = 0
    for name in args.protection or protections.sections():
        complaint = attack(kernel, args.out, name, protections[name])
        if complaint:
            failed += 1
            print(f"not ok {passed + failed} {name} # {complaint}", flush=True)
        else:
            passed += 1
            print(f"ok {passed + failed} {name}", flush=True)
    print(f"in {time.monotonic() - begin:.0f} s")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
