#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Take out each protection in turn, and see that its tests fail.

What is taken out is in the file "protections".  All of it is in one kernel,
each part to be switched on by its number (tests/mutants/schemata.py).  The
tests run with nothing taken out as well, before the others and after them,
and must pass then.
"""

import argparse
import configparser
import fnmatch
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(TOP / "tests/lib"), str(TOP / "tests/mutants")]

from guest import run_variants
from kernel import Kernel
from schemata import IN_KERNEL, NAME, Source

SOURCE = "security/commoncap_ns.c"
EXTERN = f"extern int {NAME};\n"


def die(text):
    print(f"nscaps: attacks: {text}", file=sys.stderr)
    sys.exit(1)


def edited(function, edit):
    """The function's lines after that edit, or None when nothing changed."""
    before = "".join(f"{line}\n" for line in function.text())
    after = subprocess.run(["sed", edit], input=before, text=True,
                           stdout=subprocess.PIPE, check=True).stdout
    return None if after == before else after.rstrip("\n").split("\n")


def sources(protections, tree):
    """{path: Source} with all that is taken out, each by its number."""
    # the number is defined there
    found = {SOURCE: Source(tree / SOURCE, IN_KERNEL)}
    for number, name in enumerate(protections.sections(), 1):
        path = protections[name].get("file", SOURCE)
        source = found.setdefault(path, Source(tree / path, EXTERN))
        function = source.function(protections[name]["function"])
        lines = function and edited(function, protections[name]["edit"])
        if not lines:
            die(f"[{name}]: the edit changes nothing in {path}")
        source.add(number, function, lines)
    return found


def build(out, protections):
    kernel = Kernel(out, "compare", "attacks", "x86_64")
    for path, source in sources(protections, kernel.tree).items():
        if void := kernel.compile(path, source):
            name = protections.sections()[void[0] - 1]
            die(f"[{name}]: without it {path} does not compile")
    kernel.link()
    return kernel


def complaint(number, protection, failed):
    """None when the tests failed that were to."""
    tests = failed.get((str(number), protection["test"]))
    if tests is None:
        return "its test did not run"
    missing = [want for want in protection["fails"].split()
               if not fnmatch.filter(tests, want)]
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
    try:
        kernel = build(args.out, protections)
    except RuntimeError as error:
        die(error)
    print(f"built in {time.monotonic() - begin:.0f} s", flush=True)
    chosen = {number: name for number, name in enumerate(protections.sections(), 1)
              if not args.protection or name in args.protection}
    tests = sorted({protections[name]["test"] for name in chosen.values()})
    lines = [f"0 before {test}" for test in tests]
    lines += [f"{number} {number} {protections[name]['test']}"
              for number, name in chosen.items()]
    lines += [f"0 after {test}" for test in tests]
    work = args.out / "attacks"
    failed, _ = run_variants(kernel.image, args.out / "initramfs-compare.cpio.gz", work, lines)
    results = []
    for label in ("before", "after"):
        for test in tests:
            some = failed.get((label, test), ["did not run"])
            results.append((f"{test} with all protections, {label}", "; ".join(some)))
    for number, name in chosen.items():
        results.append((f"without {name}", complaint(number, protections[name], failed)))
    for number, (name, fault) in enumerate(results, 1):
        print(f"not ok {number} {name} # {fault}" if fault else f"ok {number} {name}")
    bad = sum(1 for _, fault in results if fault)
    print(f"in {time.monotonic() - begin:.0f} s")
    print(f"{len(results) - bad} passed, {bad} failed")
    sys.exit(bad != 0)


if __name__ == "__main__":
    main()
