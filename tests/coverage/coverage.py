#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Add up what several builds of one source file have run of it.

Each build is NAME=NOTES, the .gcno file of an object, with the counters, the
.gcda, beside it.  A line is covered where one of the builds has run it.  The
branches of a line are what a compiler made of it: of builds that differ in
their number those with the most count, and they are added up.

What is not covered must be in the list of exceptions, and what is there must
not be covered.  A line of that list is "FUNCTION: TEXT OF THE LINE => N of M",
the branches that are not taken, or "=> not run"; above it is the reason, after
a "#", in one line.
"""

import argparse
import collections
import json
import subprocess
import sys
from pathlib import Path

# the source of a line of code: its executions, and the counts of its branches
Line = collections.namedtuple("Line", "function count branches")


def gcov(notes, source):
    """{number: Line} of a source file in one object."""
    notes = Path(notes).resolve()
    if not notes.with_suffix(".gcda").is_file():
        raise ValueError(f"{notes}: there are no counters beside it")
    done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities",
                           notes.name], cwd=notes.parent, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # it goes on with notes and counters of two builds
    if done.returncode or "mismatch" in done.stderr:
        raise ValueError(f"{notes}: {done.stderr.strip()}")
    files = [file for file in json.loads(done.stdout)["files"]
             if file["file"].endswith(source)]
    if len(files) != 1:
        raise ValueError(f"{notes}: {len(files)} files are {source}")
    return {line["line_number"]: Line(line.get("function_name"), line["count"],
                                      [branch["count"] for branch in line["branches"]])
            for line in files[0]["lines"]}


def add_branches(builds):
    """The counts of a line's branches, of the builds that have most of them."""
    most = max(map(len, builds))
    return [sum(counts) for counts in
            zip(*(branches for branches in builds if len(branches) == most))]


def taken(counts):
    return sum(count > 0 for count in counts)


def together(builds):
    """{number: Line} of all builds."""
    total = {}
    for number in sorted(set().union(*builds)):
        lines = [build[number] for build in builds if number in build]
        total[number] = Line(lines[0].function, sum(line.count for line in lines),
                             add_branches([line.branches for line in lines]))
    return total


def gaps(lines, text):
    """What is not covered, in the words of the list, with the line's number."""
    for number, line in lines.items():
        where = f"{line.function}: {text[number - 1].strip()}"
        if not line.count:
            yield number, f"{where} => not run"
        elif taken(line.branches) < len(line.branches):
            missed = len(line.branches) - taken(line.branches)
            yield number, f"{where} => {missed} of {len(line.branches)}"


def exceptions(path):
    """{gap: its reason}, and what is wrong with the list."""
    found, faults, reason = {}, [], None
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("#"):
            reason = line[1:].strip()
        elif not line.strip():
            reason = None
        elif not reason:
            faults.append(f"an exception without a reason: {line}")
        elif line in found:
            faults.append(f"an exception twice: {line}")
        else:
            found[line] = reason
    return found, faults


def row(name, lines):
    """One of the table."""
    def part(some, all_of):
        return f"{some} of {all_of} | {100 * some / all_of if all_of else 100:.1f} %"
    counts = [line.branches for line in lines.values()]
    ran = sum(line.count > 0 for line in lines.values())
    return (f"| {name} | {part(ran, len(lines))} | "
            f"{part(sum(map(taken, counts)), sum(map(len, counts)))} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("builds", nargs="+", metavar="NAME=NOTES")
    parser.add_argument("--source", type=Path, required=True, help="the source file")
    parser.add_argument("--exceptions", type=Path, required=True)
    parser.add_argument("--gaps", type=Path, help="where the gaps of each build go")
    args = parser.parse_args()

    text = args.source.read_text(encoding="utf-8").split("\n")
    name = "/".join(args.source.parts[-2:])
    try:
        builds = {build.split("=", 1)[0]: gcov(build.split("=", 1)[1], name)
                  for build in args.builds}
    except (OSError, ValueError) as error:
        print(f"FAIL {error}")
        return 1
    total = together(builds.values())

    print("| build | lines run | | branches taken | |", "|---|---|---|---|---|", sep="\n")
    for build, lines in builds.items():
        print(row(build, lines))
    print(row("together", total))

    if args.gaps:
        args.gaps.write_text("".join(
            f"{build} {number} {gap}\n" for build, lines in {**builds, "together": total}.items()
            for number, gap in gaps(lines, text)), encoding="utf-8")

    known, faults = exceptions(args.exceptions)
    open_gaps = list(gaps(total, text))
    faults += [f"{name}:{number}: {gap}" for number, gap in open_gaps if gap not in known]
    stale = set(known) - {gap for _, gap in open_gaps}
    faults += [f"not so, and in the list: {gap}" for gap in known if gap in stale]
    excepted = [gap for gap in known if gap not in stale]
    for gap in excepted:
        print(f"excepted: {gap}", f"          {known[gap]}", sep="\n")
    for fault in faults:
        print(f"FAIL {fault}")
    print(f"{len(total) + sum(len(line.branches) for line in total.values())} lines and branches, "
          f"{len(excepted)} exceptions, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
