/* influx - what one instance of influx_out is: its options, and what it holds between open and close.
 *
 *     write() ─▶ delivery: metrics ─▶ parts, one per bucket ─▶ line protocol ─▶ requests ─▶ settled
 *
 * influx_out.c has the options and the callbacks; delivery.c carries one write through all its requests;
 * narrow.c finds bad points; parts.c sorts metrics by bucket; target.c knows the three write APIs;
 * answer.c reads answers; servers.c chooses urls; lines.c edits line protocol; gzip.c compresses.
 */
#pragma once
#include "plugins/influx_out/gzip.h"
#include "plugins/influx_out/lines.h"
#include "plugins/influx_out/servers.h"
#include "plugins/shared/http.h"

enum influx_api { INFLUX_AUTO, INFLUX_V1, INFLUX_V2, INFLUX_V3 };
enum influx_encoding { INFLUX_GZIP, INFLUX_IDENTITY };
enum influx_precision { INFLUX_NS, INFLUX_US, INFLUX_MS, INFLUX_S };
enum influx_unexpected { INFLUX_KEEP, INFLUX_REJECT };

struct delivery;

struct influx {
    struct vane_strings urls;
    int                 api;
    const char         *token, *organization, *bucket, *bucket_tag;
    bool                exclude_bucket_tag;
    const char         *database, *database_tag;
    bool                exclude_database_tag, skip_database_creation;
    const char         *retention_policy, *retention_policy_tag;
    bool                exclude_retention_policy_tag;
    const char         *username, *password;
    int                 write_consistency, precision, content_encoding, on_client_error;
    int64_t             timeout;
    struct vane_pairs   http_headers;
    const char         *http_proxy, *user_agent;
    const char         *tls_ca, *tls_cert, *tls_key;
    bool                insecure_skip_verify;

    struct vane_self  *self;
    struct servers     servers;
    struct server     *server; /* the last that took points */
    struct http_settings http_settings;
    struct http       *http;
    struct curl_slist *write_headers, *query_headers;
    struct gzip       *gzip; /* NULL: bodies are not compressed */
    struct lines_shape shape;
    struct vane_text   url, scratch; /* used within one function */
    struct delivery   *deliveries;   /* all of them */
    int                trouble;      /* enum trouble: of the last write that was kept; 0: none */
    bool               healthy;
};
