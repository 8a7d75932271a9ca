/* trust - which certificates are accepted: those of the system's authorities, or of one file only. */
#pragma once
#include <openssl/ssl.h>

/* For clients, TLS 1.2 and newer. ca_file NULL or "": the system's. NULL: `why` says what is wrong with the
 * file. Freed with SSL_CTX_free. */
SSL_CTX *trust_new(const char *ca_file, char why[static 160]);
