/* handshake - see handshake.h. permessage-deflate is never agreed to: offers are ignored. */
#include "tests/tools/exchange/handshake.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/alloc.h"

struct slice {
    const char *text;
    size_t length;
};

static struct slice slice_until(const char **at, const char *end, const char *separator)
{
    size_t rest = (size_t)(end - *at);
    const char *found = memmem(*at, rest, separator, strlen(separator));
    struct slice slice = {*at, found ? (size_t)(found - *at) : rest};
    *at = found ? found + strlen(separator) : end;
    return slice;
}

static bool slice_is(struct slice slice, const char *text)
{
    return strlen(text) == slice.length && strncasecmp(slice.text, text, slice.length) == 0;
}

static struct slice trim(struct slice slice)
{
    while (slice.length && (*slice.text == ' ' || *slice.text == '\t'))
        slice = (struct slice){slice.text + 1, slice.length - 1};
    while (slice.length && (slice.text[slice.length - 1] == ' ' || slice.text[slice.length - 1] == '\t'))
        slice.length--;
    return slice;
}

static int hex_digit(char byte)
{
    const char *digits = "0123456789abcdef";
    const char *found = byte ? strchr(digits, byte | 0x20) : NULL;
    return found ? (int)(found - digits) : -1;
}

static char *percent_decode(struct slice slice)
{
    char *decoded = alloc_text_n(slice.text, slice.length);
    size_t length = 0;
    for (size_t i = 0; i < slice.length; i++, length++) {
        bool escape = slice.text[i] == '%' && i + 2 < slice.length &&
                      hex_digit(slice.text[i + 1]) >= 0 && hex_digit(slice.text[i + 2]) >= 0;
        decoded[length] = slice.text[i];
        if (escape) {
            decoded[length] = (char)(hex_digit(slice.text[i + 1]) * 16 + hex_digit(slice.text[i + 2]));
            i += 2;
        }
    }
    decoded[length] = '\0';
    return decoded;
}

static void read_parameter(struct slice parameter, struct handshake *handshake)
{
    const char *at = parameter.text, *end = parameter.text + parameter.length;
    struct slice name = slice_until(&at, end, "=");
    struct slice value = {at, (size_t)(end - at)};
    if (slice_is(name, "timeUnit") && (slice_is(value, "MICROSECOND")))
        handshake->unit = UNIT_US;
    if (handshake->combined && slice_is(name, "streams")) {
        free(handshake->streams);
        handshake->streams = percent_decode(value);
    }
}

/* "/ws", "/ws/...", "/stream", "/stream?..." */
static bool read_target(struct slice target, struct handshake *handshake)
{
    const char *at = target.text, *end = target.text + target.length;
    struct slice path = slice_until(&at, end, "?");
    handshake->combined = slice_is(path, "/stream") || slice_is(path, "/stream/");
    bool raw = slice_is(path, "/ws") || (path.length > 3 && memcmp(path.text, "/ws/", 4) == 0);
    if (!raw && !handshake->combined)
        return false;
    struct slice names = {path.text + 4, raw && path.length > 4 ? path.length - 4 : 0};
    handshake->streams = percent_decode(names);
    while (at < end)
        read_parameter(slice_until(&at, end, "&"), handshake);
    return true;
}

/* Does a header such as "keep-alive, Upgrade" hold the token? */
static bool has_token(struct slice value, const char *token)
{
    const char *at = value.text, *end = value.text + value.length;
    while (at < end)
        if (slice_is(trim(slice_until(&at, end, ",")), token))
            return true;
    return false;
}

static int read_headers(const char *at, const char *end, struct handshake *handshake)
{
    bool upgrade = false, connection = false, version = false;
    while (at < end) {
        struct slice line = slice_until(&at, end, "\r\n");
        const char *colon = line.text, *line_end = line.text + line.length;
        struct slice name = trim(slice_until(&colon, line_end, ":"));
        struct slice value = trim((struct slice){colon, (size_t)(line_end - colon)});
        upgrade |= slice_is(name, "Upgrade") && has_token(value, "websocket");
        connection |= slice_is(name, "Connection") && has_token(value, "Upgrade");
        version |= slice_is(name, "Sec-WebSocket-Version") && slice_is(value, "13");
        if (slice_is(name, "Sec-WebSocket-Key") && !handshake->key)
            handshake->key = alloc_text_n(value.text, value.length);
    }
    if (!upgrade || !connection || !handshake->key)
        return 400;
    return version ? 101 : 426;
}

size_t handshake_read(const char *data, size_t length, struct handshake *handshake)
{
    *handshake = (struct handshake){.status = 431};
    const char *blank = memmem(data, length, "\r\n\r\n", 4);
    if (!blank)
        return length > HANDSHAKE_LARGEST ? length : 0;
    const char *at = data;
    struct slice request = slice_until(&at, blank, "\r\n");
    const char *word = request.text, *end = request.text + request.length;
    struct slice method = slice_until(&word, end, " ");
    struct slice target = slice_until(&word, end, " ");
    if (!slice_is(method, "GET") || target.length == 0)
        handshake->status = 400;
    else if (!read_target(target, handshake))
        handshake->status = 404;
    else
        handshake->status = read_headers(at, blank, handshake);
    return (size_t)(blank + 4 - data);
}

void handshake_release(struct handshake *handshake)
{
    free(handshake->streams);
    free(handshake->key);
    *handshake = (struct handshake){0};
}

void handshake_accept(struct bytes *out, const char *key)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455, 1.3 */
    struct bytes joined = {0};
    unsigned char digest[SHA_DIGEST_LENGTH], accept[32];
    bytes_text(&joined, key);
    bytes_text(&joined, guid);
    SHA1((const unsigned char *)joined.data, joined.length, digest);
    bytes_release(&joined);
    EVP_EncodeBlock(accept, digest, SHA_DIGEST_LENGTH);
    bytes_text(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    bytes_format(out, "Sec-WebSocket-Accept: %s\r\n\r\n", (const char *)accept);
}

static const char *status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        {400, "Bad Request"},       {403, "Forbidden"},
        {404, "Not Found"},         {418, "I'm a teapot"},
        {426, "Upgrade Required"},  {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"}, {451, "Unavailable For Legal Reasons"},
        {500, "Internal Server Error"}, {502, "Bad Gateway"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "Refused";
}

void handshake_refuse(struct bytes *out, int status, int retry_after)
{
    bytes_format(out, "HTTP/1.1 %d %s\r\n", status, status_text(status));
    bytes_text(out, "Content-Length: 0\r\nConnection: close\r\n");
    if (retry_after)
        bytes_format(out, "Retry-After: %d\r\n", retry_after);
    if (status == 426)
        bytes_text(out, "Sec-WebSocket-Version: 13\r\n");
    bytes_text(out, "\r\n");
}
