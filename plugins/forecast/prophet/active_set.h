/* active_set - the lasso  min |R d - y|^2 / 2 + |d|_1 / tau  of few columns, exactly.
 *
 * Feature-sign search (Lee, Battle, Raina, Ng: "Efficient sparse coding algorithms", 2006): the worst
 * violator of the optimality conditions joins the active set, whose least squares are solved by QR; a
 * coefficient that would change its sign stops at 0 and leaves. The objective falls with each step, so no
 * set comes twice. Own thread.
 */
#pragma once
#include "plugins/forecast/prophet/qr.h"

/* t: the columns of R and y last. d: in, where to start; out, the answer. False: the limit of steps was
 * reached. */
bool active_set_solve(const struct triangle *t, const struct kernels *kernels, double tau, double *d);
