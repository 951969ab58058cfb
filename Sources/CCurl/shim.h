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
#include <unistd.h>

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

// What libcurl tells of a handle while it is used; it must outlive the handle and its connections.
typedef struct {
    char error[CURL_ERROR_SIZE];
    // Those that are open; others than the last are attempts at another of a host's addresses.
    curl_socket_t sockets[8];
    int count;
} cinch_curl_notes;

static inline const char *cinch_curl_error(const cinch_curl_notes *notes) { return notes->error; }

// Connections are not inherited by programs that this process starts.
static int cinch_curl_opened(void *context, curl_socket_t descriptor, curlsocktype purpose) {
    cinch_curl_notes *notes = context;
    (void)purpose;
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    if (notes->count < (int)(sizeof notes->sockets / sizeof *notes->sockets))
        notes->sockets[notes->count++] = descriptor;
    return CURL_SOCKOPT_OK;
}

static int cinch_curl_closed(void *context, curl_socket_t descriptor) {
    cinch_curl_notes *notes = context;
    for (int place = 0; place < notes->count; place++) {
        if (notes->sockets[place] != descriptor) continue;
        notes->sockets[place] = notes->sockets[--notes->count];
        break;
    }
    return close(descriptor);
}

static inline void cinch_curl_take_notes(CURL *handle, cinch_curl_notes *notes) {
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, notes->error);
    curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, cinch_curl_opened);
    curl_easy_setopt(handle, CURLOPT_SOCKOPTDATA, notes);
    curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, cinch_curl_closed);
    curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, notes);
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
// Without it the last megabytes of an upload over a slow line would look like a stall. libcurl
// itself tells of a socket (CURLINFO_ACTIVESOCKET) only when the transfer is over.
static inline long cinch_curl_unacknowledged(const cinch_curl_notes *notes) {
    long sum = 0;
    for (int place = 0; place < notes->count; place++) {
        int count = 0;
#ifdef SO_NWRITE
        socklen_t size = sizeof count;
        if (getsockopt(notes->sockets[place], SOL_SOCKET, SO_NWRITE, &count, &size) != 0) continue;
#else
        if (ioctl(notes->sockets[place], TIOCOUTQ, &count) != 0) continue;
#endif
        sum += count;
    }
    return sum;
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
