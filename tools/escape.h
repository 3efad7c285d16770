/* Text of models, files and drivers on its way to a terminal: whatever could move its cursor or change its
 * state is written \xNN, byte by byte: control characters (C0, DEL, and C1 in UTF-8 or as bytes), and what is
 * no UTF-8. Not for JSON, which has an encoding of its own. */
#ifndef WINOCL_TOOLS_ESCAPE_H
#define WINOCL_TOOLS_ESCAPE_H

#include <stdio.h>

#include "report.h"

void wcl__put_escaped(FILE *stream, const char *text);
/* Text of several lines, such as a compiler's log: line ends and tabs stay, and the last line gets an end. */
void wcl__put_escaped_lines(FILE *stream, const char *text);
/* Memory of its own; NULL when there is none left. */
char *wcl__escape(const char *text);
/* JSON text as UTF-8 whatever bytes its strings were made of: what is none becomes U+FFFD, DEL and C1 become
 * \u00NN. NULL: no memory. */
char *wcl__encode_json(const char *json);
/* A line of stdout: as printf, but escaped, and the newline comes by itself. */
void wcl__print_line(const char *format, ...) WCL__PRINTF(1, 2);

#endif
