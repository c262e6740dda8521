# SPDX-License-Identifier: GPL-2.0
# Makes of the dummy policy of the kernel's mdp, in which all is one type that
# may do all, that of lsm_test: a type of file, and domains that lack something.

# checkpolicy may be older than the kernel, and the policy needs none of these
$1 == "policycap" { next }

$1 == "allow" {
	split($3, object, ":")
	class[object[2]] = 1
}

$1 == "user" {
	print "type victim_t;"
	domain("no_setattr_t", "setattr", "")
	domain("no_getattr_t", "getattr", "")
	domain("no_setfcap_t", "", "setfcap")
	domain("neither_t", "setattr", "setfcap")
	for (c in class)
		print "allow base_t victim_t:" c " *;"
	# it may lie on a filesystem
	print "allow victim_t base_t:filesystem associate;"
}

{ print }

# all permissions but this one, if there is one
function all_but(one)
{
	return one == "" ? "*" : "~{ " one " }"
}

# a domain without a permission on files of that type, and a capability
function domain(name, on_file, capability,	c)
{
	print "type " name ";"
	print "role base_r types " name ";"
	for (c in class) {
		print "allow base_t " name ":" c " *;"
		print "allow " name " base_t:" c " *;"
		print "allow " name " self:" c " " \
			all_but(c ~ /^(capability|cap_userns)$/ ? capability : "") ";"
		print "allow " name " victim_t:" c " " \
			all_but(c == "file" ? on_file : "") ";"
	}
}
