/* endpoint - see endpoint.h. */
#include "plugins/binance_ws/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool fail(const char **why, const char *reason)
{
    *why = reason;
    return false;
}

/* "host", "host:port", "[::1]:port", of `length` bytes. */
static bool parse_authority(const char *text, size_t length, struct endpoint *endpoint, const char **why)
{
    const char *end = text + length, *close = *text == '[' ? memchr(text, ']', length) : NULL;
    const char *name = close ? text + 1 : text, *colon = close ? close + 1 : memchr(text, ':', length);
    const char *name_end = close ? close : colon ? colon : end;
    if (close && colon == end)
        colon = NULL;
    if (name == name_end || name_end - name >= ENDPOINT_HOST || (colon && *colon != ':'))
        return fail(why, "it names no host");
    memcpy(endpoint->host, name, (size_t)(name_end - name));
    endpoint->host[name_end - name] = '\0';
    if (!colon)
        return true;
    char digits[6] = "";
    size_t count = (size_t)(end - colon - 1);
    if (count == 0 || count >= sizeof digits || strspn(colon + 1, "0123456789") < count)
        return fail(why, "its port is not a number");
    memcpy(digits, colon + 1, count);
    long port = strtol(digits, NULL, 10);
    if (port < 1 || port > 65535)
        return fail(why, "its port is not from 1 to 65535");
    endpoint->port = (uint16_t)port;
    return true;
}

static bool ends_with(const char *text, size_t length, const char *ending)
{
    size_t size = strlen(ending);
    return length >= size && memcmp(text + length - size, ending, size) == 0;
}

/* The path of combined streams, whether the URL names it, that of raw ones, or neither. */
static bool complete_path(const char *path, struct endpoint *endpoint, const char **why)
{
    size_t length = strlen(path);
    while (length && path[length - 1] == '/')
        length--;
    if (ends_with(path, length, "/stream"))
        length -= strlen("/stream");
    else if (ends_with(path, length, "/ws"))
        length -= strlen("/ws");
    if (strpbrk(path, "?# "))
        return fail(why, "it has a query; streams are named in `streams`");
    int needed = snprintf(endpoint->path, sizeof endpoint->path, "%.*s/stream", (int)length, path);
    return needed < ENDPOINT_PATH - 64 || fail(why, "its path is too long");
}

bool endpoint_parse(const char *url, struct endpoint *endpoint, const char **why)
{
    *endpoint = (struct endpoint){ .tls = strncmp(url, "wss://", 6) == 0 };
    if (!endpoint->tls && strncmp(url, "ws://", 5) != 0)
        return fail(why, "it does not begin with wss:// or ws://");
    endpoint->port = endpoint->tls ? 443 : 80;
    const char *authority = strstr(url, "//") + 2;
    size_t length = strcspn(authority, "/?#");
    if (memchr(authority, '@', length))
        return fail(why, "it has a user name; the market streams need none");
    return parse_authority(authority, length, endpoint, why) &&
           complete_path(authority + length, endpoint, why);
}

bool endpoint_parse_proxy(const char *url, struct endpoint *endpoint, const char **why)
{
    static const char scheme[] = "http://";
    *endpoint = (struct endpoint){ .port = 8080 };
    if (strncmp(url, scheme, sizeof scheme - 1) != 0)
        return fail(why, "it does not begin with http://");
    const char *rest = url + sizeof scheme - 1, *at = strrchr(rest, '@');
    if (at && at - rest > 90) /* what libwebsockets takes */
        return fail(why, "its user name and password are longer than 90 bytes");
    if (at)
        snprintf(endpoint->login, sizeof endpoint->login, "%.*s", (int)(at - rest), rest);
    const char *authority = at ? at + 1 : rest;
    size_t length = strcspn(authority, "/");
    if (authority[length] && authority[length + 1])
        return fail(why, "it has a path");
    return parse_authority(authority, length, endpoint, why);
}
