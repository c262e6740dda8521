#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run KUnit with a kernel for User Mode Linux that counts in one file.

usage: um.py OUT LOG FLAG...

It is a copy of OUT/um, which scripts/kunit has built, in OUT/um-gcov, with
security/commoncap_ns.c compiled anew, with these flags.  That is not
CONFIG_GCOV, which counts in all files, and takes a build of its own.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "mutants"))

from kernel import Kernel, kunit

SOURCE = "security/commoncap_ns.c"


def with_counters(kernel):
    """Put what writes the counters into the object, by another name where the kernel has it."""
    file = kernel.build / SOURCE
    counted, own = file.with_suffix(".o"), file.with_suffix(".libgcov.a")
    library = subprocess.run(["gcc", "-print-file-name=libgcov.a"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout.strip()
    subprocess.run(["objcopy", "--redefine-sym", "mangle_path=gcov_mangle_path",
                    library, own], check=True)
    both = counted.with_suffix(".both")
    subprocess.run(["ld", "-r", "-o", both, counted, own], check=True)
    os.replace(both, counted)


def main():
    out, log, *flags = sys.argv[1:]
    kernel = Kernel(Path(out), "um", "gcov", "um")
    # counters of an earlier run would be added to
    (kernel.build / SOURCE).with_suffix(".gcda").unlink(missing_ok=True)
    kernel.compile_with(SOURCE, f"-fprofile-arcs -ftest-coverage {' '.join(flags)} "
                                f"-include {HERE}/um.h")
    with_counters(kernel)
    kernel.link()
    if not kunit(kernel, log):
        sys.exit("KUnit did not end")


if __name__ == "__main__":
    main()
