# SPDX-License-Identifier: GPL-2.0
# Of lsm_test: all is allowed, and in the first profile but one capability. It is
# denied by name, which keeps the log quiet.

abi <abi/3.0>,

profile nscaps_denied flags=(attach_disconnected) {
  file,
  /{,**} mrwlkix,
  capability,
  deny capability setfcap,
  signal,
  ptrace,
}

profile nscaps_allowed flags=(attach_disconnected) {
  file,
  /{,**} mrwlkix,
  capability,
  signal,
  ptrace,
}
