/* Raffaello Giulietti's Schubfach ("The Schubfach way to render doubles", 2020).
 *
 * A double is c * 2^q; the decimals that round to it lie between its neighbours' midpoints. With
 * k = floor(log10(2^q)), at most two multiples of 10^k and at most one of 10^(k+1) are candidates,
 * so scaling c and the two midpoints by 2^q * 10^-k and rounding to odd is enough to choose. The
 * scale needs the first 126 bits of 10^-k, which are computed once, for all k, by long arithmetic.
 */
#include "base/number_shortest.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum {
    K_MIN = -324, /* powers of ten needed: 10^-k for k in K_MIN..K_MAX */
    K_MAX = 292,
    Q_MIN = -1074,
    FRACTION_BITS = 52,
    LIMBS = 36, /* 10^324 has 1077 bits; one limb more to double it */
};

#define C_MIN (UINT64_C(1) << FRACTION_BITS)
#define MASK_63 (~UINT64_C(0) >> 1)

typedef unsigned __int128 uint128;

/* ---- powers of ten ---- */

/* A large number, the lowest limb first. */
typedef struct large {
    uint32_t limb[LIMBS];
} large;

/* floor(10^-k * 2^r) + 1, with r such that it has 126 bits; split into 63 and 63. */
static struct { uint64_t high, low; } powers[K_MAX - K_MIN + 1];

static pthread_once_t powers_made = PTHREAD_ONCE_INIT;

static void large_multiply(large *a, uint32_t factor) {
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)a->limb[i] * factor;
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static int large_bits(const large *a) {
    int i = LIMBS - 1;
    while (a->limb[i] == 0)
        i--;
    return 32 * i + 32 - __builtin_clz(a->limb[i]);
}

static bool large_bit(const large *a, int bit) {
    return bit >= 0 && (a->limb[bit / 32] >> (bit % 32) & 1);
}

/* a -= b where b is not above a; says whether it was. */
static bool large_subtract(large *a, const large *b) {
    for (int i = LIMBS - 1; i >= 0; i--) {
        if (a->limb[i] > b->limb[i])
            break;
        if (a->limb[i] < b->limb[i])
            return false;
    }
    int64_t borrow = 0;
    for (int i = 0; i < LIMBS; i++) {
        int64_t difference = (int64_t)a->limb[i] - b->limb[i] + borrow;
        a->limb[i] = (uint32_t)difference;
        borrow = difference >> 32;
    }
    return true;
}

static uint128 leading_bits(const large *a) {
    int bits = large_bits(a);
    uint128 leading = 0;
    for (int i = 1; i <= 126; i++)
        leading = leading << 1 | large_bit(a, bits - i);
    return leading;
}

/* The first 126 bits of 1 / a, where a is above 1. */
static uint128 leading_bits_of_inverse(const large *a) {
    large rest = {{0}};
    int bit = large_bits(a) - 1;
    rest.limb[bit / 32] = UINT32_C(1) << (bit % 32);
    uint128 leading = 0;
    while (leading >> 125 == 0) {
        large_multiply(&rest, 2);
        leading = leading << 1 | large_subtract(&rest, a);
    }
    return leading;
}

static void set_power(int k, uint128 leading) {
    leading++;
    powers[k - K_MIN].high = (uint64_t)(leading >> 63);
    powers[k - K_MIN].low = (uint64_t)leading & MASK_63;
}

static void make_powers(void) {
    large power = {{1}};
    set_power(0, leading_bits(&power));
    for (int exponent = 1; exponent <= -K_MIN; exponent++) {
        large_multiply(&power, 10);
        set_power(-exponent, leading_bits(&power));
        if (exponent <= K_MAX)
            set_power(exponent, leading_bits_of_inverse(&power));
    }
}

/* ---- logarithms, exact for the exponents of doubles ---- */

static int floor_log10_of_power2(int e) {
    return (int)((e * INT64_C(661971961083)) >> 41);
}

static int floor_log10_of_three_quarters_power2(int e) {
    return (int)((e * INT64_C(661971961083) - INT64_C(274743187321)) >> 41);
}

static int floor_log2_of_power10(int e) {
    return (int)((e * INT64_C(913124641741)) >> 38);
}

/* ---- choosing ---- */

static uint64_t multiply_high(uint64_t a, uint64_t b) {
    return (uint64_t)((uint128)a * b >> 64);
}

/* scaled * power / 2^127, rounded to odd. */
static uint64_t round_to_odd(int k, uint64_t scaled) {
    uint64_t high = powers[k - K_MIN].high, low = powers[k - K_MIN].low;
    uint64_t z = (high * scaled >> 1) + multiply_high(low, scaled);
    uint64_t w = multiply_high(high, scaled) + (z >> 63);
    return w | ((z & MASK_63) + MASK_63) >> 63;
}

static uint64_t choose(int q, uint64_t c, int *exponent) {
    bool even_spacing = c != C_MIN || q == Q_MIN;
    uint64_t odd = c & 1; /* the midpoints round to an even c, so they count for it alone */
    int k = even_spacing ? floor_log10_of_power2(q) : floor_log10_of_three_quarters_power2(q);
    int shift = q + floor_log2_of_power10(-k) + 2;
    uint64_t value = round_to_odd(k, c << 2 << shift);
    uint64_t below = round_to_odd(k, ((c << 2) - (even_spacing ? 2 : 1)) << shift) + odd;
    uint64_t above = round_to_odd(k, ((c << 2) + 2) << shift) - odd;
    *exponent = k;
    uint64_t s = value >> 2;
    if (s >= 100) {
        uint64_t shorter = s / 10 * 10;
        bool low_fits = below <= shorter << 2, high_fits = (shorter + 10) << 2 <= above;
        if (low_fits != high_fits)
            return low_fits ? shorter : shorter + 10;
    }
    bool low_fits = below <= s << 2, high_fits = (s + 1) << 2 <= above;
    if (low_fits != high_fits)
        return low_fits ? s : s + 1;
    int64_t side = (int64_t)(value - ((s + s + 1) << 1));
    return side < 0 || (side == 0 && s % 2 == 0) ? s : s + 1;
}

void number_shortest(double number, uint64_t *digits, int *exponent) {
    pthread_once(&powers_made, make_powers);
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    uint64_t fraction = bits & (C_MIN - 1);
    int biased = (int)(bits >> FRACTION_BITS);
    if (biased == 0 && fraction < 3) { /* so small that two digits need one more place */
        *digits = choose(Q_MIN, fraction * 10, exponent);
        --*exponent;
        return;
    }
    uint64_t c = biased ? C_MIN | fraction : fraction;
    *digits = choose(biased ? Q_MIN - 1 + biased : Q_MIN, c, exponent);
}
