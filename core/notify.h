/* notify - tells systemd what the agent does (sd_notify(3)): a datagram to $NOTIFY_SOCKET. */
#pragma once

void notify_systemd(const char *state); /* "READY=1"; nothing happens outside of systemd. [any] */
