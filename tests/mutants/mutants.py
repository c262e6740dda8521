#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Mutants of security/commoncap_ns.c, and who catches them.

Each mutant has one operator, condition, constant or statement changed.  All of
them are in one program, or kernel (see schemata.py).  A mutant is caught by

  user   the random checks against the oracle, in user space,
  kunit  KUnit, under User Mode Linux,
  guest  the kselftests, in a guest; only those mutants that neither has caught,

when that run, with just it switched on, fails, crashes or does not end.
Results are kept in OUT/mutants; the totals are of all that have been run.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOP / "tests/lib"))

from guest import run_variants
from kernel import Kernel, kunit
from schemata import IN_KERNEL, IN_USER_SPACE, Source

SOURCE = "security/commoncap_ns.c"
STAGES = ("user", "kunit", "guest")
ROUNDS = "100000"
# in one guest, so that it ends in some minutes
GUEST_MUTANTS = 30
# compiled with tracepoints only, which the guest's kernel alone has
NEED_TRACEPOINTS = ("nscaps_fill_event",)
# who looks at what a function does, for the guest
TESTS = {
    "nscaps_fill_event": ["trace_test"],
    "nscaps_audit_exec": ["audit_test"],
    "nscaps_audit_reason": ["audit_test"],
    "nscaps_audit": ["audit_test"],
    "nscaps_creds": ["audit_test", "trace_test"],
}
OTHER_TESTS = ["trace_test", "xattr_test", "exec_test", "threats_test"]

# pattern, replacements
OPERATORS = [
    (r"==", ["!="]), (r"!=", ["=="]),
    (r"(?<!<)<(?![<=])(?= )", ["<=", ">"]),
    (r"&&", ["||"]), (r"\|\|", ["&&"]),
    (r"(?<=\s)\|(?=\s)", ["&", "^"]), (r"\|=", ["=", "&="]),
    (r"(?<=[a-z] )&(?= )", ["|"]), (r"&=", ["=", "|="]), (r"<<", [">>"]),
    (r"\b32\b", ["31", "16", "0"]), (r"~", [""]),
    (r"(?<![\w])0(?![\w.])", ["1"]), (r"\btrue\b", ["false"]),
    (r"\bfalse\b", ["true"]), (r"(?<=[( |&])!(?=[a-z(])", [""]),
    (r"_REVISION_1\b", ["_REVISION_2"]), (r"_REVISION_2\b", ["_REVISION_1", "_REVISION_3"]),
    (r"_REVISION_3\b", ["_REVISION_2"]), (r"_SZ_1\b", ["_SZ_2", "_SZ_1 - 1"]),
    (r"_SZ_2\b", ["_SZ_3", "_SZ_2 - 1", "_SZ_2 + 1"]), (r"_SZ_3\b", ["_SZ_2", "_SZ_3 + 1"]),
    (r"data\[0\]", ["data[1]"]), (r"data\[1\]", ["data[0]"]),
    (r"-E[A-Z]+", ["-EIO", "0"]), (r"lower_32_bits", ["upper_32_bits"]),
    (r"upper_32_bits", ["lower_32_bits"]), (r"permitted", ["inheritable"]),
    (r"inheritable", ["permitted"]), (r"make_vfsuid", ["from_vfsuid"]),
    (r"from_kuid\(", ["make_kuid("]), (r"CAP_SETFCAP", ["CAP_SETUID"]),
    (r"caller_ns", ["&init_user_ns"]), (r"\bfs_ns\b", ["&init_user_ns", "current_user_ns()"]),
    (r"->parent", ["->parent->parent"]), (r"\bidmap\b", ["&nop_mnt_idmap"]),
    (r"(?<=return )nscaps_root_owns", ["!nscaps_root_owns"]),
]
STATEMENT = re.compile(r"^\t+(?!return|struct|const|u32|int|ssize_t|for|if|case|switch|default|break)[^#]*;$")
CONDITION = re.compile(r"^(\t+if \()(.*)\)( \{)?$")


def nesting(line):
    """How far it opens or closes brackets; else than that of the line, and nothing compiles."""
    return [line.count(left) - line.count(right) for left, right in ("()", "{}", "[]")]


