/* http - see http.h.
 *
 * http_turn polls the sockets of all transfers together with vane_wait_fd, so one thread serves both the
 * host and the network without waking up in between. libcurl copies URLs and credentials but not bodies. */
#include "plugins/shared/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

enum {
    MILLISECOND = 1000000,
    SECOND = 1000000000,
    LONGEST_POLL_MS = 60000,
    KEPT_BODY = 16384,     /* bytes of memory that a call keeps for its next answer */
    HEADER_TOO_LONG = 100, /* CURLE_TOO_LARGE of libcurl 8.6 and newer; older: CURLE_OUT_OF_MEMORY */
};

struct http {
    const struct http_settings *settings;
    CURLM                      *multi;
    struct http_call           *calls;
    size_t                      running;
};

struct http_call {
    struct http      *http;
    struct http_call *next;
    CURL             *easy;
    http_done        *done;
    void             *context;
    bool              running;
    struct vane_text  body; /* of the answer */
    char              error[CURL_ERROR_SIZE];
};

/* ---- Life ---- */

static void init_library(void)
{
    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
        abort();
}

struct http *http_new(const struct http_settings *settings)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_library);
    struct http *http = memory_zero(sizeof *http);
    http->settings = settings;
    http->multi = curl_multi_init();
    if (!http->multi)
        abort();
    return http;
}

static void call_free(struct http_call *call)
{
    if (call->running)
        curl_multi_remove_handle(call->http->multi, call->easy);
    curl_easy_cleanup(call->easy);
    vane_text_release(&call->body);
    free(call);
}

void http_free(struct http *http)
{
    if (!http)
        return;
    while (http->calls) {
        struct http_call *call = http->calls;
        http->calls = call->next;
        call_free(call);
    }
    curl_multi_cleanup(http->multi);
    free(http);
}

/* ---- Calls ---- */

/* Keeps what fits into the limit; the rest is read all the same, so that the connection can be kept. */
static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_call *call = context;
    size_t room = call->http->settings->body_limit - call->body.length, length = size * count;
    vane_text_add(&call->body, bytes, length < room ? length : room);
    return length;
}

static void set_text(CURL *easy, CURLoption option, const char *text)
{
    if (text && text[0])
        curl_easy_setopt(easy, option, text);
}

static void set_tls(CURL *easy, const struct http_settings *settings)
{
    set_text(easy, CURLOPT_CAINFO, settings->tls_ca);
    set_text(easy, CURLOPT_SSLCERT, settings->tls_cert);
    set_text(easy, CURLOPT_SSLKEY, settings->tls_key);
    if (!settings->insecure_skip_verify)
        return;
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
}

static void set_up(struct http_call *call)
{
    const struct http_settings *settings = call->http->settings;
    CURL *easy = call->easy;
    long timeout = (long)((settings->timeout + MILLISECOND - 1) / MILLISECOND);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout);
    set_text(easy, CURLOPT_USERAGENT, settings->user_agent);
    set_text(easy, CURLOPT_USERNAME, settings->username);
    set_text(easy, CURLOPT_PASSWORD, settings->password);
    set_tls(easy, settings);
}

struct http_call *http_call_new(struct http *http, http_done *done, void *context)
{
    struct http_call *call = memory_zero(sizeof *call);
    *call = (struct http_call){ .http = http, .next = http->calls, .done = done, .context = context };
    call->easy = curl_easy_init();
    if (!call->easy)
        abort();
    set_up(call);
    http->calls = call;
    return call;
}

void http_start(struct http_call *call, const struct http_request *request)
{
    struct http *http = call->http;
    const char *proxy = http->settings->proxy;
    CURL *easy = call->easy;
    if (call->body.capacity > KEPT_BODY)
        vane_text_release(&call->body);
    vane_text_clear(&call->body);
    call->error[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
    curl_easy_setopt(easy, CURLOPT_PROXY, request->direct ? "" : proxy && proxy[0] ? proxy : NULL);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (request->body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->length);
    }
    curl_multi_add_handle(http->multi, easy);
    call->running = true;
    http->running++;
}

/* ---- Turns ---- */

static void finish(struct http_call *call, CURLcode code)
{
    long status = 0;
    curl_off_t retry_after = 0;
    char *location = NULL;
    curl_multi_remove_handle(call->http->multi, call->easy);
    call->running = false;
    call->http->running--;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_getinfo(call->easy, CURLINFO_REDIRECT_URL, &location);
    struct http_answer answer = {
        .status = (int)status,
        .fault = code == CURLE_OK ? NULL : call->error[0] ? call->error : curl_easy_strerror(code),
        .header_too_long = status && (code == CURLE_OUT_OF_MEMORY || (int)code == HEADER_TOO_LONG),
        .body = call->body.data ? call->body.data : "",
        .length = call->body.length,
        .retry_after = retry_after > 0 && retry_after < INT64_MAX / SECOND ? retry_after * SECOND : 0,
        .location = location,
    };
    call->done(call->context, &answer);
}

static void work(struct http *http)
{
    int running, left;
    curl_multi_perform(http->multi, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(http->multi, &left));) {
        struct http_call *call;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        finish(call, code);
    }
}

bool http_turn(struct http *http, struct vane_self *self)
{
    struct curl_waitfd host = { .fd = vane_wait_fd(self), .events = CURL_WAIT_POLLIN };
    if (!vane_wait(self, 0))
        return false;
    if (http->running)
        work(http);
    curl_multi_poll(http->multi, &host, 1, LONGEST_POLL_MS, NULL);
    return true;
}

/* ---- Texts ---- */

void http_header_add(struct curl_slist **headers, const char *name, const char *value)
{
    struct vane_text line = { 0 };
    vane_text_addf(&line, value[0] ? "%s: %s" : "%s:%s", name, value);
    *headers = curl_slist_append(*headers, line.data);
    vane_text_release(&line);
    if (!*headers)
        abort();
}

void http_headers_free(struct curl_slist *headers)
{
    curl_slist_free_all(headers);
}

bool http_header_is_safe(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' && *text != '\t')
            return false;
    return true;
}
