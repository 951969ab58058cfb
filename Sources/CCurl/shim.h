// libcurl as Swift can call it: curl_easy_setopt and curl_easy_getinfo are variadic, which
// Swift does not import, so there is one inline function for each kind of argument.
#ifndef CINCH_CCURL_SHIM_H
#define CINCH_CCURL_SHIM_H

#include <curl/curl.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static inline CURLcode cinch_curl_start(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}

static inline CURLcode cinch_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cinch_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cinch_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

// A list, a form or what a callback is given; all of them stay the caller's.
static inline CURLcode cinch_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

// The callbacks for bodies and for headers have one type.
static inline CURLcode cinch_curl_set_callback(
    CURL *handle, CURLoption option, size_t (*callback)(char *, size_t, size_t, void *)) {
    return curl_easy_setopt(handle, option, callback);
}

// Connections are not inherited by programs that this process starts.
static int cinch_curl_close_on_exec(void *context, curl_socket_t descriptor, curlsocktype purpose) {
    (void)context;
    (void)purpose;
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return CURL_SOCKOPT_OK;
}

static inline CURLcode cinch_curl_set_close_on_exec(CURL *handle) {
    return curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, cinch_curl_close_on_exec);
}

static inline long cinch_curl_get_long(CURL *handle, CURLINFO info) {
    long value = 0;
    return curl_easy_getinfo(handle, info, &value) == CURLE_OK ? value : 0;
}

static inline curl_off_t cinch_curl_get_offset(CURL *handle, CURLINFO info) {
    curl_off_t value = 0;
    return curl_easy_getinfo(handle, info, &value) == CURLE_OK ? value : 0;
}

// NULL where there is none; libcurl keeps it until the handle is used again.
static inline const char *cinch_curl_get_string(CURL *handle, CURLINFO info) {
    char *value = NULL;
    return curl_easy_getinfo(handle, info, &value) == CURLE_OK ? value : NULL;
}

// Bytes that libcurl has handed to the system and the other side has not acknowledged yet.
// Without it the last megabytes of an upload over a slow line would look like a stall.
static inline long cinch_curl_unacknowledged(CURL *handle) {
    curl_socket_t descriptor = CURL_SOCKET_BAD;
    int count = 0;
    if (curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, &descriptor) != CURLE_OK
        || descriptor == CURL_SOCKET_BAD)
        return 0;
#ifdef SO_NWRITE
    socklen_t size = sizeof count;
    if (getsockopt(descriptor, SOL_SOCKET, SO_NWRITE, &count, &size) != 0) return 0;
#else
    if (ioctl(descriptor, TIOCOUTQ, &count) != 0) return 0;
#endif
    return count;
}

// With CURLOPT_NOSIGNAL a TLS library may raise SIGPIPE on a dead connection. Blocked in the
// thread of the transfer it dies with the thread, and the process keeps its own handling.
static inline void cinch_block_sigpipe(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

#endif
