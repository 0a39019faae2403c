/*
 * The C interface, from C. Every input ends right before a page that is not mapped, so that a look behind it is noticed, and
 * is tried at every split. Prints what fails, and ends with 1 if anything does.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "picohttpparser.h"

static int failures, checks;

#define CHECK(what)                                                                                                    \
    do {                                                                                                               \
        checks++;                                                                                                      \
        if (!(what)) {                                                                                                 \
            failures++;                                                                                                \
            printf("line %d: %s\n", __LINE__, #what);                                                                  \
        }                                                                                                              \
    } while (0)

static char *end_of_memory;

/* A copy of so many octets, behind which there is nothing. */
static char *lay(const char *octets, size_t length) {
    return memcpy(end_of_memory - length, octets, length);
}

static int is(const char *octets, size_t length, const char *text) {
    return octets != NULL && length == strlen(text) && memcmp(octets, text, length) == 0;
}

static void test_phr_request(void) {
    static const char head[] = "\r\nPUT /a?b HTTP/1.1\r\nHost: \t x \r\nA:\r\n\r\n";
    const char *method, *path;
    size_t method_len, path_len, count, split, length = sizeof head - 1;
    struct phr_header headers[3];
    int minor;
    for (split = 0; split <= length; split++) {
        char *input = lay(head, split);
        count = 3;
        CHECK(phr_parse_request(input, split, &method, &method_len, &path, &path_len, &minor, headers, &count, 0) ==
              (split == length ? (int)length : -2));
        input = lay(head, length);
        count = 3;
        CHECK(phr_parse_request(input, length, &method, &method_len, &path, &path_len, &minor, headers, &count,
                                split == length ? 0 : split) == (int)length);
        CHECK(is(method, method_len, "PUT") && is(path, path_len, "/a?b") && minor == 1 && count == 2);
        CHECK(is(headers[0].name, headers[0].name_len, "Host") && is(headers[0].value, headers[0].value_len, "x"));
        CHECK(is(headers[1].name, headers[1].name_len, "A") && headers[1].value_len == 0);
        CHECK(headers[1].value >= input && headers[1].value <= input + length);
    }
    count = 1;
    CHECK(phr_parse_request(lay(head, length), length, &method, &method_len, &path, &path_len, &minor, headers, &count,
                            0) == -1);
    CHECK(method == NULL && path == NULL && minor == -1 && count == 0);
    count = 0;
    CHECK(phr_parse_request("GET / HTTP/1.0\r\n\r\n", 18, &method, &method_len, &path, &path_len, &minor, NULL, &count,
                            0) == 18);
    CHECK(minor == 0 && count == 0 && is(method, method_len, "GET"));
    count = 3;
    CHECK(phr_parse_request("GET /x HTT", 10, &method, &method_len, &path, &path_len, &minor, headers, &count, 0) == -2);
    CHECK(is(method, method_len, "GET") && is(path, path_len, "/x") && minor == -1);
}

static void test_phr_response(void) {
    static const char head[] = "HTTP/1.0 404 Not Found\r\nA: b\r\n\r\n";
    const char *reason;
    size_t reason_len, count, split, length = sizeof head - 1;
    struct phr_header headers[3];
    int minor, status;
    for (split = 0; split <= length; split++) {
        count = 3;
        CHECK(phr_parse_response(lay(head, split), split, &minor, &status, &reason, &reason_len, headers, &count, 0) ==
              (split == length ? (int)length : -2));
        count = 3;
        CHECK(phr_parse_response(lay(head, length), length, &minor, &status, &reason, &reason_len, headers, &count,
                                 split == length ? 0 : split) == (int)length);
        CHECK(minor == 0 && status == 404 && is(reason, reason_len, "Not Found") && count == 1);
    }
}

static void test_phr_headers(void) {
    static const char fields[] = "A: b\r\nC:d\r\n\r\n";
    struct phr_header headers[2];
    size_t count, split, length = sizeof fields - 1;
    for (split = 0; split <= length; split++) {
        count = 2;
        CHECK(phr_parse_headers(lay(fields, split), split, headers, &count, 0) == (split == length ? (int)length : -2));
        count = 2;
        CHECK(phr_parse_headers(lay(fields, length), length, headers, &count, split == length ? 0 : split) ==
              (int)length);
        CHECK(count == 2 && is(headers[1].name, headers[1].name_len, "C"));
    }
    count = 2;
    CHECK(phr_parse_headers("\r\n", 2, headers, &count, 0) == 2 && count == 0);
}

