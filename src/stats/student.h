/* stats/student.h: the distributions that intervals need.  Pure functions, any thread.
 *
 * By the regularised incomplete beta function (continued fraction, Lentz; Numerical methods as in
 * Abramowitz and Stegun 26.5.8) and bisection with Newton steps; relative error below 1e-9. */
#pragma once

double normal_cdf(double z);
double normal_quantile(double p);                   /* p in (0, 1) */
double student_cdf(double t, double freedom);       /* freedom > 0 */
double student_quantile(double p, double freedom);
