# SPDX-License-Identifier: GPL-2.0
"""Many variants of the functions of a C file in one source.

Each function that has variants is replaced by one that looks at the number in
nscaps_mutant and calls the variant of that number, or, for any other number,
the function as it was.  So one build, and for a kernel one boot, does for all
of them.  The file is expected to be in the kernel's style.
"""

import re
import subprocess
from pathlib import Path

NAME = "nscaps_mutant"

# where the number comes from
IN_KERNEL = f"""#include <linux/moduleparam.h>
int {NAME};
core_param({NAME}, {NAME}, int, 0644);
"""
IN_USER_SPACE = f"""#include <stdlib.h>
static int {NAME};
static void __attribute__((constructor)) pick_mutant(void)
{{
	const char *number = getenv("NSCAPS_MUTANT");

	{NAME} = number ? atoi(number) : 0;
}}
"""
# there are no warnings, so a note is of an error, in a macro from elsewhere
ERROR = re.compile(r"^mutant-(\d+):\d+:(?:\d+:)? (?:(?:fatal )?error|note):", re.M)


class Function:
    """A function: the numbers of its lines, its name and its parameters."""

    def __init__(self, lines, begin, brace, end):
        self.begin = begin
        self.brace = brace
        self.end = end
        self.signature = lines[begin:brace]
        self.body = lines[brace:end]
        match = self.parsed(self.signature)
        self.name = match[2]
        self.returns = not re.fullmatch(r"(?:static |noinline |inline )*void ?", match[1])
        names = [one.split()[-1].lstrip("*") for one in match[3].split(",")]
        self.arguments = "" if names == ["void"] else ", ".join(names)

    @staticmethod
    def parsed(signature):
        """Its type, name and parameters; None of a macro's, or where one is a function."""
        text = " ".join(line.strip() for line in signature)
        return re.fullmatch(r"(\w[\w *]*[ *])(\w+)\(([\w *,]+)\)", text)

    def text(self):
        return self.signature + self.body

    def renamed(self, lines, number):
        """These lines, the function's own or edited ones, as a variant."""
        text = re.sub(rf"\b{self.name}\(", f"{self.name}__{number}(", "\n".join(lines), count=1)
        return text if text.startswith("static ") else "static " + text

    def call(self, number):
        call = f"{self.name}__{number}({self.arguments});"
        return f"return {call}" if self.returns else f"{call} return;"

    def dispatcher(self, numbers):
        cases = [f"\tcase {number}: {self.call(number)}" for number in numbers]
        return "\n".join([*self.signature, "{", f"\tswitch ({NAME}) {{", *cases,
                          f"\tdefault: {self.call(0)}", "\t}", "}"])


def functions(lines):
    """The functions of a file, in order, but for those of an unusual form."""
    begin = brace = None
    for number, line in enumerate(lines):
        if line == "{":
            brace = number
            begin = number - 1
            while begin and not re.search(r"^$|^#|\*/$|^}", lines[begin - 1]):
                begin -= 1
        elif line == "}" and brace is not None:
            if Function.parsed(lines[begin:brace]):
                yield Function(lines, begin, brace, number + 1)
            brace = None


class Source:
    """A file and the variants of its functions."""

    def __init__(self, path, prologue):
        self.path = Path(path)
        self.prologue = prologue
        self.lines = self.path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        self.functions = list(functions(self.lines))
        self.variants = {}  # number: (function, lines)

    def function(self, name):
        return next((f for f in self.functions if f.name == name), None)

    def add(self, number, function, lines):
        self.variants[number] = (function, lines)

    def text(self):
        numbers = {}
        for number, (function, _) in self.variants.items():
            numbers.setdefault(function.begin, []).append(number)
        parts = [self.prologue.rstrip("\n"), self.at(0)]
        done = 0
        for function in self.functions:
            if function.begin not in numbers:
                continue
            parts += self.lines[done:function.begin]
            parts.append(function.renamed(function.text(), 0))
            for number in numbers[function.begin]:
                parts += [f'#line 1 "mutant-{number}"',
                          function.renamed(self.variants[number][1], number)]
            parts += [self.at(function.end), function.dispatcher(numbers[function.begin]),
                      self.at(function.end)]
            done = function.end
        parts += self.lines[done:]
        return "\n".join(parts) + "\n"

    def at(self, number):
        return f'#line {number + 1} "{self.path.name}"'

    def build(self, file, compiler, **how):
        """Write it and compile it; variants that do not compile are left out.

        Return the numbers of these.
        """
        void = []
        while True:
            Path(file).write_text(self.text(), encoding="utf-8")
            done = subprocess.run(compiler, stdout=subprocess.DEVNULL, text=True,
                                  stderr=subprocess.PIPE, check=False, **how)
            if not done.returncode:
                return void
            bad = {int(number) for number in ERROR.findall(done.stderr)}
            if not bad & self.variants.keys():
                raise RuntimeError(f"{self.path.name} with its variants does not compile:\n"
                                   f"{done.stderr[-2000:]}")
            for number in bad & self.variants.keys():
                del self.variants[number]
                void.append(number)
