# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What scripts/series and scripts/lint share: results as KTAP lines, the list
# of the overlay, and warnings compared with those of the stock tree.
# To be sourced after scripts/lib.sh.

checks_count=0
checks_failed=0

# check NAME COMMAND...: run it with its output in a log; one KTAP line. Call
# it as a plain command: in a condition, set -e would not hold in COMMAND.
check()
{
	local name=$1 log status
	shift
	log=$CHECKS_LOGS/$(tr -cs 'A-Za-z0-9._\n-' - <<<"$name").log
	checks_count=$((checks_count + 1))
	mkdir -p "$CHECKS_LOGS"
	set +e
	(
		set -e
		"$@"
	) >"$log" 2>&1
	status=$?
	set -e
	if ((status == 0)); then
		echo "ok $checks_count $name"
		return
	fi
	checks_failed=$((checks_failed + 1))
	echo "not ok $checks_count $name # see ${log#"$TOP"/}"
	{ grep . "$log" || :; } | tail -n "${CHECKS_TAIL:-12}" | sed 's/^/#   /'
}

# checks_end: the plan and the totals; fails where a check did.
checks_end()
{
	echo "1..$checks_count"
	echo "# $((checks_count - checks_failed)) passed, $checks_failed failed"
	((checks_failed == 0))
}

# checks_config: the .config of what is compiled to be checked
checks_config()
{
	local options
	options=$(sed -nE 's/^(# )?(CONFIG_[A-Z0-9_]+)[= ].*/\2/p' "$TOP/configs/checks.config")
	grep -vwF -- "$options" "$OUT/base/.config"
	cat "$TOP/configs/checks.config"
}

# warnings LOG: the warnings in it, without places, sorted. The same warning
# in stock and in ours is the same line, wherever in the file it stands.  Newer
# kernel-docs begin with the word.
warnings()
{
	{ grep -E '(warning|error):|^(Warning|Error): ' "$1" || :; } |
		sed -E 's/^(Warning|Error): ([^: ]+):[0-9]+ /\2: /; s,^(\./|\.\./|/.*/(linux|pristine)/)*,,; s/:[0-9]+(:[0-9]+)?:/:/g; s/\x1b\[[0-9;]*[mK]//g' |
		sort
}

# run_checkpatch DIR ARG...: with TREE as the kernel and DIR as the place to
# be, as checkpatch leaves a cache where it is run. Paths are relative to DIR.
run_checkpatch()
{
	mkdir -p "$1"
	cd "$1"
	shift
	nice "$PRISTINE/scripts/checkpatch.pl" --root="$TREE" --strict \
		--no-color --no-summary --terse --show-types "$@"
}
