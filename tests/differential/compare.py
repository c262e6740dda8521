#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compare what two kernels answered, and shrink what they differ in.

The generator is run in two guests, stock and ours, on the same plan.  Each
difference must be one of those in the file "deliberate", or of the base.  For
the first one that is not, operations are left out of its episode, in as many
runs as that takes and at most some, for as long as there is such a difference.
"""

import argparse
import configparser
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOP / "tests/lib"))

from guest import Guest, add_to_initramfs

LINE = re.compile(r"((\d+)\.(\S+)) (.*?) = (.*)")
RAW = re.compile(r"raw (r\d+) (\d+:\S*)")
FILE = re.compile(r"/(r\d+) ")
# of an episode, about a second under emulation
EPISODE = 400
CHUNKS = 8
MAX_BOOTS = 14


def die(text):
    print(f"nscaps: differential: {text}", file=sys.stderr)
    sys.exit(1)


class Log:
    """What one kernel answered: runs, each of lines."""

    def __init__(self, path):
        self.runs = []
        self.raw = {}
        text = Path(path).read_text(encoding="utf-8", errors="replace")
        for line in text.replace("\r", "").split("\n"):
            if match := RAW.fullmatch(line):
                self.raw[match[1]] = match[2]
            elif line.startswith("run "):
                self.runs.append((line[4:], []))
            elif (match := LINE.fullmatch(line)) and self.runs:
                self.runs[-1][1].append(match)


class Difference:
    """One line that differs."""

    def __init__(self, plan, key, operation, stock, ours):
        self.plan = plan
        self.key = key
        self.operation = operation
        self.stock = stock
        self.ours = ours
        self.reason = None

    @property
    def episode(self):
        return int(self.key.split(".")[0])

    @property
    def number(self):
        """Of the operation; None for what is at the begin or the end."""
        number = self.key.split(".")[1]
        return int(number) if number.isdigit() else None

    def __str__(self):
        return (f"  {self.key} {self.operation}\n"
                f"    stock: {self.stock}\n    ours:  {self.ours}")


class Deliberate:
    """The differences that are meant."""

    def __init__(self, paths):
        self.parser = configparser.ConfigParser(interpolation=None)
        # as one text, in which no difference may stand twice
        texts = [Path(path).read_text(encoding="utf-8") for path in paths]
        self.parser.read_string("\n".join(texts), ", ".join(map(str, paths)))
        for name in self.parser.sections():
            missing = {"reason", "operation", "stock", "ours"} - set(self.parser[name])
            if missing:
                die(f"the difference [{name}] has no {', '.join(sorted(missing))}")

    def names(self):
        return self.parser.sections()

    def reason(self, difference, raw):
        """The name of the first that it is, or None."""
        file = FILE.search(difference.operation)
        texts = {
            "operation": difference.operation,
            "stock": difference.stock,
            "ours": difference.ours,
            "raw": raw.get(file[1], "") if file else "",
        }
        for name in self.parser.sections():
            section = self.parser[name]
            if all(re.fullmatch(section[key], text)
                   for key, text in texts.items() if key in section):
                return name
        return None


def differences(stock, ours, deliberate):
    """All lines that differ; (number of lines, [Difference])."""
    if [run[0] for run in stock.runs] != [run[0] for run in ours.runs]:
        die("the two guests did not do the same runs")
    if stock.raw != ours.raw:
        die("the two guests do not have the same values on the disk")
    found = []
    count = 0
    for (plan, left), (_, right) in zip(stock.runs, ours.runs):
        if len(left) != len(right):
            die(f"the logs have {len(left)} and {len(right)} lines, plan {plan}")
        for a, b in zip(left, right):
            count += 1
            if (a[1], a[4]) != (b[1], b[4]):
                die(f"out of step: {a[0]} in stock, {b[0]} in ours")
            if a[5] != b[5]:
                difference = Difference(plan, a[1], a[4], a[5], b[5])
                difference.reason = deliberate.reason(difference, ours.raw)
                found.append(difference)
    return count, found


class Guests:
    """The two guests, at the same time, and what they say."""

    def __init__(self, args):
        self.args = args
        self.kernels = {"stock": args.stock, "ours": args.ours}
        self.boots = 0

    def pack(self, plan):
        """The initramfs with the generator and the plan appended to it."""
        work = self.args.work
        tests = work / "root/differential/nscaps"
        tests.mkdir(parents=True, exist_ok=True)
        for name in ("differential", "print_caps"):
            (tests / name).write_bytes((work / name).read_bytes())
            (tests / name).chmod(0o755)
        # where the base's own differences leave files that are not the same
        if self.args.deliberate_here:
            plan = ["renew malformed", *plan]
        (tests / "plan").write_text("".join(line + "\n" for line in plan), encoding="ascii")
        (tests.parent / "kselftest-list.txt").write_text("nscaps:differential\n",
                                                         encoding="ascii")
        return add_to_initramfs(self.args.initrd, work / "root", work / "initramfs.cpio")

    def boot(self, plan):
        """Both logs of one plan."""
        self.boots += 1
        image = self.pack(plan)
        running = {}
        for side, kernel in self.kernels.items():
            append = self.args.ours_append if side == "ours" else ()
            running[side] = Guest(kernel, image, "differential",
                                  self.args.logs / f"{side}.log", self.args.timeout,
                                  ["lsm=", *append], cpus=1)
        # both are to end before anything is said
        ended = {side: guest.wait() for side, guest in running.items()}
        for side, guest in running.items():
            self.judge(side, guest, ended[side])
        return Log(running["stock"].log), Log(running["ours"].log)

    def judge(self, side, guest, ended):
        log = guest.log
        done = subprocess.run([TOP / "scripts/judge", log, "--kernel-log", f"{log}.kernel",
                               "--nonce", guest.nonce, "--expected", "-"],
                              input="differential episodes\n", text=True,
                              stdout=subprocess.PIPE, check=False)
        if not ended or done.returncode:
            print(done.stdout, end="")
            die(f"the guest with {side} failed (see {log}, {log}.kernel)")


class Shrinker:
    """Leave out operations while there is a difference that is not meant."""

    def __init__(self, guests, deliberate, difference, operations):
        self.guests = guests
        self.deliberate = deliberate
        self.seed = difference.plan.split()[0]
        self.episode = difference.episode
        last = operations - 1 if difference.number is None else difference.number
        self.left = list(range(last + 1))
        self.shown = None

    def plan(self, numbers):
        return " ".join(map(str, [self.seed, self.episode, 1, 0, *numbers]))

    def failing(self, candidates):
        """Those of the candidates, each a list of operations, that still do."""
        plans = [self.plan(numbers) for numbers in candidates]
        stock, ours = self.guests.boot(plans)
        _, found = differences(stock, ours, self.deliberate)
        bad = {d.plan: d for d in found if not d.reason}
        result = [numbers for numbers, plan in zip(candidates, plans) if plan in bad]
        if result:
            best = min(result, key=len)
            self.note(best, self.plan(best), stock, ours)
        return result

    def note(self, numbers, run, stock, ours):
        """Keep what the shortest sequence so far looks like."""
        if self.shown and len(self.shown[0]) <= len(numbers):
            return
        left = next(lines for plan, lines in stock.runs if plan == run)
        right = next(lines for plan, lines in ours.runs if plan == run)
        self.shown = (numbers, run, left, right)

    def shrink(self):
        # often it is the last one alone
        candidates = [[self.left[-1]], self.left]
        found = self.failing(candidates)
        if not found:
            return False
        self.left = min(found, key=len)
        size = max(1, len(self.left) // CHUNKS)
        while len(self.left) > 1 and self.guests.boots < MAX_BOOTS:
            before = len(self.left)
            self.remove(size)
            if size == 1 and len(self.left) == before:
                break
            size = max(1, min(size // 2, len(self.left) // CHUNKS))
        return True

    def remove(self, size):
        """Leave out as many chunks of this size as possible, in two runs."""
        chunks = [self.left[i:i + size] for i in range(0, len(self.left), size)]

        def without(some):
            gone = {number for chunk in some for number in chunk}
            return [number for number in self.left if number not in gone]

        alone = [without([chunk]) for chunk in chunks]
        failing = self.failing(alone)
        removable = [chunk for chunk, rest in zip(chunks, alone) if rest in failing]
        if not removable:
            return
        together = [without(removable[:i]) for i in range(1, len(removable) + 1)]
        self.left = min(self.failing(together), key=len, default=alone[chunks.index(removable[0])])

    def show(self):
        numbers, run, left, right = self.shown
        print(f"shrunk to {len(numbers)} of its operations, in {self.guests.boots} runs:")
        files = {match[0] for line in left if line[3].isdigit()
                 for match in re.finditer(r"\S+/\w+", line[4])}
        for a, b in zip(left, right):
            if a[5] != b[5]:
                print(Difference(run, a[1], a[4], a[5], b[5]))
            elif (a[3].isdigit() or a[3] == "ns" or
                  a[3] == "initial" and any(file in a[4].split() for file in files)):
                print(f"  {a[1]} {a[4]} = {a[5]}")
        print(f"again: {self.guests.args.again} --plan '{run}'")


def report(count, found, deliberate, what):
    """One line of sums; the differences that are not meant."""
    meant = Counter(d.reason for d in found if d.reason)
    bad = [d for d in found if not d.reason]
    sums = ", ".join(f"{name}: {meant[name]}" for name in deliberate.names())
    print(f"{what}: {count} lines, {count - len(found)} the same, "
          f"{sum(meant.values())} differ as meant ({sums}), {len(bad)} as not meant")
    return bad


def shards(args):
    """(plan, operations) of each pair of guests; each has a seed of its own"""
    left = args.operations
    seed = args.seed
    while left > 0:
        now = min(left, args.shard)
        episodes = -(-now // EPISODE)
        yield f"{seed} 0 {episodes} {EPISODE}", episodes * EPISODE
        left -= now
        seed += 1


def fail(guests, deliberate, bad, operations):
    first = bad[0]
    print(f"not meant, seed {first.plan.split()[0]}, {len(bad)} of them, the first:")
    print(first, flush=True)
    guests.boots = 0
    shrinker = Shrinker(guests, deliberate, first, operations)
    if shrinker.shrink():
        shrinker.show()
    else:
        print("not there when the episode is run by itself")
    die("the kernels differ")


def run(args, deliberate):
    guests = Guests(args)
    begin = time.monotonic()
    done = 0
    met = Counter()
    plans = [(args.plan, 0)] if args.plan else shards(args)
    for plan, operations in plans:
        stock, ours = guests.boot([plan])
        count, found = differences(stock, ours, deliberate)
        done += operations
        bad = report(count, found, deliberate, f"plan {plan}")
        sys.stdout.flush()
        met.update(d.reason for d in found)
        if bad:
            if args.plan and len(args.plan.split()) > 4:
                print(*bad, sep="\n")
                die("the kernels differ")
            fail(guests, deliberate, bad, int(plan.split()[3]))
    if not args.plan:
        for name in deliberate.names():
            if not met[name]:
                die(f"no run met the deliberate difference [{name}]")
        print(f"{done} operations on both kernels, seed {args.seed}, in "
              f"{time.monotonic() - begin:.0f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--stock", type=Path, help="its kernel")
    parser.add_argument("--ours", type=Path, help="our kernel")
    parser.add_argument("--initrd", type=Path, help="the initramfs of both")
    parser.add_argument("--work", type=Path, help="where the generator is")
    parser.add_argument("--logs", type=Path)
    parser.add_argument("--operations", type=int, default=50000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shard", type=int, default=100000,
                        help="operations of one pair of guests")
    parser.add_argument("--again", default="scripts/differential",
                        help="the command that runs this")
    parser.add_argument("--plan", help="a line as for the generator, in place of those")
    parser.add_argument("--ours-append", action="append", default=[],
                        help="an option for our kernel only")
    parser.add_argument("--timeout", type=int, default=7200, help="of a guest, seconds")
    parser.add_argument("--deliberate", default=HERE / "deliberate")
    parser.add_argument("--deliberate-here", type=Path, action="append", default=[],
                        help="a file with those of this base alone, beside the others")
    parser.add_argument("--compare", nargs=2, metavar=("STOCK", "OURS"),
                        help="boot nothing, compare these logs")
    args = parser.parse_args()
    deliberate = Deliberate([args.deliberate, *args.deliberate_here])
    if not args.compare:
        os.makedirs(args.logs, exist_ok=True)
        return run(args, deliberate)
    count, found = differences(*map(Log, args.compare), deliberate)
    bad = report(count, found, deliberate, "these logs")
    if bad or not count:
        print(*bad, sep="\n")
        die("the kernels differ" if bad else "there is nothing to compare")
    return 0


if __name__ == "__main__":
    sys.exit(main())
