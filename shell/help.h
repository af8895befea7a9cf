/* help.h - what HELP says: about everything, or about one kind of statement. */
#ifndef SLUICE_SHELL_HELP_H
#define SLUICE_SHELL_HELP_H

#include "base/buffer.h"

/* The text for a topic ("create stream", "select"), or for none. False: there is none of that name;
 * `out` then says which there are. */
bool help_write(slice topic, buffer *out);

#endif