def of_line(line):
    """The line with one thing changed, for all such things."""
    made = []
    if line.lstrip().startswith(("/*", "*")):
        return made
    for pattern, replacements in OPERATORS:
        for match in re.finditer(pattern, line):
            made += [line[:match.start()] + new + line[match.end():] for new in replacements]
    if match := CONDITION.match(line):
        made += [f"{match[1]}{new}){match[3] or ''}" for new in ("true", "false")]
    if STATEMENT.match(line):
        made.append(re.match(r"\t+", line)[0] + ";")
    return [new for new in dict.fromkeys(made) if new != line and nesting(new) == nesting(line)]


class Mutant:
    """One change."""

    def __init__(self, function, index, new):
        self.function = function
        self.index = index  # of the line in the body
        self.new = new

    @property
    def line(self):
        return self.function.brace + self.index + 1

    @property
    def old(self):
        return self.function.body[self.index]

    def text(self):
        body = list(self.function.body)
        body[self.index] = self.new
        return self.function.signature + body

    @property
    def change(self):
        return f"{self.old.strip()} => {self.new.strip()}"

    def __str__(self):
        return f"{self.line}: {self.change}"


def all_mutants(source):
    """{number: Mutant}; the number depends on the source alone."""
    found = [Mutant(function, index, new)
             for function in source.functions
             for index, line in enumerate(function.body)
             for new in of_line(line)]
    return dict(enumerate(found, 1))


class Results:
    """What became of each mutant, by stage: caught, survived or void."""

    def __init__(self, file, source):
        self.file = file
        self.text = "\n".join(source.lines)
        self.stages = {}
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            # of another source they mean nothing
            if kept["source"] == self.text:
                self.stages = {stage: {int(number): what for number, what in results.items()}
                               for stage, results in kept["stages"].items()}
        except (OSError, ValueError, KeyError):
            pass

    def keep(self, stage, results):
        self.stages[stage] = results
        self.file.write_text(json.dumps({"source": self.text, "stages": self.stages}),
                             encoding="utf-8")

    def caught(self, number):
        return any(results.get(number) == "caught" for results in self.stages.values())

    def alive(self, number):
        """It was tried, and nothing has caught it."""
        return not self.caught(number) and any(results.get(number) == "survived"
                                               for results in self.stages.values())


def add(source, mutants, tracepoints=False):
    """Put into the source those of the mutants that are compiled."""
    for number, mutant in mutants.items():
        if tracepoints or mutant.function.name not in NEED_TRACEPOINTS:
            source.add(number, mutant.function, mutant.text())


def user(source, mutants, args):
    """The random checks, with all mutants in one program."""
    work = args.out / "mutants"
    program = work / "suite"
    add(source, mutants)
    file = work / "variants.c"
    void = source.build(file, [*args.compiler, f'-DNSCAPS_SOURCE="{file}"', "-o", program])

    def run(number):
        try:
            done = subprocess.run([program, "1", ROUNDS], timeout=120, check=False,
                                  capture_output=True,
                                  env={**os.environ, "NSCAPS_MUTANT": str(number)})
        except subprocess.TimeoutExpired:
            return "caught"
        return "caught" if done.returncode else "survived"

    return each(source, void, run)


def each(source, void, run):
    """run() of each mutant in the source, two at a time; 0 is none, and must survive."""
    if run(0) != "survived":
        raise RuntimeError("the code as it is does not pass")
    numbers = list(source.variants)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = dict(zip(numbers, pool.map(run, numbers)))
    return {**results, **dict.fromkeys(void, "void")}


def with_kunit(source, mutants, args):
    """KUnit, a boot of a second or two for each mutant."""
    kernel = Kernel(args.out, "um", "mutants", "um")
    add(source, mutants)
    void = kernel.compile(SOURCE, source)
    kernel.link()
    logs = args.out / "mutants/kunit"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)

    def run(number):
        log = logs / f"{number}.log"
        if not kunit(kernel, log, f"nscaps_mutant={number}"):
            return "caught"
        judged = subprocess.run([TOP / "scripts/judge", log, "--expected",
                                 TOP / "tests/expected/kunit.txt"], check=False,
                                capture_output=True)
        return "caught" if judged.returncode else "survived"

    return each(source, void, run)


