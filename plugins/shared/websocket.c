/* websocket - see websocket.h. */
#include "plugins/shared/websocket.h"

#include "plugins/shared/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static const char WATCH[] = "vane-watch";

struct websocket {
    struct lws_context    *context;
    struct lws_vhost      *vhost;
    lws_sorted_usec_list_t alarm;
    struct lws_protocols   protocols[3]; /* the caller's, WATCH, the end */
};

static void silence_log(void)
{
    lws_set_log_level(0, NULL);
}

/* A watched descriptor is readable: all there is to do is to end the turn, which its readiness does. */
static int watched(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    (void)wsi, (void)reason, (void)user, (void)in, (void)length;
    return 0;
}

struct websocket *websocket_new(struct vane_self *self, const struct lws_context_creation_info *given,
                                const struct lws_protocols *protocol)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, silence_log);
    struct websocket *websocket = memory_zero(sizeof *websocket);
    websocket->protocols[0] = *protocol;
    websocket->protocols[1] = (struct lws_protocols){ .name = WATCH, .callback = watched };

    struct lws_context_creation_info info = *given;
    info.protocols = websocket->protocols;
    info.extensions = NULL;
    info.uid = info.gid = -1;
    info.options |= LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    if (!info.http_proxy_address)
        info.http_proxy_address = "";
    websocket->context = lws_create_context(&info);
    if (websocket->context)
        websocket->vhost = lws_create_vhost(websocket->context, &info);
    if (!websocket->vhost || !websocket_watch(websocket, vane_wait_fd(self))) {
        websocket_free(websocket);
        return NULL;
    }
    return websocket;
}

void websocket_free(struct websocket *websocket)
{
    if (!websocket)
        return;
    if (websocket->context)
        lws_context_destroy(websocket->context);
    free(websocket);
}

struct lws_context *websocket_context(struct websocket *websocket)
{
    return websocket->context;
}

struct lws_vhost *websocket_vhost(struct websocket *websocket)
{
    return websocket->vhost;
}

bool websocket_watch(struct websocket *websocket, int fd)
{
    lws_sock_file_fd_type own = { .filefd = dup(fd) }; /* libwebsockets closes what it adopts */
    return own.filefd >= 0 &&
           lws_adopt_descriptor_vhost(websocket->vhost, LWS_ADOPT_RAW_FILE_DESC, own, WATCH, NULL);
}

/* libwebsockets looks at its timers, then sleeps until the next one: without this a timer that ran out just
 * before would let it sleep on. */
static void ring(lws_sorted_usec_list_t *alarm)
{
    struct websocket *websocket = lws_container_of(alarm, struct websocket, alarm);
    lws_cancel_service(websocket->context);
}

void websocket_turn(struct websocket *websocket, int64_t until)
{
    int64_t left = until == INT64_MAX ? until : until - vane_monotonic();
    if (left <= 0) {
        lws_service(websocket->context, -1); /* does not sleep */
        return;
    }
    /* Rounded up to its milliseconds, lest it wakes early and spins. */
    int64_t us = until == INT64_MAX ? LWS_SET_TIMER_USEC_CANCEL : left / 1000 + 1000;
    lws_sul_schedule(websocket->context, 0, &websocket->alarm, ring, us);
    lws_service(websocket->context, 0);
}
