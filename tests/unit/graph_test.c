/* Routing: the default flow, `from`, what is wrong, lines and parts. */
#include "core/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct said {
    struct vane_text errors, warnings;
};

static void say(void *context, bool warning, const char *file, int line, const char *key, const char *what)
{
    struct said *said = context;
    vane_text_addf(warning ? &said->warnings : &said->errors, "%s:%d: %s: %s\n", file, line, key, what);
}

static const char *nearest(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "window1") == 0 ? "window" : NULL;
}

static bool may_be(void *context, const char *name)
{
    (void)context;
    return strncmp(name, "kafka", 5) == 0;
}

static struct graph_node node(enum vane_role role, const char *name)
{
    return (struct graph_node){ .role = role, .name = name, .file = "f", .line_at = 1, .workers = 1 };
}

static struct graph_node taking(enum vane_role role, const char *name, const char *const *from, size_t count)
{
    struct graph_node made = node(role, name);
    made.has_from = true;
    made.from = (struct vane_strings){ .items = from, .count = count };
    return made;
}

static bool build(struct graph *graph, struct graph_node *nodes, size_t count, struct said *said)
{
    struct graph_report report = { .say = say, .context = said, .nearest = nearest };
    *said = (struct said){ 0 };
    vane_text_add(&said->errors, "", 0);
    vane_text_add(&said->warnings, "", 0);
    return graph_build(graph, nodes, count, &report);
}

static void release(struct graph *graph, struct said *said)
{
    graph_release(graph);
    vane_text_release(&said->errors);
    vane_text_release(&said->warnings);
}

static bool has_arrow(const struct graph *graph, size_t from, size_t to)
{
    for (size_t i = 0; i < graph->arrow_count; i++)
        if (graph->arrows[i].from == from && graph->arrows[i].to == to)
            return true;
    return false;
}

static void test_graph__without_from_it_is_telegrafs_flow(void **state)
{
    (void)state;
    struct graph_node nodes[] = { node(VANE_OUTPUT, "o"), node(VANE_INPUT, "a"), node(VANE_PROCESSOR, "p"),
                                  node(VANE_INPUT, "b"), node(VANE_PROCESSOR, "q"), node(VANE_OUTPUT, "r") };
    struct graph graph;
    struct said said;
    assert_true(build(&graph, nodes, 6, &said));
    assert_int_equal(graph.arrow_count, 5);
    assert_true(has_arrow(&graph, 1, 2) && has_arrow(&graph, 3, 2) && has_arrow(&graph, 2, 4));
    assert_true(has_arrow(&graph, 4, 0) && has_arrow(&graph, 4, 5));
    assert_int_equal(graph.line_count, 1); /* p and q share a thread */
    assert_int_equal(graph.part_count, 1);
    release(&graph, &said);
}

static void test_graph__a_route_is_taken_by_name_and_ends_the_line(void **state)
{
    (void)state;
    static const char *const routes[] = { "late", NULL }, *const late[] = { "w.late" },
        *const both[] = { "w", "w.late" };
    struct graph_node nodes[] = { node(VANE_INPUT, "i"), node(VANE_PROCESSOR, "w"),
                                  taking(VANE_PROCESSOR, "p", late, 1), taking(VANE_OUTPUT, "o", both, 2),
                                  taking(VANE_OUTPUT, "q", (const char *const[]){ "p" }, 1) };
    nodes[1].routes = routes;
    struct graph graph;
    struct said said;
    assert_true(build(&graph, nodes, 5, &said));
    assert_string_equal(said.warnings.data, ""); /* a route is no second path of the same metrics */
    assert_int_equal(graph.line_count, 2);
    assert_int_equal(graph.part_count, 1);
    assert_true(has_arrow(&graph, 1, 2) && has_arrow(&graph, 1, 3) && has_arrow(&graph, 2, 4));
    struct vane_text text = { 0 };
    graph_print(&graph, &text);
    assert_non_null(strstr(text.data, "─late─▭▶ processors.p\n"));
    vane_text_release(&text);
    release(&graph, &said);
}

static void test_graph__a_route_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    static const char *const from[] = { "w.early" };
    struct graph_node nodes[] = { node(VANE_INPUT, "i"), node(VANE_PROCESSOR, "w"), taking(VANE_OUTPUT, "o", from, 1) };
    struct graph graph;
    struct said said;
    assert_false(build(&graph, nodes, 3, &said));
    assert_string_equal(said.errors.data, "f:1: from: no plugin has the name 'w.early'\n");
    release(&graph, &said);
}

static void test_graph__from_takes_from_nobody_else(void **state)
{
    (void)state;
    const char *const from_a[] = { "a" };
    struct graph_node nodes[] = { node(VANE_INPUT, "a"), node(VANE_INPUT, "b"), taking(VANE_OUTPUT, "x", from_a, 1),
                                  node(VANE_OUTPUT, "y") };
    struct graph graph;
    struct said said;
    assert_true(build(&graph, nodes, 4, &said));
    assert_true(has_arrow(&graph, 0, 2) && !has_arrow(&graph, 1, 2));
    assert_true(has_arrow(&graph, 0, 3) && has_arrow(&graph, 1, 3));
    release(&graph, &said);
}