static const char chunks[] = "5\r\nhello\r\n6;a=\"b\"\r\n world\r\n0\r\nT: t\r\n\r\nnext";

static void test_phr_chunked(void) {
    size_t split, length = sizeof chunks - 1, left = strlen("next");
    int trailer;
    for (trailer = 0; trailer < 2; trailer++) {
        size_t rest = trailer ? left : left + strlen("T: t\r\n\r\n");
        for (split = 0; split <= length; split++) {
            struct phr_chunked_decoder decoder = {0};
            char output[64];
            char *input = lay(chunks, split);
            size_t size = split, written;
            ssize_t told;
            decoder.consume_trailer = (char)trailer;
            told = phr_decode_chunked(&decoder, input, &size);
            memcpy(output, input, size);
            written = size;
            if (split >= length - rest) {
                CHECK(told == (ssize_t)(split - (length - rest)));
                CHECK(memcmp(input + size, chunks + length - rest, (size_t)told) == 0);
            } else {
                CHECK(told == -2);
                size = length - split;
                input = lay(chunks + split, size);
                told = phr_decode_chunked(&decoder, input, &size);
                CHECK(told == (ssize_t)rest && memcmp(input + size, chunks + length - rest, rest) == 0);
                memcpy(output + written, input, size);
                written += size;
            }
            CHECK(is(output, written, "hello world"));
        }
    }
}

static void test_phr_chunked_refusals(void) {
    static const char *const wrong[] = {"z",      "5 \r\n",        "1\r\nab",      "1\na", "0\r\n\n",
                                        "0\r\n a: b\r\n", "0\r\na\r\n", "11111111111111111\r\n", "0\r\na: b\n"};
    struct phr_chunked_decoder decoder = {0};
    size_t at, index, size;
    ssize_t told = -2;
    for (index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        memset(&decoder, 0, sizeof decoder);
        decoder.consume_trailer = 1;
        size = strlen(wrong[index]);
        CHECK(phr_decode_chunked(&decoder, lay(wrong[index], size), &size) == -1);
        memset(&decoder, 0, sizeof decoder);
        decoder.consume_trailer = 1;
        for (told = -2, at = 0; told == -2 && at < strlen(wrong[index]); at++) {
            size = 1;
            told = phr_decode_chunked(&decoder, lay(wrong[index] + at, 1), &size);
        }
        CHECK(told == -1);
    }
    /* Tiny chunks without end cost the receiver more than the sender. */
    memset(&decoder, 0, sizeof decoder);
    for (told = -2, at = 0; told == -2 && at < 1000000; at++) {
        size = 6;
        told = phr_decode_chunked(&decoder, lay("1\r\na\r\n", 6), &size);
    }
    CHECK(told == -1);
    memset(&decoder, 0, sizeof decoder);
    size = 4;
    CHECK(phr_decode_chunked(&decoder, lay("8\r\na", 4), &size) == -2 && size == 1);
    CHECK(phr_decode_chunked_is_in_data(&decoder) && decoder.bytes_left_in_chunk == 7);
    memset(&decoder, 0, sizeof decoder);
    CHECK(!phr_decode_chunked_is_in_data(&decoder));
}

