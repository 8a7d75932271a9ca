/* influx_out_fuzz - any body of an answer can be read; any text can be cut into lines, and shaping it makes
 * it no longer. */
#include <assert.h>
#include <stdint.h>

#include "plugins/influx_out/answer.c"
#include "plugins/influx_out/lines.c"

static void read_answer(const char *body, size_t length)
{
    struct answer answer;
    struct answer_conflict conflict;
    struct answer_line line;
    size_t reason;
    answer_read(&answer, 400, body, length);
    answer_read_conflict(&answer, &conflict);
    for (size_t at = 0; answer_next_line(&answer, &at, &line);)
        if (!line.number)
            answer_match(&line, body, length, &reason);
    answer_release(&answer);
    answer_query_error(&answer, body, length);
    answer_release(&answer);
}

static void shape_lines(struct vane_text *text)
{
    struct lines_shape shape = { .unit = 1000 };
    size_t before = text->length;
    lines_add_tag(&shape.cut[0], "a");
    lines_reshape(text, 0, &shape);
    assert(text->length <= before);
    assert(text->data[text->length] == '\0');
    lines_count(text->data, text->length);
    vane_text_release(&shape.cut[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vane_text text = { 0 };
    vane_text_add(&text, data, size);
    read_answer(text.data, text.length);
    vane_text_addf(&text, "\n");
    shape_lines(&text);
    vane_text_release(&text);
    return 0;
}
