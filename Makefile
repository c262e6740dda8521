# SPDX-License-Identifier: GPL-2.0
# Namespaced file capabilities: the way in.  `make help` tells what there is.

BASE ?= 6.12
export BASE KDIR V JOBS TEST FILES CONFIG

.DEFAULT_GOAL := help
.PHONY: help deps fetch prepare build kunit kselftest run shell gdb menuconfig \
	nscap install deb deb-check deb-install deb-tools kernel-doc bench bench-check containers \
	filesystems lsm lsm-stock arm64 \
	differential differential-long attacks \
	fuzz fuzz-guest faults prove mutants mutants-kunit mutants-guest coverage kcsan \
	series lint docs check check-bases clean distclean

# what there is for another architecture
OF_ARCH := help deps fetch prepare build kunit kselftest run shell gdb menuconfig arm64 \
	clean distclean
ifneq ($(filter-out x86_64,$(ARCH)),)
ifneq ($(filter-out $(OF_ARCH),$(MAKECMDGOALS)),)
$(error with ARCH=$(ARCH) there is no $(filter-out $(OF_ARCH),$(MAKECMDGOALS)))
endif
endif

help:
	@echo 'make run         build, boot, and tell a short true story'
	@echo 'make check       all tests, in up to 40 minutes the first time'
	@echo 'make kunit       the KUnit tests, under User Mode Linux'
	@echo 'make kselftest   the kselftests, in a guest with all kernel checks on'
	@echo 'make differential 50,000 operations on ours and on stock, in two guests,'
	@echo '                 and the answers compared; differential-long: 1,000,000'
	@echo 'make attacks     each protection taken out: its tests must fail'
	@echo 'make containers  podman, buildah, crun, LXC, nspawn, bubblewrap, rpm, tar and'
	@echo '                 more in a Debian guest, on ours and on stock'
	@echo 'make filesystems the contract on each filesystem, ours and stock, in two'
	@echo '                 guests, and the table of it, build/BASE/filesystems.md'
	@echo 'make lsm         with EVM and IMA, SELinux, AppArmor, Smack and Landlock, each in'
	@echo '                 a guest of its own; lsm-stock: the same of the stock kernel'
	@echo 'make arm64       KUnit and the kselftests on arm64, cross-built and emulated'
	@echo 'make shell       a shell in the guest'
	@echo 'make gdb         a guest that waits for gdb'
	@echo 'make menuconfig  change the configuration of the kernel of run and shell'
	@echo 'make nscap       the nscap tool, build/nscap'
	@echo 'make install     install it; DESTDIR=/a/root PREFIX=/usr/local'
	@echo 'make deb         the Debian packages linux-image, linux-headers and nscaps-tools,'
	@echo '                 build/deb; CONFIG=/a/config in place of our configuration'
	@echo 'make deb-check   the same, and the kselftests on the kernel of the package'
	@echo 'make deb-install the same with CONFIG=, installed in a Debian, booted and purged'
	@echo 'make deb-tools   the package of the tool and its manual alone'
	@echo 'make bench       what a call costs in instructions, ours and stock'
	@echo 'make bench-check the same, held against tests/bench/bounds'
	@echo 'make series      the patches to send, build/BASE/patches, each checked'
	@echo 'make check-bases which diffs all bases share, and which drift'
	@echo 'make lint        checkpatch, sparse, W=1, kernel-doc, shellcheck'
	@echo 'make docs        the HTML of the manual, build/BASE/docs'
	@echo 'make kernel-doc  manual pages of the functions, section 9, build/BASE/man'
	@echo 'make fuzz        fuzz the implementation in user space, FUZZ_TIME=60 seconds'
	@echo 'make fuzz-guest  fuzz the system calls in a guest with all kernel checks on,'
	@echo '                 FUZZ_TIME=120 seconds; SEED= EPISODE= do it again'
	@echo 'make prove       what CBMC can show of it; faults: bugs that must be found'
	@echo 'make mutants     try mutants of it in user space; mutants-kunit: with KUnit;'
	@echo '                 mutants-guest: what these have not caught, with the kselftests'
	@echo 'make coverage    the lines and branches of it that the tests run, by gcov'
	@echo 'make kcsan       the kselftests in a kernel that looks for data races'
	@echo 'make fetch       the pinned kernel source, build/cache'
	@echo 'make prepare     the kernel tree with ours in it, build/BASE/linux'
	@echo 'make build       the kernel of run and shell'
	@echo 'make deps        install what all of this needs'
	@echo 'make clean       remove all that was built; distclean: the downloads too'
	@echo
	@echo 'BASE=6.12        the kernel that is patched; bases/ has the others'
	@echo 'KDIR=/a/tree     a kernel tree of your own instead, which stays as it is'
	@echo 'ARCH=arm64       for build, kunit, kselftest, run, shell and gdb: not x86_64'
	@echo 'TEST=exec_test   of the kselftests only this one; or podman.lxc, of containers'
	@echo 'FILES=100000     the largest tree of bench; 0: single calls only'
	@echo 'JOBS=4           compilers at once; V=1 shows their whole output'

deps:
	@scripts/deps tree build guest gdb menuconfig compare containers selftests tool shift \
		deb deb-kernel lsm fuzz prove lint docs kernel-doc