static void test_null(void) {
    const char *start;
    size_t length = 0, count = 0;
    struct phr_header headers[1];
    struct phr_chunked_decoder decoder = {0};
    pronto_parser parser = {0};
    pronto_request request;
    pronto_response response;
    pronto_content content;
    pronto_written written;
    pronto_reply reply = {0};
    pronto_error error;
    int number;
    char output[64];
    CHECK(phr_parse_request(NULL, 0, &start, &length, &start, &length, &number, NULL, &count, 0) == -2);
    CHECK(phr_parse_request(NULL, 1, &start, &length, &start, &length, &number, NULL, &count, 0) == -1);
    CHECK(phr_parse_request("", 0, NULL, &length, &start, &length, &number, NULL, &count, 0) == -1);
    CHECK(phr_parse_request("", 0, &start, NULL, &start, &length, &number, NULL, &count, 0) == -1);
    CHECK(phr_parse_request("", 0, &start, &length, NULL, &length, &number, NULL, &count, 0) == -1);
    CHECK(phr_parse_request("", 0, &start, &length, &start, NULL, &number, NULL, &count, 0) == -1);
    CHECK(phr_parse_request("", 0, &start, &length, &start, &length, NULL, NULL, &count, 0) == -1);
    CHECK(phr_parse_request("", 0, &start, &length, &start, &length, &number, NULL, NULL, 0) == -1);
    count = 1;
    CHECK(phr_parse_request("", 0, &start, &length, &start, &length, &number, NULL, &count, 0) == -1);
    CHECK(phr_parse_response("", 0, NULL, &number, &start, &length, headers, &count, 0) == -1);
    CHECK(phr_parse_headers("", 0, NULL, NULL, 0) == -1);
    CHECK(phr_decode_chunked(NULL, output, &length) == -1);
    CHECK(phr_decode_chunked(&decoder, NULL, NULL) == -1);
    length = 1;
    CHECK(phr_decode_chunked(&decoder, NULL, &length) == -1);
    CHECK(!phr_decode_chunked_is_in_data(NULL));

    CHECK(pronto_parse_request(NULL, "", 0, headers, 1, &request, &error) == PRONTO_MISUSE);
    CHECK(error.status == 0 && strstr(error.reason, "NULL") != NULL);
    CHECK(pronto_parse_request(&parser, NULL, 1, headers, 1, &request, NULL) == PRONTO_MISUSE);
    CHECK(pronto_parse_request(&parser, "", 0, NULL, 1, &request, NULL) == PRONTO_MISUSE);
    CHECK(pronto_parse_request(&parser, "", 0, headers, 1, NULL, NULL) == PRONTO_MISUSE);
    CHECK(pronto_parse_response(&parser, NULL, 0, "", 0, headers, 1, &response, NULL) == PRONTO_MISUSE);
    CHECK(pronto_content_begin(NULL, PRONTO_CHUNKED, 0, 0) == PRONTO_MISUSE);
    CHECK(pronto_content_begin(&content, 99, 0, 0) == PRONTO_MISUSE);
    CHECK(pronto_content_begin(&content, PRONTO_CHUNKED, 0, 0) == PRONTO_COMPLETE);
    CHECK(pronto_content_next(&content, "", 0, NULL, &start, &length, NULL) == PRONTO_MISUSE);
    CHECK(pronto_content_end(NULL, NULL) == PRONTO_MISUSE);
    CHECK(pronto_write_reply(NULL, 64, NULL, &reply, &written, NULL) == PRONTO_MISUSE);
    CHECK(pronto_write_reply(output, 64, NULL, NULL, &written, NULL) == PRONTO_MISUSE);
    CHECK(pronto_write_reply(output, 64, NULL, &reply, NULL, NULL) == PRONTO_MISUSE);
    CHECK(pronto_write_chunk(output, 64, NULL, 1, &length, NULL) == PRONTO_MISUSE);
    CHECK(pronto_write_last_chunk(output, 64, NULL, 1, &length, NULL) == PRONTO_MISUSE);
}

static void test_request(void) {
    static const char head[] = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    static const struct {
        const char *head;
        int status;
        size_t at;
    } refused[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400, SIZE_MAX},
        {"GET / HTTP/1.1\r\n\r\n", 400, SIZE_MAX},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, SIZE_MAX},
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, 4},
        {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, 6},
        {"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", 431, 37},
        {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, SIZE_MAX},
        {"GET / HTTP/1.1\r\nHost: a\r\nExpect: nothing\r\n\r\n", 417, SIZE_MAX},
        {"GET /\n", 400, 5},
    };
    pronto_parser parser = {0};
    pronto_request request;
    pronto_field fields[3];
    pronto_error error;
    size_t split, index, length = sizeof head - 1;
    for (split = 0; split < length; split++) {
        CHECK(pronto_parse_request(&parser, lay(head, split), split, fields, 3, &request, &error) == PRONTO_INCOMPLETE);
        CHECK(parser.scanned == split);
        CHECK(pronto_parse_request(&parser, lay(head, length), length, fields, 3, &request, &error) == PRONTO_COMPLETE);
        CHECK(parser.scanned == 0);
        CHECK(is(request.method, request.method_length, "POST") && is(request.target, request.target_length, "/a"));
        CHECK(request.head_length == length && request.field_count == 3 && request.minor_version == 1);
        CHECK(request.framing == PRONTO_LENGTH && request.content_length == 5);
        CHECK(request.keeps_alive && request.expects_continue && !request.is_head);
        CHECK(is(fields[2].name, fields[2].name_len, "Expect"));
    }
    for (index = 0; index < sizeof refused / sizeof *refused; index++) {
        size_t size = strlen(refused[index].head);
        CHECK(pronto_parse_request(&parser, lay(refused[index].head, size), size, fields, 3, &request, &error) ==
              PRONTO_REFUSED);
        if (error.status != refused[index].status || error.at != refused[index].at)
            printf("%s%d %zu %s\n", refused[index].head, error.status, error.at, error.reason);
        CHECK(error.status == refused[index].status && error.at == refused[index].at && error.reason[0] != 0);
    }
    parser.limits.octets = 16;
    CHECK(pronto_parse_request(&parser, "GET / HTTP/1.1\r\nH", 17, fields, 3, &request, &error) == PRONTO_REFUSED);
    CHECK(error.status == 431);
}

