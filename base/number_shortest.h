/* number_shortest.h - the shortest decimal that reads back as a double.
 */
#ifndef SLUICE_BASE_NUMBER_SHORTEST_H
#define SLUICE_BASE_NUMBER_SHORTEST_H

#include <stdint.h>

/* digits * 10^exponent is, of the decimals with the fewest digits (but at least two) that round to
 * `number`, the nearest to it. `number` is finite and above zero. Digits may end in zeros. */
void number_shortest(double number, uint64_t *digits, int *exponent);

#endif