static void test_graph__exclusive_keeps_an_input_out_of_the_default_flow(void **state)
{
    (void)state;
    const char *const from_a[] = { "a" };
    struct graph_node nodes[] = { node(VANE_INPUT, "a"), node(VANE_INPUT, "b"), taking(VANE_OUTPUT, "x", from_a, 1),
                                  node(VANE_OUTPUT, "y") };
    nodes[0].exclusive = true;
    struct graph graph;
    struct said said;
    assert_true(build(&graph, nodes, 4, &said));
    assert_false(has_arrow(&graph, 0, 3));
    assert_int_equal(graph.part_count, 2);
    release(&graph, &said);
}

static void test_graph__unknown_names_offer_the_nearest(void **state)
{
    (void)state;
    const char *const from[] = { "window1" };
    struct graph_node nodes[] = { node(VANE_INPUT, "a"), taking(VANE_OUTPUT, "x", from, 1) };
    struct graph graph;
    struct said said;
    assert_false(build(&graph, nodes, 2, &said));
    assert_string_equal(said.errors.data,
                        "f:1: from: no plugin has the name 'window1'; did you mean 'window'?\n");
    release(&graph, &said);
}

static void test_graph__cycles_dead_ends_and_double_names_are_errors(void **state)
{
    (void)state;
    const char *const from_q[] = { "q" }, *const from_p[] = { "p", "a" };
    struct graph_node cycle[] = { node(VANE_INPUT, "a"), taking(VANE_PROCESSOR, "p", from_q, 1),
                                  taking(VANE_PROCESSOR, "q", from_p, 2), taking(VANE_OUTPUT, "x", from_q, 1) };
    struct graph graph;
    struct said said;
    assert_false(build(&graph, cycle, 4, &said));
    assert_non_null(strstr(said.errors.data, "part of a cycle"));
    release(&graph, &said);

    const char *const from_a[] = { "a" };
    struct graph_node dead[] = { node(VANE_INPUT, "a"), taking(VANE_PROCESSOR, "p", from_a, 1),
                                 node(VANE_OUTPUT, "x") };
    assert_false(build(&graph, dead, 3, &said));
    assert_string_equal(said.errors.data, "f:1: : leads nowhere: nobody takes from it; add an output, or "
                        "name it in a `from`\n");
    release(&graph, &said);

    struct graph_node twice[] = { node(VANE_INPUT, "a"), node(VANE_OUTPUT, "a") };
    twice[1].aliased = true;
    assert_false(build(&graph, twice, 2, &said));
    assert_non_null(strstr(said.errors.data, "alias: the name 'a' is taken by the plugin at f:1"));
    release(&graph, &said);
}

static void test_graph__of_a_cycle_the_first_node_in_it_is_named(void **state)
{
    (void)state;
    const char *const from_p[] = { "p" }, *const from_q[] = { "q", "a" };
    struct graph_node nodes[] = { node(VANE_INPUT, "a"), taking(VANE_OUTPUT, "x", from_p, 1),
                                  taking(VANE_PROCESSOR, "behind", from_p, 1), taking(VANE_PROCESSOR, "p", from_q, 2),
                                  taking(VANE_PROCESSOR, "q", from_p, 1),
                                  taking(VANE_OUTPUT, "y", (const char *const[]){ "behind" }, 1) };
    for (int i = 0; i < 6; i++)
        nodes[i].line_at = i;
    struct graph graph;
    struct said said;
    assert_false(build(&graph, nodes, 6, &said));
    assert_string_equal(said.errors.data, "f:3: from: is part of a cycle: it takes, over others, from itself\n");
    release(&graph, &said);
}

static void test_graph__state_needs_a_name_of_its_own(void **state)
{
    (void)state;
    struct graph_node nodes[] = { node(VANE_INPUT, "a"), node(VANE_INPUT, "a"), node(VANE_OUTPUT, "x") };
    struct graph graph;
    struct said said;
    assert_true(build(&graph, nodes, 3, &said));
    release(&graph, &said);
    nodes[1].keeps = true;
    assert_false(build(&graph, nodes, 3, &said));
    assert_string_equal(said.errors.data, "f:1: : keeps state and stands more than once: give each an alias, "
                                          "so that its state is found again\n");
    release(&graph, &said);
}

/* What is sure is told though a plugin is missing, and nothing that only follows from that. */
static void test_graph__a_missing_plugin_hides_no_other_error(void **state)
{
    (void)state;
    const char *const from[] = { "m", "m.side", "kafka", "kafka.late", "nobody", "x" };
    struct graph_node nodes[] = { node(VANE_INPUT, "a"), taking(VANE_PROCESSOR, "m", (const char *const[]){ "a" }, 1),
                                  taking(VANE_OUTPUT, "y", from, 6), node(VANE_OUTPUT, "x") };
    nodes[1].vague = true;
    struct graph graph;
    struct said said = { 0 };
    struct graph_report report = { .say = say, .context = &said, .nearest = nearest, .may_be = may_be };
    assert_false(graph_build(&graph, nodes, 4, &report));
    assert_string_equal(said.errors.data, "f:1: from: no plugin has the name 'nobody'\n"
                        "f:1: from: 'x' is an output: nothing can be taken from it\n");
    release(&graph, &said);

    said = (struct said){ 0 };
    nodes[2].from.count = 4; /* `kafka` may be what nobody seems to take from */
    nodes[0].exclusive = true;
    assert_true(graph_build(&graph, nodes, 4, &report));
    release(&graph, &said);
}

