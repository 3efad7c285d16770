#include "picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 1040,
    BAR_X = 330,    /* where the bars start, */
    BAR_MOST = 520, /* how long the longest is; what it says stands behind it */
    ROW = 24,       /* from a bar to the next */
    BAR = 16,
    HEAD = 116,        /* above the first bar */
    FOOT = 28,         /* below the last */
    NAME_COLUMNS = 30, /* of a layer's name; the middle of longer ones is cut */
    MOST_ROWS = 40,    /* the slowest layers; the others share one row */
    TICKS = 6
};

static const char style[] = "<style>\n"
                            "text { font-family: 'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif; "
                            "font-size: 12px; fill: #24292f; }\n"
                            ".title { font-size: 18px; font-weight: bold; }\n"
                            ".small { font-size: 11px; fill: #57606a; }\n"
                            ".over { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }\n"
                            ".end { text-anchor: end; }\n"
                            ".middle { text-anchor: middle; }\n"
                            ".grid { stroke: #d8dee4; stroke-width: 1; }\n"
                            ".axis { stroke: #8c959f; stroke-width: 1; }\n"
                            ".rest { fill: #d0d7de; }\n"
                            ".work { fill: #0969da; }\n"
                            ".bytes { fill: #bc6c25; }\n"
                            ".limit { stroke: #24292f; stroke-width: 1.5; }\n"
                            "</style>\n";

/* Bytes of the UTF-8 sequence at `text`; 0: it is none, or nothing that XML may hold. */
static int sequence(const unsigned char *text)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    const int bytes = *text < 0x80 ? 1 : *text >= 0xF0 ? 4 : *text >= 0xE0 ? 3 : 2;
    unsigned code = bytes == 1 ? *text : *text & (0x7Fu >> bytes);
    if (*text < 0x20 || (*text & 0xC0) == 0x80 || *text >= 0xF8)
        return 0;
    for (int i = 1; i < bytes; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3Fu);
    }
    const bool legal = code >= least[bytes] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF) &&
                       code != 0xFFFE && code != 0xFFFF;
    return legal ? bytes : 0;
}

/* Escaped, and at most `columns` characters, the last of which tells that there were more. */
static void put_text(FILE *out, const char *text, int columns)
{
    const unsigned char *at = (const unsigned char *)text;
    for (int column = 1; *at; column++) {
        const int bytes = sequence(at);
        if (column == columns && at[bytes ? bytes : 1]) {
            fputs("\342\200\246", out); /* an ellipsis */
            return;
        }
        if (bytes == 0)
            fputc('?', out);
        else if (strchr("<>&\"'", *at))
            fprintf(out, "&#%d;", *at);
        else
            fwrite(at, 1, (size_t)bytes, out);
        at += bytes ? bytes : 1;
    }
}

static bool is_drawn(const wcl__times *profile, int i)
{
    return profile->nodes[i].launches > 0 && profile->node_ms[i] >= 0;
}

/* Is it one of the slowest, which have a row each? */
static bool has_row(const wcl__times *profile, int i)
{
    int slower = 0;
    if (!is_drawn(profile, i))
        return false;
    for (int k = 0; k < profile->node_count; k++)
        slower += is_drawn(profile, k) && (profile->node_ms[k] > profile->node_ms[i] ||
                                           (profile->node_ms[k] == profile->node_ms[i] && k < i));
    return slower < MOST_ROWS;
}

/* The layers that have none. */
typedef struct rest {
    int count;
    double ms;
} rest;

static rest find_rest(const wcl__times *profile)
{
    rest r = {0, 0};
    for (int i = 0; i < profile->node_count; i++)
        if (is_drawn(profile, i) && !has_row(profile, i)) {
            r.count++;
            r.ms += profile->node_ms[i];
        }
    return r;
}

static int row_count(const wcl__times *profile)
{
    int count = 0;
    for (int i = 0; i < profile->node_count; i++)
        count += has_row(profile, i);
    return count + (find_rest(profile).count > 0);
}

