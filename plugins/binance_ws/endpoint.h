/* endpoint - where to connect: an address of the exchange, and that of a proxy.
 *
 *     wss://stream.binance.com:9443            the path of combined streams, /stream, is added
 *     http://user:password@proxy.local:3128    reached with CONNECT
 *
 * Any thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { ENDPOINT_HOST = 256, ENDPOINT_PATH = 512 };

struct endpoint {
    bool     tls;
    char     host[ENDPOINT_HOST];
    uint16_t port;
    char     path[ENDPOINT_PATH];  /* "/stream"; of a proxy "" */
    char     login[ENDPOINT_HOST]; /* of a proxy: "user:password", "" for none */
};

/* False, with what is wrong with the text. */
bool endpoint_parse(const char *url, struct endpoint *endpoint, const char **why);
bool endpoint_parse_proxy(const char *url, struct endpoint *endpoint, const char **why);
