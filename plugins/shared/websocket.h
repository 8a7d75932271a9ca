/* websocket - libwebsockets (4.1 and newer) on the thread of an instance.
 *
 *     struct websocket *websocket = websocket_new(self, &info, &protocol);   in open()
 *     while (vane_wait(self, 0))                                             in run()
 *         websocket_turn(websocket, when_i_want_to_run_again);
 *     websocket_free(websocket);                                             in close()
 *
 * One context, made from the caller's `info` with what is known to go wrong kept out: its log, which is one
 * for the process, is switched off; permessage-deflate, which can spin, is not offered; tables have the
 * size of what is used, not of the limit on open files; the environment's http_proxy is not taken. All
 * functions: own thread.
 */
#pragma once
#include "core/plugin.h"

#include <libwebsockets.h>

struct websocket;

/* info: options, ssl context, timeouts, fd_limit_per_thread (connections and to spare) and others as the
 * caller wants them; the protocol is the first one of the context. NULL: libwebsockets refused. */
struct websocket *websocket_new(struct vane_self *self, const struct lws_context_creation_info *info,
                                const struct lws_protocols *protocol);
void websocket_free(struct websocket *websocket); /* and all its connections; NULL is fine */

struct lws_context *websocket_context(struct websocket *websocket);
struct lws_vhost *websocket_vhost(struct websocket *websocket);

/* A turn also ends when this descriptor becomes readable; it stays the caller's. */
bool websocket_watch(struct websocket *websocket, int fd);

/* Sleeps until a connection or the host has something to do, at most until `until` (vane_monotonic;
 * INT64_MAX: no limit), and serves every connection once. */
void websocket_turn(struct websocket *websocket, int64_t until);