static void test_response(void) {
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    size_t length = sizeof head - 1;
    pronto_parser parser = {0};
    pronto_response response;
    pronto_field fields[4];
    CHECK(pronto_parse_response(&parser, "GET", 3, lay(head, length), length, fields, 4, &response, NULL) ==
          PRONTO_COMPLETE);
    CHECK(response.status == 200 && response.framing == PRONTO_LENGTH && response.content_length == 5);
    CHECK(is(response.reason, response.reason_length, "OK") && response.head_length == length);
    CHECK(pronto_parse_response(&parser, "HEAD", 4, lay(head, length), length, fields, 4, &response, NULL) ==
          PRONTO_COMPLETE);
    CHECK(response.framing == PRONTO_NO_CONTENT);
    CHECK(pronto_parse_response(&parser, "GET", 3, "HTTP/1.0 200\r\n\r\n", 16, fields, 4, &response, NULL) ==
          PRONTO_COMPLETE);
    CHECK(response.framing == PRONTO_UNTIL_CLOSE && response.minor_version == 0);
}

static void test_content(void) {
    size_t split, length = sizeof chunks - 1;
    pronto_content content;
    pronto_error error;
    const char *octets;
    size_t consumed, count;
    for (split = 0; split <= length; split++) {
        char output[64];
        size_t at = 0, written = 0, end = split;
        int told;
        CHECK(pronto_content_begin(&content, PRONTO_CHUNKED, 0, 11) == PRONTO_COMPLETE);
        for (;;) {
            char *input = lay(chunks + at, end - at);
            told = pronto_content_next(&content, input, end - at, &consumed, &octets, &count, &error);
            at += consumed;
            if (told == PRONTO_CONTENT) {
                memcpy(output + written, octets, count);
                written += count;
            } else if (told == PRONTO_INCOMPLETE && end < length)
                end = length;
            else
                break;
        }
        CHECK(told == PRONTO_COMPLETE && is(output, written, "hello world") && strcmp(chunks + at, "next") == 0);
        CHECK(pronto_content_end(&content, NULL) == PRONTO_COMPLETE);
    }
    pronto_content_begin(&content, PRONTO_CHUNKED, 0, 4);
    CHECK(pronto_content_next(&content, chunks, length, &consumed, &octets, &count, &error) == PRONTO_REFUSED);
    CHECK(error.status == 413);
    pronto_content_begin(&content, PRONTO_LENGTH, 5, 4);
    CHECK(pronto_content_next(&content, "hello", 5, &consumed, &octets, &count, &error) == PRONTO_REFUSED);
    pronto_content_begin(&content, PRONTO_LENGTH, 5, 5);
    CHECK(pronto_content_next(&content, "hell", 4, &consumed, &octets, &count, &error) == PRONTO_CONTENT && count == 4);
    CHECK(pronto_content_end(&content, &error) == PRONTO_REFUSED && error.status == 400);
    /* Whatever is in it, it is only numbers. */
    memset(&content, 0xff, sizeof content);
    (void)pronto_content_next(&content, chunks, length, &consumed, &octets, &count, &error);
}

