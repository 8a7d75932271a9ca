/* expression - conditions on a metric (metricpass), in the language Telegraf uses: CEL.
 *
 *     name == "cpu" && tags.host.startsWith("db") && fields.usage_idle < 10.0
 *     fields.exists(f, type(fields[f]) in [int, uint, double] && fields[f] > 20.0)
 *     time > now() - duration("1h")
 *
 * Variables  name: string; tags: map of strings; fields: map of dyn (int, uint, double, bool, string);
 *            time: timestamp.
 * Literals   true false null, 12 0x1f, 12u, 1.5 1e3 .5, 'a' "a" '''a''' r'\d', [1, 2]
 * Operators  ?:  ||  &&  == != < <= > >= in  + -  * / %  - !  x.y  x[y]
 * Macros     has(x.y)  x.all(v, c)  x.exists(v, c)  x.exists_one(v, c)  x.filter(v, c)  x.map(v, e)
 * Functions  size type dyn bool int uint double string timestamp duration now
 *            s.contains(t) s.startsWith(t) s.endsWith(t) s.matches(r) s.lowerAscii() s.upperAscii() s.trim()
 *            s.charAt(i) s.indexOf(t) s.substring(i[, j]) s.replace(t, u)
 *            t.getFullYear() getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours
 *            getMinutes getSeconds getMilliseconds (also with a zone: "UTC", "+02:00"); d.getHours() ...
 *            math.abs ceil floor round trunc isNaN isInf isFinite
 *
 * What is accepted means what it means to cel-go (github.com/google/cel-spec, doc/langdef.md): types are
 * checked when it is compiled, as far as they are known (constants that cannot be converted are found then
 * too); int and double never mix in arithmetic and ==, only in < <= > >=; overflow, division by zero and a
 * missing key are errors; an error on one side of || or && counts only where the other side does not decide.
 * Not there: maps, messages and bytes as literals, time zones by name, the other functions of CEL's
 * extensions. The pattern of matches() is a constant, see regex.h.
 *
 * Memory and time of an evaluation are bounded; beyond that it is an error. Own thread.
 */
#pragma once
#include "core/error.h"
#include "core/plugin.h"

struct expression;

/* NULL: it is wrong; the error says where and what was expected. */
struct expression *expression_new(const char *text, struct error *err);
void expression_free(struct expression *expression); /* NULL is fine */

/* Does the answer depend on name and tags alone? Then it is the same for all metrics of a series. */
bool expression_of_series(const struct expression *expression);

enum expression_answer { EXPRESSION_FALSE, EXPRESSION_TRUE, EXPRESSION_ERROR };

/* `now` is what now() gives. With ERROR `err` says why: Telegraf lets such a metric pass. */
enum expression_answer expression_eval(struct expression *expression, const struct vane_metric *metric,
                                       int64_t now, struct error *err);
