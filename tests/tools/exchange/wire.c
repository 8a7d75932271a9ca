/* wire - see wire.h. A TLS record takes one buffer, so pieces are gathered into it first. */
#include "tests/tools/exchange/wire.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RECORD = 16384, /* the most a TLS record carries */
};

static struct ssl_ctx_st *tls_fail(SSL_CTX *context, const char *what, const char *file, struct error *err)
{
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    ERR_clear_error();
    error_set(err, "%s %s: %s", what, file, reason);
    SSL_CTX_free(context);
    return NULL;
}

struct ssl_ctx_st *wire_tls_new(const char *certificate, const char *key, struct error *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context)
        return tls_fail(context, "set up", "TLS", err);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        return tls_fail(context, "certificate", certificate, err);
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return tls_fail(context, "key", key, err);
    return context;
}

void wire_tls_free(struct ssl_ctx_st *context)
{
    SSL_CTX_free(context);
}

void wire_init(struct wire *wire, int fd, struct ssl_ctx_st *context)
{
    *wire = (struct wire){.fd = fd};
    if (!context)
        return;
    wire->tls = SSL_new(context);
    SSL_set_fd(wire->tls, fd);
    SSL_set_accept_state(wire->tls);
}

static long tls_result(struct wire *wire, int result)
{
    if (result > 0)
        return result;
    int reason = SSL_get_error(wire->tls, result);
    wire->wants_write = reason == SSL_ERROR_WANT_WRITE;
    return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static long plain_result(ssize_t result)
{
    if (result > 0)
        return (long)result;
    return result < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

long wire_read(struct wire *wire, char *buffer, size_t length)
{
    if (!wire->tls)
        return plain_result(recv(wire->fd, buffer, length, 0));
    ERR_clear_error();
    wire->wants_write = false;
    return tls_result(wire, SSL_read(wire->tls, buffer, (int)length));
}

static size_t gather(char *record, const struct iovec *pieces, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count && length < RECORD; i++) {
        size_t part = pieces[i].iov_len < RECORD - length ? pieces[i].iov_len : RECORD - length;
        memcpy(record + length, pieces[i].iov_base, part);
        length += part;
    }
    return length;
}

long wire_write(struct wire *wire, const struct iovec *pieces, size_t count)
{
    if (!wire->tls) {
        struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = count};
        return plain_result(sendmsg(wire->fd, &message, MSG_NOSIGNAL));
    }
    char record[RECORD];
    size_t length = gather(record, pieces, count);
    ERR_clear_error();
    return tls_result(wire, SSL_write(wire->tls, record, (int)length));
}

void wire_finish(struct wire *wire)
{
    if (wire->tls && SSL_is_init_finished(wire->tls))
        SSL_shutdown(wire->tls);
    ERR_clear_error();
    shutdown(wire->fd, SHUT_WR);
}

void wire_close(struct wire *wire)
{
    SSL_free(wire->tls);
    close(wire->fd);
    *wire = (struct wire){.fd = -1};
}

void wire_reset(struct wire *wire)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    wire_close(wire);
}
