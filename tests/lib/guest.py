# SPDX-License-Identifier: GPL-2.0
"""Guests that are given more than their initramfs has."""

import importlib.machinery
import importlib.util
import secrets
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent


def script(name):
    """One of scripts/ as a module."""
    loader = importlib.machinery.SourceFileLoader(name, str(TOP / "scripts" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def add_to_initramfs(base, root, image):
    """Write an initramfs: that of the base and, appended to it, all below root."""
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
    archive = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"],
                             input="\n".join(names).encode(), cwd=root,
                             stdout=subprocess.PIPE, check=True).stdout
    first = base.read_bytes()
    # the kernel looks for an archive that is not compressed at multiples of 4
    image.write_bytes(first + bytes(-len(first) % 4) + archive)
    return image


class Guest:
    """A guest that runs."""

    def __init__(self, kernel, image, mode, log, timeout, append=(), cpus=2):
        self.log = log
        self.nonce = secrets.token_hex(8)
        command = [TOP / "scripts/boot", "--mode", mode, "--show", "none",
                   "--kernel", kernel, "--initrd", image, "--log", log,
                   "--nonce", self.nonce, "--silence", "600", "--timeout", timeout,
                   "--cpus", cpus]
        for option in append:
            command += ["--append", option]
        self.process = subprocess.Popen(list(map(str, command)))

    def wait(self):
        """Did it end by itself?"""
        return self.process.wait() == 0


def run_variants(kernel, base, work, lines):
    """Boot once, and run kselftests with variants of the kernel's functions.

    Each line is the variant's number, a label and the test, see scripts/guest/init.
    Return {(label, test): [tests that failed]} of those that ended, and whether
    the guest did.
    """
    judge = script("judge")
    root = work / "root"
    (root / "variants").mkdir(parents=True, exist_ok=True)
    (root / "variants/list").write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    image = add_to_initramfs(base, root, work / "initramfs.cpio")
    guest = Guest(kernel, image, "variants", work / "guest.log", 3600)
    ended = guest.wait()
    log = judge.Ktap()
    failed = {}
    for line in judge.lines_of(guest.log):
        if match := judge.EXIT.fullmatch(line):
            label, test = match[1].split(".", maxsplit=1)
            faults, results = log.faults, log.results
            log.end_binary(match)
            failed[label, test] = ([name.split(" ", maxsplit=1)[1]
                                    for name, verdict, _ in results if verdict != "passed"] +
                                   faults)
            log = judge.Ktap()
        else:
            log.feed(line)
    return failed, ended