/* A long name without its middle: networks tell their layers apart at both ends. */
static void put_name(FILE *out, const char *name)
{
    int columns = 0, column = 0;
    for (const char *c = name; *c; c++)
        columns += (*c & 0xC0) != 0x80;
    char kept[4 * NAME_COLUMNS + 8];
    size_t used = 0;
    const int cut = columns - NAME_COLUMNS + 1, first = NAME_COLUMNS / 2;
    for (const char *c = name; *c && used + 4 < sizeof kept; c++) {
        column += (*c & 0xC0) != 0x80;
        if (columns <= NAME_COLUMNS || column <= first || column > first + cut)
            kept[used++] = *c;
        else if (column == first + 1 && (*c & 0xC0) != 0x80)
            used += (size_t)snprintf(kept + used, sizeof kept - used, "\342\200\246");
    }
    kept[used] = '\0';
    put_text(out, kept, NAME_COLUMNS);
}

/* What the longest bar stands for: a layer's time, or its bound where a cache made it faster than that. */
static double longest_ms(const wcl__picture *p)
{
    double most = 1e-6;
    for (int i = 0; i < p->profile->node_count; i++)
        if (is_drawn(p->profile, i))
            most = fmax(most, fmax(p->profile->node_ms[i], wcl__bound_ms(&p->profile->nodes[i], p->rates)));
    return most;
}

/* 1, 2 or 5 times a power of ten: at most TICKS of it up to `most`. */
static double tick_step(double most)
{
    static const double steps[] = {1, 2, 5, 10};
    const double power = pow(10, floor(log10(most / TICKS)));
    size_t i = 0;
    while (i + 1 < sizeof steps / sizeof *steps && most / (steps[i] * power) > TICKS)
        i++;
    return steps[i] * power;
}

static void put_head(FILE *out, const wcl__picture *p, int height)
{
    static const struct {
        const char *class, *text;
        int x;
    } legend[] = {
        {"work", "its fewest operations", BAR_X},
        {"bytes", "its bytes, each once", BAR_X + 170},
        {"rest", "time above the bound", BAR_X + 340},
    };
    fprintf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n%s"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n<text class=\"title\" x=\"16\" y=\"30\">",
        WIDTH, height, WIDTH, height, style);
    put_text(out, p->title, 90);
    fputs("</text>\n<text class=\"small\" x=\"16\" y=\"50\">", out);
    put_text(out, p->device->name, 60);
    fprintf(out, ": %.1f GFLOP/s, %.1f GB/s; kernels %.2f ms, a run %.2f ms</text>\n", p->rates->gflops,
            p->rates->gigabytes_per_second, p->profile->total_ms, p->profile->run_ms);
    fputs("<text class=\"small\" x=\"16\" y=\"79\">time of each layer, and its roofline's bound:</text>\n",
          out);
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++)
        fprintf(out,
                "<rect class=\"%s\" x=\"%d\" y=\"69\" width=\"12\" height=\"12\"/>\n<text class=\"small\" "
                "x=\"%d\" "
                "y=\"79\">%s</text>\n",
                legend[i].class, legend[i].x, legend[i].x + 18, legend[i].text);
}

static void put_axis(FILE *out, double most, int bottom)
{
    const double step = tick_step(most);
    for (int i = 0; i * step <= most * 1.0001; i++) {
        const double x = BAR_X + i * step / most * BAR_MOST;
        fprintf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n",
                i ? "grid" : "axis", x, HEAD - 8, x, bottom);
        fprintf(out, "<text class=\"small middle\" x=\"%.1f\" y=\"%d\">%g%s</text>\n", x, HEAD - 14, i * step,
                i ? "" : " ms");
    }
}