static void test_graph__a_used_route_that_nobody_takes_is_warned_of(void **state)
{
    (void)state;
    static const char *const routes[] = { "early", "late", NULL };
    struct graph_node nodes[] = { node(VANE_INPUT, "i"), node(VANE_PROCESSOR, "w"), node(VANE_OUTPUT, "x"),
                                  taking(VANE_OUTPUT, "y", (const char *const[]){ "w.late" }, 1) };
    nodes[1].routes = routes;
    struct graph graph;
    struct said said;
    nodes[1].used = 2; /* late, which y takes */
    assert_true(build(&graph, nodes, 4, &said));
    assert_string_equal(said.warnings.data, "");
    release(&graph, &said);
    nodes[1].used = 3;
    assert_true(build(&graph, nodes, 4, &said));
    assert_string_equal(said.warnings.data, "f:1: : its route 'early' leads nowhere, and what goes there is "
                                            "lost: write "
                                            "from = [\"w.early\"] in the table of an output or processor "
                                            "that is to take it\n");
    release(&graph, &said);
}

static void test_graph__two_paths_are_warned_of(void **state)
{
    (void)state;
    const char *const from_a[] = { "a" }, *const from_both[] = { "a", "p" };
    struct graph_node nodes[] = { node(VANE_INPUT, "a"), taking(VANE_PROCESSOR, "p", from_a, 1),
                                  taking(VANE_OUTPUT, "x", from_both, 2) };
    struct graph graph;
    struct said said;
    assert_true(build(&graph, nodes, 3, &said));
    assert_non_null(strstr(said.warnings.data, "takes what comes from 'a' on 2 paths"));
    release(&graph, &said);
}

static void test_graph__best_effort_outputs_tie_no_parts_together(void **state)
{
    (void)state;
    const char *const from_a[] = { "a" }, *const from_b[] = { "b" }, *const both[] = { "a", "b" };
    struct graph_node nodes[] = { node(VANE_INPUT, "a"), node(VANE_INPUT, "b"), taking(VANE_OUTPUT, "x", from_a, 1),
                                  taking(VANE_OUTPUT, "y", from_b, 1), taking(VANE_OUTPUT, "z", both, 2) };
    struct graph graph;
    struct said said;
    nodes[4].best_effort = true;
    assert_true(build(&graph, nodes, 5, &said));
    assert_int_equal(graph.part_count, 2);
    assert_int_equal(nodes[4].part, (size_t)GRAPH_NONE);
    release(&graph, &said);
    nodes[4].best_effort = false;
    assert_true(build(&graph, nodes, 5, &said));
    assert_int_equal(graph.part_count, 1);
    release(&graph, &said);
}

static void test_graph__workers_have_lines_of_their_own(void **state)
{
    (void)state;
    struct graph_node nodes[] = { node(VANE_INPUT, "a"), node(VANE_PROCESSOR, "p"), node(VANE_PROCESSOR, "q"),
                                  node(VANE_PROCESSOR, "r"), node(VANE_OUTPUT, "x") };
    nodes[1].workers = 2;
    struct graph graph;
    struct said said;
    assert_true(build(&graph, nodes, 5, &said));
    assert_int_equal(graph.line_count, 2);
    assert_int_equal(nodes[2].line, nodes[3].line);
    assert_int_not_equal(nodes[1].line, nodes[2].line);
    release(&graph, &said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_graph__without_from_it_is_telegrafs_flow),
        cmocka_unit_test(test_graph__a_route_is_taken_by_name_and_ends_the_line),
        cmocka_unit_test(test_graph__a_route_that_is_not_there_is_an_error),
        cmocka_unit_test(test_graph__from_takes_from_nobody_else),
        cmocka_unit_test(test_graph__exclusive_keeps_an_input_out_of_the_default_flow),
        cmocka_unit_test(test_graph__unknown_names_offer_the_nearest),
        cmocka_unit_test(test_graph__cycles_dead_ends_and_double_names_are_errors),
        cmocka_unit_test(test_graph__of_a_cycle_the_first_node_in_it_is_named),
        cmocka_unit_test(test_graph__state_needs_a_name_of_its_own),
        cmocka_unit_test(test_graph__a_missing_plugin_hides_no_other_error),
        cmocka_unit_test(test_graph__a_used_route_that_nobody_takes_is_warned_of),
        cmocka_unit_test(test_graph__two_paths_are_warned_of),
        cmocka_unit_test(test_graph__best_effort_outputs_tie_no_parts_together),
        cmocka_unit_test(test_graph__workers_have_lines_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
