// libcurl as Swift can call it: curl_easy_setopt and curl_easy_getinfo are variadic, which
// Swift does not import, so there is one inline function for each kind of argument.
#ifndef CINCH_CCURL_SHIM_H
#define CINCH_CCURL_SHIM_H

#include <curl/curl.h>

static inline CURLcode cinch_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cinch_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

#endif
