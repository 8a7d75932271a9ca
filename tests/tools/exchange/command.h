/* command - the control lines of standard input: misbehaviour on request, and a look inside.
 *
 * Every line gets one line back: "ok N" (N connections it reached, where that makes sense),
 * "error WHY", or for status a JSON object. command_help lists them. Own thread.
 */
#pragma once
#include "tests/tools/exchange/server.h"

void command_obey(struct server *server, char *line, struct bytes *answer);
const char *command_help(void); /* several lines */
