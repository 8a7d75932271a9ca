/* influx_out - writes to InfluxDB 1, 2 and 3, and to what speaks their write APIs. Parts: see influx.h. */
#include <stdlib.h>

#include "plugins/influx_out/delivery.h"
#include "plugins/influx_out/target.h"
#include "plugins/shared/http.h"
#include "plugins/shared/readable.h"

enum { BODY_LIMIT = 256 * 1024 }; /* of answers: they may repeat all lines of a request */

/* ---- Check ---- */

static enum vane_result check_urls(struct vane_self *self, const struct influx *influx)
{
    if (influx->urls.count < 1 || influx->urls.count > SERVERS_LIMIT)
        return vane_fail(self, "urls: 1 to %d are possible", SERVERS_LIMIT);
    for (size_t i = 0; i < influx->urls.count; i++) {
        const char *fault = server_check(influx->urls.items[i]);
        if (fault)
            return vane_fail(self, "urls: \"%s\" %s", influx->urls.items[i], fault);
    }
    return VANE_OK;
}

static enum vane_result check_headers(struct vane_self *self, const struct influx *influx)
{
    if (influx->token && !http_header_is_safe(influx->token))
        return vane_fail(self, "token: it holds a line feed or another control character");
    for (size_t i = 0; i < influx->http_headers.count; i++) {
        const struct vane_pair *pair = &influx->http_headers.items[i];
        if (!pair->key[0] || strpbrk(pair->key, ": ") || !http_header_is_safe(pair->key)
            || !http_header_is_safe(pair->value))
            return vane_fail(self, "http_headers: \"%s\" cannot stand in a header", pair->key);
    }
    return VANE_OK;
}

static enum vane_result check_files(struct vane_self *self, const struct influx *influx)
{
    struct readable_fault fault;
    bool good = readable("tls_ca", influx->tls_ca, &fault) && readable("tls_cert", influx->tls_cert, &fault)
                && readable("tls_key", influx->tls_key, &fault);
    return good ? VANE_OK : vane_fail(self, "%s", fault.text);
}

static enum vane_result check(struct vane_self *self)
{
    const struct influx *influx = self->state;
    const char *why;
    if (target_api(influx, &why) == INFLUX_AUTO)
        return vane_fail(self, "%s", why);
    if (influx->timeout <= 0)
        return vane_fail(self, "timeout: it must be more than 0s");
    enum vane_result result = check_urls(self, influx);
    result = result == VANE_OK ? check_headers(self, influx) : result;
    return result == VANE_OK ? check_files(self, influx) : result;
}

/* ---- Headers ---- */

static bool is_set(const char *text)
{
    return text && text[0];
}

/* Adds it, unless the user has one of that name. */
static void add_header(const struct influx *influx, struct curl_slist **headers, const char *name,
                       const char *value)
{
    for (size_t i = 0; i < influx->http_headers.count; i++)
        if (strcasecmp(influx->http_headers.items[i].key, name) == 0)
            return;
    http_header_add(headers, name, value);
}

/* v1 sends a user's name and password by basic authentication, which is libcurl's work. */
static bool is_basic(const struct influx *influx)
{
    return influx->api == INFLUX_V1 && !is_set(influx->token);
}

static void add_authorization(const struct influx *influx, struct curl_slist **headers)
{
    if (is_basic(influx) || (!is_set(influx->token) && !is_set(influx->username)))
        return;
    struct vane_text value = { 0 };
    vane_text_addf(&value, influx->api == INFLUX_V3 ? "Bearer " : "Token ");
    if (is_set(influx->token))
        vane_text_addf(&value, "%s", influx->token);
    else
        vane_text_addf(&value, "%s:%s", influx->username, influx->password ? influx->password : "");
    add_header(influx, headers, "Authorization", value.data);
    explicit_bzero(value.data, value.length);
    vane_text_release(&value);
}

static void add_common(const struct influx *influx, struct curl_slist **headers)
{
    add_authorization(influx, headers);
    add_header(influx, headers, "Expect", "");
    for (size_t i = 0; i < influx->http_headers.count; i++)
        http_header_add(headers, influx->http_headers.items[i].key, influx->http_headers.items[i].value);
}

static void make_headers(struct influx *influx)
{
    add_header(influx, &influx->write_headers, "Content-Type", "text/plain; charset=utf-8");
    if (influx->content_encoding == INFLUX_GZIP)
        http_header_add(&influx->write_headers, "Content-Encoding", "gzip");
    add_common(influx, &influx->write_headers);
    http_header_add(&influx->query_headers, "Content-Type", "application/x-www-form-urlencoded");
    add_common(influx, &influx->query_headers);
}

/* ---- Life ---- */

static void cut_tag(struct vane_text *cut, bool exclude, const char *tag)
{
    if (exclude && tag)
        lines_add_tag(cut, tag);
}

static void plan_shape(struct influx *influx)
{
    bool exclude_bucket = influx->exclude_bucket_tag || influx->exclude_database_tag;
    influx->shape.unit = target_unit(influx);
    cut_tag(&influx->shape.cut[0], exclude_bucket, target_bucket_tag(influx));
    cut_tag(&influx->shape.cut[1], influx->exclude_retention_policy_tag, target_policy_tag(influx));
}

static enum vane_result open(struct vane_self *self)
{
    struct influx *influx = self->state;
    const char *why;
    influx->self = self;
    influx->api = (int)target_api(influx, &why);
    bool basic = is_basic(influx);
    influx->http_settings = (struct http_settings){
        .timeout = influx->timeout, .body_limit = BODY_LIMIT, .proxy = influx->http_proxy,
        .user_agent = influx->user_agent, .username = basic ? influx->username : NULL,
        .password = basic ? influx->password : NULL, .tls_ca = influx->tls_ca, .tls_cert = influx->tls_cert,
        .tls_key = influx->tls_key, .insecure_skip_verify = influx->insecure_skip_verify };
    servers_init(&influx->servers, &influx->urls);
    plan_shape(influx);
    make_headers(influx);
    if (influx->content_encoding == INFLUX_GZIP)
        influx->gzip = gzip_new();
    influx->http = http_new(&influx->http_settings);
    return VANE_OK;
}