fetch:
	@scripts/fetch

prepare:
	@scripts/deps tree
	@scripts/prepare

build:
	@scripts/deps tree build
	@scripts/prepare
	@scripts/build base

kunit:
	@scripts/deps tree build
	@scripts/prepare
	@scripts/kunit

kselftest: kind := debug
kcsan: kind := kcsan
kselftest kcsan:
	@scripts/deps tree build guest selftests
	@scripts/prepare
	@scripts/build $(kind)
	@scripts/selftests
	@scripts/initramfs $(kind)
	@scripts/guest-run $(kind) kselftest

differential differential-long:
	@scripts/deps tree build guest compare
	@scripts/prepare
	@scripts/build compare
	@scripts/build stock
	@scripts/initramfs compare
	@scripts/differential $(if $(findstring long,$@),--operations 1000000)

attacks:
	@scripts/deps tree build guest selftests compare
	@scripts/prepare
	@scripts/build compare
	@scripts/selftests
	@scripts/initramfs compare
	@scripts/attacks

containers:
	@scripts/deps tree build guest compare containers
	@scripts/prepare
	@scripts/build full
	@scripts/distro full-stock
	@scripts/image
	@scripts/initramfs full
	@scripts/containers

filesystems:
	@scripts/deps tree build guest compare containers selftests
	@scripts/prepare
	@scripts/build full
	@scripts/distro full-stock
	@scripts/selftests
	@scripts/initramfs full
	@scripts/image
	@scripts/filesystems

lsm lsm-stock:
	@scripts/deps tree build guest selftests lsm
	@scripts/prepare
	@scripts/build full
	$(if $(findstring stock,$@),@scripts/build full-stock)
	@scripts/selftests
	@scripts/lsm-policies
	@scripts/initramfs full
	@scripts/lsm $(if $(findstring stock,$@),full-stock,full)

arm64:
	@$(MAKE) -s ARCH=arm64 kunit
	@$(MAKE) -s ARCH=arm64 kselftest

run:
	@scripts/deps tree build guest
	@scripts/prepare
	@scripts/build base
	@scripts/initramfs base
	@scripts/guest-run base run

shell:
	@scripts/deps tree build guest
	@scripts/prepare
	@scripts/build base
	@scripts/initramfs base
	@scripts/guest-run base shell

gdb:
	@scripts/deps tree build guest gdb
	@scripts/prepare
	@scripts/build gdb
	@scripts/initramfs gdb
	@scripts/guest-run gdb gdb

menuconfig:
	@scripts/deps tree build menuconfig
	@scripts/prepare
	@scripts/config base menuconfig

nscap:
	@scripts/deps tool
	@scripts/nscap

install:
	@scripts/deps tool
	@$(MAKE) -s -C tools/nscaps O=$$(dirname $$(scripts/nscap)) install

deb:
	@scripts/deps tree build deb deb-kernel docs
	@scripts/prepare
	@scripts/deb-tools
	@scripts/deb

deb-check: deb
	@scripts/deps guest selftests
	@scripts/selftests
	@scripts/initramfs deb
	@scripts/guest-run deb kselftest

deb-install:
	@[ -n "$(CONFIG)" ] || { echo 'nscaps: make deb-install takes CONFIG=, a configuration of a machine' >&2; exit 1; }
	@scripts/deps guest containers
	@$(MAKE) -s deb
	@scripts/deb-install

deb-tools:
	@scripts/deps tree deb docs
	@scripts/prepare
	@scripts/deb-tools

kernel-doc:
	@scripts/deps tree kernel-doc
	@scripts/prepare
	@scripts/kernel-doc

bench:
	@scripts/deps tree build guest selftests compare
	@scripts/prepare
	@scripts/build compare
	@scripts/build stock
	@scripts/selftests
	@scripts/bench

bench-check: bench
	@scripts/bench check

series:
	@scripts/deps tree build lint
	@scripts/prepare
	@scripts/series

lint:
	@scripts/deps tree build lint
	@scripts/prepare
	@scripts/lint

docs:
	@scripts/deps tree docs
	@scripts/prepare
	@scripts/docs

fuzz:
	@scripts/deps tree fuzz
	@scripts/prepare
	@scripts/fuzz

fuzz-guest:
	@scripts/deps tree build guest
	@scripts/prepare
	@scripts/build debug
	@scripts/fuzz-guest

prove:
	@scripts/deps tree prove
	@scripts/prepare
	@scripts/prove

faults:
	@scripts/deps tree prove
	@scripts/prepare
	@tests/faults

mutants:
	@scripts/deps tree prove
	@scripts/prepare
	@scripts/mutants user

mutants-kunit: kunit
	@scripts/mutants kunit

mutants-guest:
	@scripts/deps tree build guest selftests compare
	@scripts/prepare
	@scripts/build compare
	@scripts/selftests
	@scripts/initramfs compare
	@scripts/mutants guest

coverage:
	@scripts/deps tree build guest selftests prove
	@scripts/prepare
	@scripts/build gcov
	@scripts/selftests
	@scripts/initramfs gcov
	@scripts/coverage

check:
	@scripts/check

check-bases:
	@scripts/deps tree
	@scripts/check-bases

clean:
	@scripts/clean

distclean:
	@scripts/clean all
