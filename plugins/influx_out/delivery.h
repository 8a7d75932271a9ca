/* delivery - one write of the host on its way: part after part, piece after piece, one request at a time.
 *
 *     write ─▶ part (bucket a) ─▶ piece: all of it ─▶ 204: delivered
 *           ─▶ part (bucket b) ─▶ piece: all of it ─▶ 400: halves ─▶ 204
 *                                                                 ─▶ 400: halves ─▶ 204
 *                                                                                ─▶ 400: one point, rejected
 *
 * Only a 2xx delivers. A part that the server refuses as a whole (no such bucket) is kept, and the others
 * go on; when none is left the host is asked to give what was kept again. A server that fails is
 * followed by the next; when none is left, all that is not settled is given again. Own thread.
 */
#pragma once
#include "plugins/influx_out/influx.h"

/* The answer of write(). */
enum vane_result delivery_begin(struct influx *influx, struct vane_write *write);

/* Frees all of an instance; its http is gone already. */
void deliveries_free(struct influx *influx);
