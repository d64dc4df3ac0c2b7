/* student.c: the normal distribution and Student's t, and their inverses.
 *
 * One function does the work: the probability above t, which keeps its precision far out in the
 * tail.  The normal distribution is Student's with infinite freedom; beyond FREEDOM_MAX, where the
 * fraction would lose digits, the one is made of the other. */
#include <math.h>

#include "base/check.h"
#include "stats/student.h"

#define FREEDOM_MAX 1e7

enum { FRACTION_STEPS_MAX = 100000, SOLVE_STEPS_MAX = 300 };

static double not_zero(double x)
{
    return fabs(x) < 1e-300 ? 1e-300 : x;
}

/* The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), evaluated
 * from the front (Lentz 1976): `c` and `d` are ratios of successive numerators and denominators. */
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), value = d;

    for (int m = 1; m < FRACTION_STEPS_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / not_zero(1 + even * d);
        c = not_zero(1 + even / c);
        value *= c * d;
        d = 1 / not_zero(1 + odd * d);
        c = not_zero(1 + odd / c);
        value *= c * d;
        if (fabs(c * d - 1) < 1e-15)
            break;
    }
    return value;
}

/* log(gamma(a + 1/2) / gamma(a)): the difference of two logarithms would lose, for a large `a`,
 * what this series (Abramowitz and Stegun 6.1.47) keeps. */
static double log_gamma_step(double a)
{
    if (a < 20)
        return log(tgamma(a + 0.5) / tgamma(a));
    double r = 1 / a, r2 = r * r;
    return 0.5 * log(a) - r * (1 / 8.0 - r2 * (1 / 192.0 - r2 * (1 / 640.0 - r2 * 17 / 14336.0)));
}

/* Abramowitz and Stegun 26.7.8: off by the order of 1 / freedom^2. */
static double normal_tail(double t, double freedom)
{
    double z = t * (1 - 1 / (4 * freedom)) / sqrt(1 + t * t / (2 * freedom));

    return 0.5 * erfc(z * M_SQRT1_2);
}

/* P(T > t) for t >= 0: half of the regularised incomplete beta function I_x(freedom / 2, 1 / 2) at
 * x = freedom / (freedom + t^2).  `x` and `y` = 1 - x are computed apart, as either may be tiny. */
static double upper_tail(double t, double freedom)
{
    if (freedom > FREEDOM_MAX)
        return normal_tail(t, freedom);
    double a = freedom / 2, r = t / sqrt(freedom);
    double x = 1 / (1 + r * r), y = 1 / (1 + 1 / (r * r));
    double log_x = r < 1e8 ? -log1p(r * r) : -2 * log(r);
    double front = exp(log_gamma_step(a) - 0.5 * log(M_PI) + a * log_x + 0.5 * log(y));
    if (x < (a + 1) / (a + 2.5))
        return 0.5 * front * beta_fraction(a, 0.5, x) / a;
    return 0.5 - front * beta_fraction(0.5, a, y);
}

static double density(double t, double freedom)
{
    if (freedom > FREEDOM_MAX)
        return exp(-t * t / 2) / sqrt(2 * M_PI);
    double top = exp(log_gamma_step(freedom / 2)) / sqrt(M_PI * freedom);
    return top * exp(-(freedom + 1) / 2 * log1p(t * t / freedom));
}

/* The t >= 0 with P(T > t) = p, for p in (0, 1/2]: Newton's steps, on the logarithm of p where it
 * is small, and a bisection whenever one would leave the bracket. */
static double solve_upper(double p, double freedom)
{
    double low = 0, high = 1;

    while (upper_tail(high, freedom) > p) {
        low = high;
        high *= 2;
        if (isinf(high))
            return high;
    }
    double t = (low + high) / 2;
    for (int i = 0; i < SOLVE_STEPS_MAX && high - low > 1e-15 * high; i++) {
        double tail = upper_tail(t, freedom);
        if (tail == p)
            break;
        if (tail > p)
            low = t;
        else
            high = t;
        double next = t + log(tail / p) * tail / density(t, freedom);
        if (fabs(next - t) <= 1e-15 * t)
            break;
        t = next > low && next < high ? next : (low + high) / 2;
    }
    return t;
}

double normal_cdf(double z)
{
    return student_cdf(z, INFINITY);
}

double normal_quantile(double p)
{
    return student_quantile(p, INFINITY);
}

double student_cdf(double t, double freedom)
{
    CHECK(freedom > 0);
    return t < 0 ? upper_tail(-t, freedom) : 1 - upper_tail(t, freedom);
}

double student_quantile(double p, double freedom)
{
    CHECK(p > 0 && p < 1 && freedom > 0);
    if (p == 0.5)
        return 0;
    return p < 0.5 ? -solve_upper(p, freedom) : solve_upper(1 - p, freedom);
}
