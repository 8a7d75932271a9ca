/* target - where a write goes, in the words of each API:
 *
 *     v1  /write?db=&rp=&precision=&consistency=    Authorization: Basic, or Token
 *     v2  /api/v2/write?org=&bucket=&precision=     Authorization: Token
 *     v3  /api/v3/write_lp?db=&precision=           Authorization: Bearer
 *
 * The precision is always said: v3 would guess it from the magnitude of the times. Own thread.
 */
#pragma once
#include "plugins/influx_out/influx.h"

/* Texts of the config or of a metric's tags. */
struct target {
    const char *bucket; /* or database */
    const char *policy; /* retention policy, "": the default one */
};

/* The API that `api` and the other options mean. AUTO: they mean none, and *why says so. Where api is set,
 * bucket and database are two names of one thing: so one config serves several servers. */
enum influx_api target_api(const struct influx *influx, const char **why);

/* The target of a metric that has no tags for it; the tags that say otherwise, or NULL. */
struct target target_default(const struct influx *influx);
const char *target_bucket_tag(const struct influx *influx);
const char *target_policy_tag(const struct influx *influx);

/* Appends the URL of a write; of the query that creates a database, and that query as a form. */
void target_add_write_url(struct vane_text *url, const struct influx *influx, const struct server *server,
                          const struct target *target);
void target_add_query_url(struct vane_text *url, const struct server *server);
void target_add_create_form(struct vane_text *form, const struct target *target);

/* ns in the unit of `precision`. */
int64_t target_unit(const struct influx *influx);