static enum vane_result write(struct vane_self *self, struct vane_write *write)
{
    return delivery_begin(self->state, write);
}

static enum vane_result run(struct vane_self *self)
{
    const struct influx *influx = self->state;
    while (http_turn(influx->http, self))
        ;
    return VANE_OK;
}

static void close(struct vane_self *self)
{
    struct influx *influx = self->state;
    http_free(influx->http);
    deliveries_free(influx);
    http_headers_free(influx->write_headers);
    http_headers_free(influx->query_headers);
    servers_release(&influx->servers);
    gzip_free(influx->gzip);
    vane_text_release(&influx->shape.cut[0]);
    vane_text_release(&influx->shape.cut[1]);
    vane_text_release(&influx->url);
    vane_text_release(&influx->scratch);
}

/* ---- Options ---- */

static const char *const apis[] = { "auto", "v1", "v2", "v3", NULL };
static const char *const levels[] = { "any", "one", "quorum", "all", NULL };
static const char *const precisions[] = { "1ns", "1us", "1ms", "1s", NULL };
static const char *const encodings[] = { "gzip", "identity", NULL };
static const char *const client_errors[] = { "keep", "reject", NULL };

static const struct vane_option options[] = {
    VANE_OPT_STRINGS(struct influx, urls, .preset = "[\"http://127.0.0.1:8086\"]",
                     .help = "Servers (http, https, or unix:///path): the first that is well is written to."),
    VANE_OPT_CHOICE(struct influx, api, .preset = "\"auto\"", .choices = apis,
                    .help = "Write API; auto: v2 with a bucket, v1 with a database."),
    VANE_OPT_STRING(struct influx, token, .secret = true,
                    .help = "API token; servers of version 1 take \"user:password\"."),
    VANE_OPT_STRING(struct influx, organization, .help = "v2: name of the organization."),
    VANE_OPT_STRING(struct influx, bucket,
                    .help = "Bucket to write to; v1 and v3: another name for database."),
    VANE_OPT_STRING(struct influx, bucket_tag,
                    .help = "Tag that names the bucket of a metric, where it has it."),
    VANE_OPT_BOOL(struct influx, exclude_bucket_tag, .preset = "false", .help = "Do not write that tag."),
    VANE_OPT_STRING(struct influx, database, .help = "Database to write to; v2: another name for bucket."),
    VANE_OPT_STRING(struct influx, database_tag,
                    .help = "Tag that names the database of a metric, where it has it."),
    VANE_OPT_BOOL(struct influx, exclude_database_tag, .preset = "false", .help = "Do not write that tag."),
    VANE_OPT_BOOL(struct influx, skip_database_creation, .preset = "false",
                  .help = "v1: do not create a database that is missing."),
    VANE_OPT_STRING(struct influx, retention_policy,
                    .help = "v1: retention policy; empty: the database's default."),
    VANE_OPT_STRING(struct influx, retention_policy_tag,
                    .help = "v1: tag that names the retention policy of a metric, where it has it."),
    VANE_OPT_BOOL(struct influx, exclude_retention_policy_tag, .preset = "false",
                  .help = "Do not write that tag."),
    VANE_OPT_STRING(struct influx, username, .help = "User name, where there is no token."),
    VANE_OPT_STRING(struct influx, password, .secret = true, .help = "Password of that user."),
    VANE_OPT_CHOICE(struct influx, write_consistency, .preset = "\"any\"", .choices = levels,
                    .help = "v1 clusters: how many nodes must have the points."),
    VANE_OPT_CHOICE(struct influx, precision, .preset = "\"1ns\"", .choices = precisions,
                    .help = "Times are written in this unit, rounded down."),
    VANE_OPT_CHOICE(struct influx, on_client_error, .preset = "\"keep\"", .choices = client_errors,
                    .help = "After a 404 or another 4xx that blames no point: try again, or reject."),
    VANE_OPT_CHOICE(struct influx, content_encoding, .preset = "\"gzip\"", .choices = encodings,
                    .help = "How bodies are compressed."),
    VANE_OPT_DURATION(struct influx, timeout, .preset = "\"5s\"", .help = "For a whole request."),
    VANE_OPT_PAIRS(struct influx, http_headers, .help = "More headers for each request."),
    VANE_OPT_STRING(struct influx, http_proxy, .help = "URL of a proxy; empty: as the environment says."),
    VANE_OPT_STRING(struct influx, user_agent, .preset = "\"vane/" VANE_VERSION "\"",
                    .help = "User-Agent header."),
    VANE_OPT_STRING(struct influx, tls_ca, .help = "Certificates (PEM) to trust in place of the system's."),
    VANE_OPT_STRING(struct influx, tls_cert, .help = "Certificate (PEM) of this client."),
    VANE_OPT_STRING(struct influx, tls_key, .help = "Its key (PEM)."),
    VANE_OPT_BOOL(struct influx, insecure_skip_verify, .preset = "false",
                  .help = "Trust any certificate: for tests only."),
    { 0 },
};

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI,
    .role = VANE_OUTPUT,
    .name = "influx_out",
    .help = "Writes metrics to InfluxDB 1, 2 or 3.",
    .state_size = sizeof(struct influx),
    .options = options,
    .data_format = "influx",
    .fixed_format = true,
    .check = check,
    .open = open,
    .run = run,
    .write = write,
    .close = close,
};
