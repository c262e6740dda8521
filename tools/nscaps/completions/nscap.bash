# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of nscap(8) for bash.

_nscap()
{
	local cur prev words cword
	_init_completion || return
	local commands='list why set remove shift watch probe'
	local options='-j --json -? --help --usage' number i

	if ((cword == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$cur")
		return
	fi
	case ${words[1]} in
	list) options+=' -x --one-file-system' ;;
	why) options+=' -c --cap -p --pid --userns' ;;
	set) options+=' -n --rootid' ;;
	remove | probe) ;;
	shift) options+=' --from --to --from-gid --to-gid --chown --state
		--allow-host-root -n --dry-run -v --verbose -x --one-file-system' ;;
	watch) options+=' --file -p --pid --refused -n --count' ;;
	*) return ;;
	esac
	case ${words[1]}:$prev in
	why:-c | why:--cap)
		mapfile -t COMPREPLY < <(compgen -W "$(_nscap_capabilities)" -- "$cur")
		return
		;;
	*:-p | *:--pid)
		_pids
		return
		;;
	shift:--from | shift:--to | shift:--*-gid | shift:--state | watch:--file | why:--userns)
		_filedir
		return
		;;
	set:-n | set:--rootid | watch:-n | watch:--count)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return
	fi
	case ${words[1]} in
	set)
		# the first word that is neither an option nor its value
		number=0
		for ((i = 2; i < cword; i++)); do
			case ${words[i]} in
			-n | --rootid) i=$((i + 1)) ;;
			-*) ;;
			*) number=$((number + 1)) ;;
			esac
		done
		if ((number)); then
			_filedir
		else
			mapfile -t COMPREPLY < <(compgen -W "$(_nscap_capabilities)" -- "$cur")
		fi
		;;
	probe) _filedir -d ;;
	watch) ;;
	*) _filedir ;;
	esac
}

# the names of the kernel's capabilities, without capsh where it is missing
_nscap_capabilities()
{
	capsh --print 2>/dev/null | sed -n 's/^Bounding set =//p' | tr ',' ' '
}

complete -F _nscap nscap
