/* target - see target.h. */
#include "plugins/influx_out/target.h"

#include "plugins/shared/url.h"

/* ---- Which API ---- */

static bool is_set(const char *text)
{
    return text && text[0];
}

enum influx_api target_api(const struct influx *influx, const char **why)
{
    bool bucket = is_set(influx->bucket) || is_set(influx->bucket_tag);
    bool database = is_set(influx->database) || is_set(influx->database_tag);
    if (!bucket && !database)
        *why = "set bucket and token (v2), or database (v1)";
    else if (influx->api != INFLUX_AUTO)
        return (enum influx_api)influx->api;
    else if (bucket && database)
        *why = "bucket (v2) and database (v1) are both set: set api, or leave one out";
    else
        return database ? INFLUX_V1 : INFLUX_V2;
    return INFLUX_AUTO;
}

/* ---- Targets ---- */

/* The name that is the API's own goes first; the other does where that is not set. */
static const char *choose(const struct influx *influx, const char *bucket, const char *database)
{
    const char *first = influx->api == INFLUX_V2 ? bucket : database;
    const char *second = influx->api == INFLUX_V2 ? database : bucket;
    return is_set(first) ? first : is_set(second) ? second : "";
}

struct target target_default(const struct influx *influx)
{
    const char *policy = influx->api == INFLUX_V1 ? influx->retention_policy : NULL;
    return (struct target){ choose(influx, influx->bucket, influx->database), policy ? policy : "" };
}

const char *target_bucket_tag(const struct influx *influx)
{
    const char *tag = choose(influx, influx->bucket_tag, influx->database_tag);
    return tag[0] ? tag : NULL;
}

const char *target_policy_tag(const struct influx *influx)
{
    bool used = influx->api == INFLUX_V1 && is_set(influx->retention_policy_tag);
    return used ? influx->retention_policy_tag : NULL;
}

/* ---- URLs ---- */

static void add_parameter(struct vane_text *url, const char *name, const char *value)
{
    if (!value || !value[0])
        return;
    bool first = !strchr(url->data, '?');
    vane_text_addf(url, "%c%s=", first ? '?' : '&', name);
    url_escape(url, value);
}

static void add_v1(struct vane_text *url, const struct influx *influx, const struct target *target)
{
    /* `u`: with `us`, 1.6 takes the times for nanoseconds, and says nothing. */
    static const char *const precisions[] = { "ns", "u", "ms", "s" };
    static const char *const levels[] = { "any", "one", "quorum", "all" };
    vane_text_addf(url, "/write");
    add_parameter(url, "db", target->bucket);
    add_parameter(url, "rp", target->policy);
    add_parameter(url, "precision", precisions[influx->precision]);
    add_parameter(url, "consistency", levels[influx->write_consistency]);
}

static void add_v2(struct vane_text *url, const struct influx *influx, const struct target *target)
{
    static const char *const precisions[] = { "ns", "us", "ms", "s" };
    vane_text_addf(url, "/api/v2/write");
    add_parameter(url, "org", influx->organization);
    add_parameter(url, "bucket", target->bucket);
    add_parameter(url, "precision", precisions[influx->precision]);
}

static void add_v3(struct vane_text *url, const struct influx *influx, const struct target *target)
{
    static const char *const precisions[] = { "nanosecond", "microsecond", "millisecond", "second" };
    vane_text_addf(url, "/api/v3/write_lp");
    add_parameter(url, "db", target->bucket);
    add_parameter(url, "precision", precisions[influx->precision]);
}

void target_add_write_url(struct vane_text *url, const struct influx *influx, const struct server *server,
                          const struct target *target)
{
    vane_text_addf(url, "%s", server->base);
    if (influx->api == INFLUX_V1)
        add_v1(url, influx, target);
    else if (influx->api == INFLUX_V2)
        add_v2(url, influx, target);
    else
        add_v3(url, influx, target);
}

void target_add_query_url(struct vane_text *url, const struct server *server)
{
    vane_text_addf(url, "%s/query", server->base);
}

void target_add_create_form(struct vane_text *form, const struct target *target)
{
    vane_text_addf(form, "q=CREATE%%20DATABASE%%20%%22");
    for (const char *at = target->bucket; *at; at++) {
        char quoted[3] = { '\\', *at, '\0' };
        url_escape(form, strchr("\"\\", *at) ? quoted : quoted + 1);
    }
    vane_text_addf(form, "%%22");
}

int64_t target_unit(const struct influx *influx)
{
    static const int64_t units[] = { 1, 1000, 1000000, 1000000000 };
    return units[influx->precision];
}
