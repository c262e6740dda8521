// SPDX-License-Identifier: GPL-2.0
/* A module out of the tree, to be built with the headers of the package. */

#include <linux/cred.h>
#include <linux/module.h>
#include <linux/nscaps.h>

/* ours and no other kernel's header has it */
static int rootid_bytes = sizeof(struct rootid);
module_param(rootid_bytes, int, 0444);
MODULE_PARM_DESC(rootid_bytes, "Size of struct rootid");

static int __init nscaps_hello_init(void)
{
	return 0;
}
module_init(nscaps_hello_init);

static void __exit nscaps_hello_exit(void)
{
}
module_exit(nscaps_hello_exit);

MODULE_DESCRIPTION("Test of the package with the headers");
MODULE_LICENSE("GPL");
