/* http - HTTP requests of one instance, on libcurl's multi interface.
 *
 *     struct http *http = http_new(&settings);                  in open()
 *     struct http_call *call = http_call_new(http, done, context);
 *     http_start(call, &request);                               done(context, &answer) follows
 *     while (http_turn(http, self))                             in run()
 *         ;
 *     http_free(http);                                          in close(): calls that run are aborted
 *
 * A call is used again and again, one request at a time. Connections are kept and shared by all calls
 * of an http; HTTP/1.1, redirects are not followed, no signals. Own thread; done() is called from
 * inside http_turn only, and may start the same call again.
 */
#pragma once
#include "core/plugin.h"

struct http;
struct http_call;
struct curl_slist;

/* Texts that are NULL or "" are not set; all of it outlives the http. */
struct http_settings {
    int64_t     timeout;    /* of a whole request, ns */
    size_t      body_limit; /* of an answer's body: the rest is read and thrown away */
    const char *proxy;      /* a URL; not set: http_proxy, https_proxy, no_proxy of the environment */
    const char *user_agent;
    const char *username, *password; /* of basic authentication */
    const char *tls_ca, *tls_cert, *tls_key; /* PEM files */
    bool        insecure_skip_verify;
};

/* The body and the headers stay until the call is done. */
struct http_request {
    const char              *url;
    const char              *unix_socket; /* NULL: TCP */
    bool                     direct;      /* without a proxy, whatever the environment says */
    const struct curl_slist *headers;
    const char              *body; /* to POST; NULL: a GET */
    size_t                   length;
};

/* Valid until the call is started again or freed. */
struct http_answer {
    int         status; /* 0: none came */
    const char *fault;  /* NULL: the answer is complete; else what went wrong */
    bool        header_too_long; /* the fault: a status came, with more header than libcurl reads */
    const char *body;   /* NUL-terminated */
    size_t      length;
    int64_t     retry_after; /* ns, of the Retry-After header; 0: none */
    const char *location;    /* where a redirect points to; NULL: none */
};

typedef void http_done(void *context, const struct http_answer *answer);

struct http *http_new(const struct http_settings *settings);
void http_free(struct http *http); /* and its calls; NULL is fine */

struct http_call *http_call_new(struct http *http, http_done *done, void *context);
void http_start(struct http_call *call, const struct http_request *request);

/* Sleeps until a connection or the host has something to do, and does it: the run() of a plugin that has
 * nothing else to wait for. False: return from run() now. */
bool http_turn(struct http *http, struct vane_self *self);

/* A list of header lines; it begins as NULL. An empty value removes the header of that name that libcurl
 * would send. */
void http_header_add(struct curl_slist **headers, const char *name, const char *value);
void http_headers_free(struct curl_slist *headers);

/* Can this text stand in a header, without starting another one? */
bool http_header_is_safe(const char *text);