def guest(source, mutants, args):
    """The kselftests, of those mutants that nothing has caught yet."""
    kernel = Kernel(args.out, "compare", "mutants", "x86_64")
    left = {number: mutant for number, mutant in mutants.items()
            if not args.results.caught(number)}
    add(source, left, tracepoints=True)
    results = dict.fromkeys(kernel.compile(SOURCE, source), "void")
    kernel.link()
    while numbers := [number for number in source.variants if number not in results]:
        # a mutant may take the guest down; the others go on in the next
        some = kselftests(kernel, numbers, left, args)
        if not some:
            raise RuntimeError("the guest did not run")
        results.update(some)
    return results


def kselftests(kernel, numbers, mutants, args):
    """What becomes of the first of these, as far as one guest comes."""
    wanted = {number: TESTS.get(mutants[number].function.name, OTHER_TESTS)
              for number in numbers[:GUEST_MUTANTS]}
    tests = sorted({test for some in wanted.values() for test in some})
    lines = [f"0 none {test}" for test in tests]
    lines += [f"{number} {number} {test}" for number, some in wanted.items() for test in some]
    failed, ended = run_variants(kernel.image, args.out / "initramfs-compare.cpio.gz",
                                 args.out / "mutants/guest", lines)
    for test in tests:
        if failed.get(("none", test), ["did not run"]):
            raise RuntimeError(f"{test} does not pass with the code as it is")
    results = {}
    for number, some in wanted.items():
        ran = [failed[str(number), test] for test in some if (str(number), test) in failed]
        if any(ran):
            results[number] = "caught"
        elif len(ran) == len(some):
            results[number] = "survived"
        else:
            # it was under way when the guest went down
            if not ended:
                results[number] = "caught"
            break
    return results


STAGE_RUNS = {"user": user, "kunit": with_kunit, "guest": guest}


def report(mutants, results):
    """One line for each that nothing caught, then the totals."""
    for number, mutant in mutants.items():
        if results.alive(number):
            print(f"survived: {mutant}")
    for stage, of_stage in results.stages.items():
        what = list(of_stage.values())
        print(f"{stage}: {what.count('caught') + what.count('survived')} mutants: "
              f"{what.count('caught')} caught, {what.count('survived')} survived; "
              f"{what.count('void')} did not compile")
    caught = sum(map(results.caught, mutants))
    alive = sum(map(results.alive, mutants))
    print(f"all: {caught + alive} mutants: {caught} caught, {alive} survived, "
          f"{100 * caught / (caught + alive):.1f} %")


def explained():
    """The changes in the file "survivors"."""
    text = (HERE / "survivors").read_text(encoding="utf-8")
    return {line for line in text.split("\n") if line and not line.startswith("#")}


def faults(mutants, results, stage):
    """What is not as the file "survivors" has it."""
    known = explained()
    alive = {mutant.change for number, mutant in mutants.items() if results.alive(number)}
    found = [f"survives, and is not explained: {change}" for change in sorted(alive - known)]
    if stage == "user":
        # what the kernel's tests have caught before is explained all the same
        survivors = {mutant.change for number, mutant in mutants.items()
                     if results.stages[stage].get(number) == "survived"}
        found += [f"is explained, and does not survive: {change}"
                  for change in sorted(known - survivors)]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("out", type=Path, help="where the kernels are")
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("compiler", nargs="*", help="of user: the command, but for the output")
    args = parser.parse_intermixed_args()
    begin = time.monotonic()
    prologue = IN_USER_SPACE if args.stage == "user" else IN_KERNEL
    source = Source(args.out / "linux" / SOURCE, prologue)
    mutants = all_mutants(source)
    (args.out / "mutants").mkdir(exist_ok=True)
    args.results = results = Results(args.out / "mutants/results.json", source)
    try:
        results.keep(args.stage, STAGE_RUNS[args.stage](source, mutants, args))
    except RuntimeError as error:
        print(f"nscaps: mutants: {error}", file=sys.stderr)
        return 1
    report(mutants, results)
    print(f"in {time.monotonic() - begin:.0f} s")
    bad = faults(mutants, results, args.stage)
    for fault in bad:
        print(f"FAIL {fault}")
    tried = [what for what in results.stages[args.stage].values() if what != "void"]
    print(f"{0 if bad else len(tried)} passed, {len(bad)} failed")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
