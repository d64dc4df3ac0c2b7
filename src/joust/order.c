/* joust/order.c: Williams squares, one behind the other.
 *
 * The first row 0, 1, n-1, 2, n-2, … has each difference between neighbours once, modulo n; the
 * others are it with 1, 2, … added.  Of an odd n the differences come out twice or not at all, and
 * the square mirrored makes up for it.  n rows have each target once in each place, so squares are
 * begun as late as they can be: rows are shuffled within a square, never between two. */
#include "joust/order.h"

#include <stdbool.h>

#include "base/check.h"

static void shuffle(unsigned *numbers, unsigned count, struct rng *rng)
{
    for (unsigned i = 0; i < count; i++)
        numbers[i] = i;
    for (unsigned i = count; i > 1; i--) {
        unsigned j = (unsigned)rng_below(rng, i), last = numbers[i - 1];
        numbers[i - 1] = numbers[j];
        numbers[j] = last;
    }
}

/* Of the first row: 0, 1, n-1, 2, n-2, … */
static unsigned zigzag(unsigned place, unsigned n)
{
    return place % 2 ? (place + 1) / 2 : (n - place / 2) % n;
}

void order_make(unsigned targets, unsigned blocks, struct rng *rng, unsigned *order)
{
    unsigned rows[ORDER_TARGETS_MAX], names[ORDER_TARGETS_MAX];
    bool     mirrored = false;

    CHECK(targets > 0 && targets <= ORDER_TARGETS_MAX);
    for (unsigned block = 0; block < blocks; block++) {
        bool second = targets % 2 && block / targets % 2;      /* of an odd n's two squares */
        if (block % targets == 0) {
            shuffle(rows, targets, rng);
            if (!second)
                shuffle(names, targets, rng);
            mirrored = second ? !mirrored : rng_below(rng, 2) == 0;
        }
        for (unsigned place = 0; place < targets; place++) {
            unsigned along = mirrored ? targets - 1 - place : place;
            *order++ = names[(zigzag(along, targets) + rows[block % targets]) % targets];
        }
    }
}
