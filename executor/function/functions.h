/* functions.h - registering all functions. */
#ifndef SLUICE_EXECUTOR_FUNCTION_FUNCTIONS_H
#define SLUICE_EXECUTOR_FUNCTION_FUNCTIONS_H

/* Registers every scalar, table and aggregate function. Call it before threads start; calling it
 * again does nothing. */
void functions_register_all(void);

#endif