static void put_row(FILE *out, const wcl__picture *p, int i, double most, int y)
{
    const wcl_plan_node *node = &p->profile->nodes[i];
    const double ms = p->profile->node_ms[i], bound = wcl__bound_ms(node, p->rates), scale = BAR_MOST / most;
    const int text_y = y + BAR - 4;
    fputs("<g>\n<title>", out);
    put_text(out, node->name, INT16_MAX);
    fprintf(out, ": %.3f ms; bound %.3f ms: %.4g GFLOP, %.4g MB</title>\n<text x=\"16\" y=\"%d\">", ms, bound,
            node->least_gflop, (double)node->least_bytes * 1e-6, text_y);
    put_name(out, node->name);
    fprintf(out, "</text>\n<text class=\"small end\" x=\"%d\" y=\"%d\">", BAR_X - 10, text_y);
    put_text(out, node->op, 20);
    fputs(", ", out);
    put_text(out, node->algorithm, 12);
    fprintf(out, "</text>\n<rect class=\"rest\" x=\"%d\" y=\"%d\" width=\"%.2f\" height=\"%d\"/>\n", BAR_X, y,
            ms * scale, BAR);
    fprintf(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.2f\" height=\"%d\"/>\n",
            wcl__is_bound_by_work(node, p->rates) ? "work" : "bytes", BAR_X, y, fmin(bound, ms) * scale, BAR);
    fprintf(out, "<line class=\"limit\" x1=\"%.2f\" y1=\"%d\" x2=\"%.2f\" y2=\"%d\"/>\n",
            BAR_X + bound * scale, y - 2, BAR_X + bound * scale, y + BAR + 2);
    fprintf(out, "<text class=\"over\" x=\"%.2f\" y=\"%d\">%.*f ms", BAR_X + fmax(ms, bound) * scale + 8,
            text_y, ms < 1 ? 3 : 2, ms);
    if (ms > 0)
        fprintf(out, "<tspan class=\"small\" dx=\"8\">%.0f %% of its roofline</tspan>", 100 * bound / ms);
    fputs("</text>\n</g>\n", out);
}

static void put_rest(FILE *out, const rest *r, double most, int y)
{
    const int text_y = y + BAR - 4;
    const double width = fmin(r->ms, most) * BAR_MOST / most;
    fprintf(out, "<g>\n<text x=\"16\" y=\"%d\">%d other layers</text>\n", text_y, r->count);
    fprintf(out, "<rect class=\"rest\" x=\"%d\" y=\"%d\" width=\"%.2f\" height=\"%d\"/>\n", BAR_X, y, width,
            BAR);
    fprintf(out, "<text class=\"over\" x=\"%.2f\" y=\"%d\">%.2f ms together%s</text>\n</g>\n",
            BAR_X + width + 8, text_y, r->ms, r->ms > most ? " (longer than drawn)" : "");
}

static void put_picture(FILE *out, const wcl__picture *p)
{
    const double most = longest_ms(p);
    const int bottom = HEAD + row_count(p->profile) * ROW;
    int y = HEAD;
    put_head(out, p, bottom + FOOT);
    put_axis(out, most, bottom);
    for (int i = 0; i < p->profile->node_count; i++)
        if (has_row(p->profile, i)) {
            put_row(out, p, i, most, y);
            y += ROW;
        }
    const rest others = find_rest(p->profile);
    if (others.count > 0)
        put_rest(out, &others, most, y);
    fprintf(out,
            "<text class=\"small\" x=\"16\" y=\"%d\">Black lines mark the bounds. A layer that beats its "
            "bound found its data in a "
            "cache.</text>\n</svg>\n",
            bottom + 18);
}

int wcl__picture_write(const char *path, const wcl__picture *picture)
{
    char *text = NULL;
    size_t length = 0;
    if (isnan(picture->profile->total_ms))
        return wcl__complain(WCL__BAD_DEVICE, "%s: the device measures no times", path);
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return wcl__complain_memory();
    put_picture(out, picture);
    const bool failed = ferror(out) != 0;
    const int result =
        fclose(out) != 0 || failed ? wcl__complain_memory() : wcl__write_file(path, text, length);
    free(text);
    return result;
}
