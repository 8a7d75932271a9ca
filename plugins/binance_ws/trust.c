/* trust - see trust.h. libwebsockets would add the given file to the system's authorities, and a folder
 * that is relative to the working directory to both. */
#include "plugins/binance_ws/trust.h"

#include <openssl/err.h>
#include <stdio.h>

static const char *reason(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *text = ERR_reason_error_string(code);
    return text ? text : "no certificate in it";
}

SSL_CTX *trust_new(const char *ca_file, char why[static 160])
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int loaded = 0;
    if (context && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION))
        loaded = ca_file && *ca_file ? SSL_CTX_load_verify_file(context, ca_file)
                                     : SSL_CTX_set_default_verify_paths(context);
    if (loaded)
        return context;
    snprintf(why, 160, "%.100s: %s", ca_file && *ca_file ? ca_file : "the system's certificates", reason());
    ERR_clear_error();
    SSL_CTX_free(context);
    return NULL;
}