static void test_reply(void) {
    static const char whole[] = "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nA: b\r\nContent-Length: 5\r\n\r\nhello";
    pronto_field fields[] = {{"A", 1, "b", 1}};
    pronto_request request = {0};
    pronto_reply reply = {0};
    pronto_written written;
    pronto_error error;
    char memory[256], *output = memory;
    size_t room, length;
    request.minor_version = 1;
    request.keeps_alive = 1;
    reply.status = 200;
    reply.framing = PRONTO_LENGTH;
    reply.content = "hello";
    reply.content_length = 5;
    reply.fields = fields;
    reply.field_count = 1;
    reply.date = 784111777;
    for (room = 0; room < sizeof whole - 1; room++) {
        CHECK(pronto_write_reply(end_of_memory - room, room, &request, &reply, &written, &error) == PRONTO_MISUSE);
        CHECK(strstr(error.reason, "fit") != NULL);
    }
    output = end_of_memory - room;
    CHECK(pronto_write_reply(output, room, &request, &reply, &written, &error) == PRONTO_COMPLETE);
    CHECK(is(output, written.length, whole) && written.keeps_alive && written.following == PRONTO_NO_CONTENT);

    output = memory;
    request.is_head = 1;
    CHECK(pronto_write_reply(output, sizeof memory, &request, &reply, &written, NULL) == PRONTO_COMPLETE);
    CHECK(written.length == sizeof whole - 1 - 5);
    request.is_head = 0;
    reply.content = NULL;
    reply.content_length = 1000000;
    CHECK(pronto_write_reply(output, sizeof memory, &request, &reply, &written, NULL) == PRONTO_COMPLETE);
    CHECK(written.following == PRONTO_LENGTH && written.following_length == 1000000);
    reply.framing = PRONTO_CHUNKED;
    CHECK(pronto_write_reply(output, sizeof memory, &request, &reply, &written, NULL) == PRONTO_COMPLETE);
    CHECK(written.following == PRONTO_CHUNKED && written.keeps_alive);
    request.minor_version = 0;
    CHECK(pronto_write_reply(output, sizeof memory, &request, &reply, &written, NULL) == PRONTO_COMPLETE);
    CHECK(written.following == PRONTO_UNTIL_CLOSE && !written.keeps_alive);
    reply.status = 204;
    CHECK(pronto_write_reply(output, sizeof memory, &request, &reply, &written, &error) == PRONTO_MISUSE);
    reply.framing = PRONTO_NO_CONTENT;
    reply.date = 0;
    CHECK(pronto_write_reply(output, sizeof memory, NULL, &reply, &written, &error) == PRONTO_COMPLETE);
    CHECK(is(output, written.length, "HTTP/1.1 204 No Content\r\nA: b\r\nConnection: close\r\n\r\n"));
    fields[0].value = "b\r\nC: d";
    fields[0].value_len = 7;
    CHECK(pronto_write_reply(output, sizeof memory, NULL, &reply, &written, &error) == PRONTO_MISUSE);
    reply.status = 42;
    CHECK(pronto_write_reply(output, sizeof memory, NULL, &reply, &written, &error) == PRONTO_MISUSE);

    CHECK(pronto_write_chunk(output, sizeof memory, "hello", 5, &length, NULL) == PRONTO_COMPLETE);
    CHECK(is(output, length, "5\r\nhello\r\n"));
    CHECK(pronto_write_chunk(output, 9, "hello", 5, &length, NULL) == PRONTO_MISUSE);
    fields[0].value_len = 1;
    CHECK(pronto_write_last_chunk(output, sizeof memory, fields, 1, &length, NULL) == PRONTO_COMPLETE);
    CHECK(is(output, length, "0\r\nA: b\r\n\r\n"));
    fields[0].name = "Host";
    fields[0].name_len = 4;
    CHECK(pronto_write_last_chunk(output, sizeof memory, fields, 1, &length, &error) == PRONTO_MISUSE);
}

int main(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + page, page, PROT_NONE) != 0)
        return 2;
    end_of_memory = memory + page;
    test_phr_request();
    test_phr_response();
    test_phr_headers();
    test_phr_chunked();
    test_phr_chunked_refusals();
    test_null();
    test_request();
    test_response();
    test_content();
    test_reply();
    printf("%d passed, %d failed\n", checks - failures, failures);
    return failures != 0;
}
